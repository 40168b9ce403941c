"""What is set, for the operator to read: every setting with its value, and of each secret only whether it is there."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tollway.kit.settings import Settings
from tollway.kit.settings_fields import PAGE, UPSTREAM_NAME, SettingField, settings_tables

_HIDDEN = "…"


class SettingValue(Struct, frozen=True, kw_only=True):
    """A setting as it holds now; ``documented_at`` is where the project's documentation tells of it."""

    field: SettingField
    value: Any
    documented_at: str


class SecretState(Struct, frozen=True, kw_only=True):
    """Whether an environment variable with a secret is set; what it holds is told to nobody."""

    variable: str
    is_set: bool
    description: str
    documented_at: str = PAGE


class SettingsReport(Struct, frozen=True):
    """Everything that can be set."""

    settings: tuple[SettingValue, ...]
    secrets: tuple[SecretState, ...]


def settings_report(settings: Settings, environment: Mapping[str, str], secrets: Mapping[str, str]) -> SettingsReport:
    """Tell what is set.

    Args:
        settings: what the server runs with.
        environment: where the secrets are looked for.
        secrets: the variables that hold secrets, with what each is for; those that upstreams name are added.
    """
    described = dict(secrets)
    for name, upstream in settings.upstreams.items():
        if upstream.key_env is not None:
            described.setdefault(upstream.key_env, f"Key of the upstream {name}.")
    states = tuple(
        SecretState(variable=variable, is_set=bool(environment.get(variable, "").strip()), description=meaning)
        for variable, meaning in described.items()
    )
    return SettingsReport(tuple(_values(settings)), states)


def _values(settings: Settings) -> Iterator[SettingValue]:
    plain = msgspec.to_builtins(settings)
    for table in settings_tables():
        for field in table.fields:
            for named in _named(field, settings):
                value: Any = plain
                for part in named.name.split("."):
                    value = value[part]
                yield SettingValue(field=named, value=_shown(value), documented_at=table.documented_at)


def _named(field: SettingField, settings: Settings) -> Iterator[SettingField]:
    """Yield the setting itself, or one for each upstream."""
    of_upstreams = f"upstreams.{UPSTREAM_NAME}."
    if not field.name.startswith(of_upstreams):
        yield field
        return
    for upstream in settings.upstreams:
        name = field.name.replace(of_upstreams, f"upstreams.{upstream}.", 1)
        yield replace(field, name=name, variable=f"TOLLWAY_{name.replace('.', '__')}".upper())


def _shown(value: object) -> object:
    """Hide what an address may carry beside the place: a name with a password, and a query with a key."""
    if not isinstance(value, str) or "://" not in value:
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        return _HIDDEN
    user, at, place = parts.netloc.rpartition("@")
    return urlunsplit(
        (parts.scheme, f"{_HIDDEN if user else ''}{at}{place}", parts.path, _HIDDEN * bool(parts.query), "")
    )
