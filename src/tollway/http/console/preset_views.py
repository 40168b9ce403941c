"""Presets as JSON."""

from typing import Any, Literal

from msgspec import Struct

from tollway.kit.clock import MomentText, iso_utc
from tollway.presets.types import Preset

EXAMPLE_SETTINGS: dict[str, Any] = {
    "messages": [{"role": "system", "content": "Answer in one sentence."}],
    "parameters": {"temperature": 0.3},
}


class PresetEntry(Struct, kw_only=True):
    """A preset of one's own; ``share_token`` is null while it is not shared."""

    id: str
    name: str
    model: str
    settings: dict[str, Any]
    share_token: str | None
    created_at: MomentText
    updated_at: MomentText


class PresetList(Struct):
    """Every preset of the account, in the order of their names."""

    object: Literal["list"]
    data: list[PresetEntry]


class SharedPreset(Struct, kw_only=True):
    """A preset that somebody shares; whose it is, is not told."""

    name: str
    model: str
    settings: dict[str, Any]
    updated_at: MomentText


class ShareToken(Struct):
    """What a shared preset is read with."""

    token: str


EXAMPLE_PRESET = PresetEntry(
    id="OZaUZH4Uzk_1qK3mRt8wE",
    name="One sentence",
    model="baidu/ernie-x1-turbo-32k",
    settings=EXAMPLE_SETTINGS,
    share_token=None,
    created_at="2026-08-01T12:00:00.000Z",
    updated_at="2026-08-01T12:00:00.000Z",
)
EXAMPLE_SHARED = SharedPreset(
    name="One sentence",
    model="baidu/ernie-x1-turbo-32k",
    settings=EXAMPLE_SETTINGS,
    updated_at="2026-08-01T12:00:00.000Z",
)
EXAMPLE_TOKEN = ShareToken("h2Qx9Zc4Lw7Nn1Vb5Kt8Rj3Mf6Ys0PdG")


def preset_entry(preset: Preset) -> PresetEntry:
    """Write a preset for its owner."""
    return PresetEntry(
        id=preset.id,
        name=preset.name,
        model=preset.model,
        settings=preset.settings,
        share_token=preset.share_token,
        created_at=iso_utc(preset.created_at_ms),
        updated_at=iso_utc(preset.updated_at_ms),
    )


def shared_preset(preset: Preset) -> SharedPreset:
    """Write a preset for whoever has its token."""
    return SharedPreset(
        name=preset.name,
        model=preset.model,
        settings=preset.settings,
        updated_at=iso_utc(preset.updated_at_ms),
    )
