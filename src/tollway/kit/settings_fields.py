"""What there is to set, read off the types that read the settings: for the page of them, and for whoever asks."""

import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import msgspec
from msgspec import Struct

from tollway.kit.settings import ENVIRONMENT_PREFIX, Settings, UpstreamSettings

PAGE = "docs/settings.md"
UPSTREAM_NAME = "NAME"
"""Stands for the name of an upstream in the names of its settings."""
_NOT_IN_ANCHORS = re.compile(r"[^a-z0-9 _-]")


class SettingField(Struct, frozen=True, kw_only=True):
    """One setting.

    Attributes:
        name: its path, such as ``server.port``.
        variable: the environment variable that sets it.
        default: what holds where nothing is set, as JSON has it; None where nothing is, or it is required.
        description: what it means.
    """

    name: str
    variable: str
    default: Any
    is_required: bool
    description: str


class SettingsTable(Struct, frozen=True, kw_only=True):
    """The settings of one table of the file; ``title`` is its heading on the page of settings."""

    title: str
    about: str
    fields: tuple[SettingField, ...]

    @property
    def documented_at(self) -> str:
        """Where the page tells of it."""
        return f"{PAGE}#{_NOT_IN_ANCHORS.sub('', self.title.lower()).replace(' ', '-')}"


def settings_tables() -> Iterator[SettingsTable]:
    """List every table of settings, in the order of the page; names of upstreams' settings have `UPSTREAM_NAME`."""
    yield _table("General", "", Settings)
    for field in msgspec.structs.fields(Settings):
        kind = _struct_in(field.type)
        if kind is UpstreamSettings:
            yield _table(f"Upstreams: `[upstreams.{UPSTREAM_NAME}]`", f"upstreams.{UPSTREAM_NAME}.", kind)
        elif kind is not None:
            yield _table(f"`[{field.name}]`", f"{field.name}.", kind)


def _table(title: str, prefix: str, kind: type[Struct]) -> SettingsTable:
    fields = msgspec.structs.fields(kind)
    return SettingsTable(
        title=title,
        about=(kind.__doc__ or "").strip().splitlines()[0],
        fields=tuple(_field(prefix, field) for field in fields if _struct_in(field.type) is None),
    )


def _field(prefix: str, field: msgspec.structs.FieldInfo) -> SettingField:
    default: Any = None
    if not field.required:
        default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return SettingField(
        name=f"{prefix}{field.name}",
        variable=(ENVIRONMENT_PREFIX + prefix.replace(".", "__") + field.name).upper(),
        default=msgspec.to_builtins(default),
        is_required=field.required,
        description=" ".join(_descriptions(field.type)),
    )


def _descriptions(annotation: Any) -> Iterator[str]:  # noqa: ANN401 - any type annotation
    for meta in getattr(annotation, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.description:
            yield meta.description


def _struct_in(annotation: Any) -> type[Struct] | None:  # noqa: ANN401 - any type annotation
    """Find the table of settings that an annotation stands for; also as the value of a dict."""
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return annotation
    if get_origin(annotation) is dict:
        return _struct_in(get_args(annotation)[1])
    return None
