"""What a preset is."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType


class Preset(Struct, frozen=True, kw_only=True):
    """A model with its settings, saved under a name; moments are Unix milliseconds.

    Attributes:
        name: what its owner calls it; no two presets of an account have the same.
        model: id or alias of the model, which may have left the offer since.
        settings: what the playground keeps: messages, parameters, tools. Nothing here reads it.
        share_token: what lets any signed-in person read it; None while it is not shared.
    """

    id: str
    account_id: int
    name: str
    model: str
    settings: dict[str, Any]
    share_token: str | None
    created_at_ms: int
    updated_at_ms: int


class NewPreset(Struct, frozen=True, kw_only=True):
    """The wish for a preset."""

    name: str
    model: str
    settings: dict[str, Any]


class PresetChange(Struct, frozen=True, kw_only=True):
    """What to change of a preset; what is unset stays as it is."""

    name: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    settings: dict[str, Any] | UnsetType = UNSET
