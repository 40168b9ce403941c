"""The page of all settings, written from the types that read them."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

import msgspec
from msgspec import Struct

from tollway.kit.settings import ENVIRONMENT_PREFIX, Settings, UpstreamSettings

_INTRODUCTION = """\
# Settings

<!-- Written by `make settings-page` from `src/tollway/kit/settings.py`; a test compares them. -->

Settings are read from `tollway.toml` in the working folder (or the file that `--config` or `TOLLWAY_CONFIG` names) and
from the environment. The command line wins over the environment, the environment over the file. A variable is
`TOLLWAY_` and the setting's path in capitals, its parts joined by two underscores; lists are written as in TOML.

Secrets are never settings. They are read from the environment: the key of an upstream from the variable that its
`key_env` names, Qianfan's from `TOLLWAY_QIANFAN_API_KEY` (and `TOLLWAY_QIANFAN_APPID`), Stripe's from
`TOLLWAY_STRIPE_SECRET_KEY` and `TOLLWAY_STRIPE_WEBHOOK_SECRET` (both or neither), the mail server's password from
`TOLLWAY_SMTP_PASSWORD`. The pepper of API keys is the file `pepper` in the data folder, or the one that
`TOLLWAY_PEPPER_FILE` names.
"""


def settings_page() -> str:
    """Return the page as Markdown."""
    parts = [_INTRODUCTION, _table("General", "", Settings)]
    for field in msgspec.structs.fields(Settings):
        kind = _struct_in(field.type)
        if kind is UpstreamSettings:
            parts.append(_table("Upstreams: `[upstreams.NAME]`", "upstreams.NAME.", kind))
        elif kind is not None:
            parts.append(_table(f"`[{field.name}]`", f"{field.name}.", kind))
    return "\n".join(parts)


def _table(title: str, prefix: str, kind: type[Struct]) -> str:
    about = (kind.__doc__ or "").strip().splitlines()[0]
    lines = [f"## {title}", "", about, "", "| setting | default | variable | meaning |", "| --- | --- | --- | --- |"]
    for field in msgspec.structs.fields(kind):
        if _struct_in(field.type) is None:
            variable = (ENVIRONMENT_PREFIX + prefix.replace(".", "__") + field.name).upper()
            meaning = " ".join(_descriptions(field.type))
            lines.append(f"| `{prefix}{field.name}` | {_default(field)} | `{variable}` | {meaning} |")
    return "\n".join(lines) + "\n"


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if value is None:
        return "not set"
    if isinstance(value, tuple):
        value = list(value)
    return f"`{msgspec.json.encode(value).decode()}`"


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
