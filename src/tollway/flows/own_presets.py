"""The presets of one account, as its owner meets them, and those that others share."""

from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.presets.service import PresetService
from tollway.presets.types import NewPreset, Preset, PresetChange


class OwnPresets:
    """Presets within one account. Every change is durable when its method returns."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._presets = PresetService(clock)

    async def list_all(self, account_id: int) -> list[Preset]:
        """Every preset of the account, in the order of their names."""
        async with self._database.connect() as connection:
            return await self._presets.list_all(connection, account_id)

    async def create(self, account_id: int, new: NewPreset) -> Preset:
        """Save a preset.

        Raises:
            WrongPresetFieldError: a field is out of range.
            PresetExistsError: the account has one of that name.
            TooManyPresetsError: the account has as many as it may have.
        """
        async with self._database.begin() as connection:
            return await self._presets.create(connection, account_id, new)

    async def update(self, account_id: int, preset_id: str, change: PresetChange) -> Preset:
        """Change a preset of the account, and return it as it is then.

        Raises:
            UnknownPresetError: the account has no such preset.
            WrongPresetFieldError: a field is out of range.
            PresetExistsError: another one of the account has that name.
        """
        async with self._database.begin() as connection:
            return await self._presets.update(connection, account_id, preset_id, change)

    async def delete(self, account_id: int, preset_id: str) -> None:
        """Delete a preset of the account for good; what was shared of it is gone too.

        Raises:
            UnknownPresetError: the account has no such preset.
        """
        async with self._database.begin() as connection:
            await self._presets.delete(connection, account_id, preset_id)

    async def share(self, account_id: int, preset_id: str) -> str:
        """Share a preset of the account, and return the token to read it with; one that is shared keeps its token.

        Raises:
            UnknownPresetError: the account has no such preset.
        """
        async with self._database.begin() as connection:
            return await self._presets.share(connection, account_id, preset_id)

    async def unshare(self, account_id: int, preset_id: str) -> None:
        """Share a preset of the account no longer.

        Raises:
            UnknownPresetError: the account has no such preset.
        """
        async with self._database.begin() as connection:
            await self._presets.unshare(connection, account_id, preset_id)

    async def shared(self, share_token: str) -> Preset:
        """Return what is shared under a token, whoever's it is.

        Raises:
            UnknownPresetError: nothing is, or no longer.
        """
        async with self._database.connect() as connection:
            return await self._presets.get_shared(connection, share_token)
