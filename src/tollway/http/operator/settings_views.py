"""Settings as the operator sees them; secrets are never part of them."""

from typing import Any, Literal

from msgspec import Struct

from tollway.kit.settings_report import SecretState, SettingsReport, SettingValue


class SettingEntry(Struct, kw_only=True):
    """A setting as it holds now.

    Attributes:
        default: what holds where nothing is set; null where nothing does, or where it must be set.
        is_default: whether the value is the default.
        variable: the environment variable that sets it.
        documentation: the page of the project's documentation that tells of it.
    """

    name: str
    value: Any
    default: Any
    is_default: bool
    is_required: bool
    variable: str
    description: str
    documentation: str


class SecretEntry(Struct, kw_only=True):
    """An environment variable with a secret: whether it is set, never what it holds."""

    variable: str
    is_set: bool
    description: str
    documentation: str


class SettingsAnswer(Struct):
    """Every setting and every secret; they are changed in the settings file and the environment, and by a restart."""

    object: Literal["settings"]
    data: list[SettingEntry]
    secrets: list[SecretEntry]


EXAMPLE_SETTINGS = SettingsAnswer(
    object="settings",
    data=[
        SettingEntry(
            name="server.port",
            value=9000,
            default=8080,
            is_default=False,
            is_required=False,
            variable="TOLLWAY_SERVER__PORT",
            description="Port to listen on; 0 takes a free one.",
            documentation="docs/settings.md#server",
        )
    ],
    secrets=[
        SecretEntry(
            variable="TOLLWAY_STRIPE_SECRET_KEY",
            is_set=False,
            description="Stripe's secret key, with which payments are begun.",
            documentation="docs/settings.md",
        )
    ],
)


def settings_answer(report: SettingsReport) -> SettingsAnswer:
    """Show what is set."""
    return SettingsAnswer(
        "settings", [_setting(one) for one in report.settings], [_secret(one) for one in report.secrets]
    )


def _setting(one: SettingValue) -> SettingEntry:
    field = one.field
    return SettingEntry(
        name=field.name,
        value=one.value,
        default=field.default,
        is_default=not field.is_required and one.value == field.default,
        is_required=field.is_required,
        variable=field.variable,
        description=field.description,
        documentation=one.documented_at,
    )


def _secret(one: SecretState) -> SecretEntry:
    return SecretEntry(
        variable=one.variable, is_set=one.is_set, description=one.description, documentation=one.documented_at
    )
