"""What can be done with presets. Callers own the transaction, which holds the write lock where something changes."""

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from tollway.kit.clock import Clock
from tollway.kit.ids import inference_id, random_base62
from tollway.presets import repository
from tollway.presets.errors import PresetExistsError, TooManyPresetsError, UnknownPresetError, WrongPresetFieldError
from tollway.presets.types import NewPreset, Preset, PresetChange
from tollway.wire.refusals import shorten

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

NAME_LENGTH_MAX = 100
MODEL_LENGTH_MAX = 255
PRESETS_MAX = 100
"""How many presets an account may have."""
SETTINGS_BYTES_MAX = 64 * 1024
"""How long the settings of a preset may be, as JSON without blanks in UTF-8."""
SHARE_TOKEN_LENGTH = 32


class PresetService:
    """Makes, finds, changes, shares and deletes the presets of accounts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def create(self, connection: "AsyncConnection", account_id: int, new: NewPreset) -> Preset:
        """Save a preset.

        Raises:
            WrongPresetFieldError: a field is out of range.
            PresetExistsError: the account has one of that name.
            TooManyPresetsError: the account has as many as it may have.
        """
        now_ms = self._clock.now_ms()
        preset = Preset(
            id=inference_id(),  # Any id in order of time will do.
            account_id=account_id,
            name=new.name.strip(),
            model=new.model,
            settings=new.settings,
            share_token=None,
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
        )
        _check(preset)
        await _refuse_taken_name(connection, preset)
        if await repository.count_presets(connection, account_id) >= PRESETS_MAX:
            raise TooManyPresetsError(
                f"The account has as many presets as it may have ({PRESETS_MAX}); delete one first"
            )
        await repository.insert_preset(connection, preset)
        return preset

    async def list_all(self, connection: "AsyncConnection", account_id: int) -> list[Preset]:
        """Every preset of an account, in the order of their names."""
        return await repository.list_presets(connection, account_id)

    async def get(self, connection: "AsyncConnection", account_id: int, preset_id: str) -> Preset:
        """Find a preset of an account.

        Raises:
            UnknownPresetError: the account has no such preset.
        """
        found = await repository.find_preset(connection, account_id, preset_id)
        if found is None:
            raise UnknownPresetError(f"There is no preset '{shorten(preset_id)}'", param="id")
        return found

    async def get_shared(self, connection: "AsyncConnection", share_token: str) -> Preset:
        """Find what is shared under a token.

        Raises:
            UnknownPresetError: nothing is, or no longer.
        """
        found = await repository.find_shared_preset(connection, share_token)
        if found is None:
            raise UnknownPresetError("No preset is shared under this link, or no longer", param="token")
        return found

    async def update(
        self, connection: "AsyncConnection", account_id: int, preset_id: str, change: PresetChange
    ) -> Preset:
        """Change a preset, and return it as it is then.

        Raises:
            UnknownPresetError: the account has no such preset.
            WrongPresetFieldError: a field is out of range.
            PresetExistsError: another one of the account has that name.
        """
        before = await self.get(connection, account_id, preset_id)
        after = replace(
            before,
            name=before.name if change.name is UNSET else change.name.strip(),
            model=before.model if change.model is UNSET else change.model,
            settings=before.settings if change.settings is UNSET else change.settings,
        )
        _check(after)
        await _refuse_taken_name(connection, after)
        return await self._stored(connection, before, after)

    async def share(self, connection: "AsyncConnection", account_id: int, preset_id: str) -> str:
        """Share a preset, and return the token to read it with; one that is shared keeps its token.

        Raises:
            UnknownPresetError: the account has no such preset.
        """
        before = await self.get(connection, account_id, preset_id)
        token = before.share_token or random_base62(SHARE_TOKEN_LENGTH)
        await self._stored(connection, before, replace(before, share_token=token))
        return token

    async def unshare(self, connection: "AsyncConnection", account_id: int, preset_id: str) -> None:
        """Share a preset no longer: its token is worth nothing from now on.

        Raises:
            UnknownPresetError: the account has no such preset.
        """
        before = await self.get(connection, account_id, preset_id)
        await self._stored(connection, before, replace(before, share_token=None))

    async def delete(self, connection: "AsyncConnection", account_id: int, preset_id: str) -> None:
        """Delete a preset for good.

        Raises:
            UnknownPresetError: the account has no such preset.
        """
        await repository.delete_preset(connection, await self.get(connection, account_id, preset_id))

    async def _stored(self, connection: "AsyncConnection", before: Preset, after: Preset) -> Preset:
        if after == before:
            return before
        after = replace(after, updated_at_ms=self._clock.now_ms())
        await repository.update_preset(connection, after)
        return after


async def _refuse_taken_name(connection: "AsyncConnection", preset: Preset) -> None:
    named = await repository.find_named_preset(connection, preset.account_id, preset.name)
    if named is not None and named.id != preset.id:
        raise PresetExistsError(f"There is already a preset '{shorten(preset.name)}'", param="name")


def _check(preset: Preset) -> None:
    for field, text, length_max in (("name", preset.name, NAME_LENGTH_MAX), ("model", preset.model, MODEL_LENGTH_MAX)):
        if not 1 <= len(text) <= length_max:
            raise WrongPresetFieldError(field, f"1 to {length_max} characters", f"{len(text)} characters")
        if not text.isprintable():
            strange = next(character for character in text if not character.isprintable())
            raise WrongPresetFieldError(field, "printable characters", f"the character U+{ord(strange):04X}")
    length = len(msgspec.json.encode(preset.settings))
    if length > SETTINGS_BYTES_MAX:
        raise WrongPresetFieldError("settings", f"at most {SETTINGS_BYTES_MAX} bytes of JSON", f"{length} bytes")
