"""What can be done with keys. Callers own the transaction."""

from typing import TYPE_CHECKING

from tollway.keys import repository
from tollway.keys.digest import KeyDigest
from tollway.keys.errors import ManagementKeyRefusedError, UnknownKeyError, WrongKeyFieldError
from tollway.keys.format import new_key, prefix_of
from tollway.keys.types import LIMIT_PERIODS, KeyIdentity, KeyKind, KeyMaker, KeyRecord, NewKey
from tollway.kit.clock import Clock

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_NAME_LENGTH_MAX = 255
_LIMIT_CREDITS_MAX = 2**53  # The largest range in which every client's numbers are exact.
_RATE_MAX = 1_000_000


class KeyService:
    """Makes, finds, disables, enables and deletes keys."""

    def __init__(self, clock: Clock, digest: KeyDigest) -> None:
        self._clock = clock
        self._digest = digest

    async def create(
        self, connection: "AsyncConnection", account_id: int, new: NewKey, made_by: KeyMaker
    ) -> tuple[KeyRecord, str]:
        """Make a key.

        Returns:
            What is stored, and the key itself, which cannot be had again.

        Raises:
            WrongKeyFieldError: a field is out of range.
            ManagementKeyRefusedError: a management key was asked for through a key.
        """
        _check(new)
        if new.kind is KeyKind.MANAGEMENT and made_by is KeyMaker.MANAGEMENT_KEY:
            raise ManagementKeyRefusedError("Management keys are made in the dashboard or by the operator")
        key = new_key(new.kind)
        while await repository.prefix_is_taken(connection, prefix_of(key)):
            key = new_key(new.kind)
        identity = KeyIdentity(prefix_of(key), self._digest.of(key))
        record = await repository.insert_key(connection, account_id, identity, new, self._clock.now_ms())
        return record, key

    async def get(self, connection: "AsyncConnection", prefix: str, account_id: int | None = None) -> KeyRecord:
        """Find a key by its prefix, among all keys or those of one account.

        Raises:
            UnknownKeyError: there is none.
        """
        record = await repository.find_by_prefix(connection, prefix)
        if record is None or account_id not in {None, record.account_id}:
            # A whole key may have been given in place of its prefix, and must not end up on a screen or in a log.
            raise UnknownKeyError(f"There is no key with the prefix {prefix_of(prefix)}", param="prefix")
        return record

    async def list_all(self, connection: "AsyncConnection", account_id: int | None = None) -> list[KeyRecord]:
        """Every key that is not deleted, of one account or of all, oldest first."""
        return await repository.list_keys(connection, account_id)

    async def set_enabled(
        self, connection: "AsyncConnection", prefix: str, account_id: int | None = None, *, enabled: bool
    ) -> KeyRecord:
        """Disable or enable a key.

        Raises:
            UnknownKeyError: there is none of that prefix.
        """
        record = await self.get(connection, prefix, account_id)
        await repository.set_enabled(connection, record.key_id, enabled=enabled, now_ms=self._clock.now_ms())
        return await self.get(connection, prefix, account_id)

    async def delete(self, connection: "AsyncConnection", prefix: str, account_id: int | None = None) -> KeyRecord:
        """Delete a key for good.

        Raises:
            UnknownKeyError: there is none of that prefix.
        """
        record = await self.get(connection, prefix, account_id)
        await repository.mark_deleted(connection, record.key_id, self._clock.now_ms())
        return record


def _check(new: NewKey) -> None:
    if len(new.name) > _NAME_LENGTH_MAX or not (new.name.isprintable() or not new.name):
        raise WrongKeyFieldError(f"name must have at most {_NAME_LENGTH_MAX} printable characters", param="name")
    if new.limit_period not in LIMIT_PERIODS:
        raise WrongKeyFieldError(f"the limit's period must be one of {', '.join(LIMIT_PERIODS)}", param="limit")
    if new.limit_credits is not None and not 0 <= new.limit_credits <= _LIMIT_CREDITS_MAX:
        raise WrongKeyFieldError(f"the limit must be 0 to {_LIMIT_CREDITS_MAX} credits", param="limit")
    if new.scopes is not None and not new.scopes:
        raise WrongKeyFieldError("scopes must name at least one, or be left out for all", param="scopes")
    for field in ("requests_per_minute", "concurrent_requests"):
        rate = getattr(new, field)
        if rate is not None and not 1 <= rate <= _RATE_MAX:
            raise WrongKeyFieldError(f"{field} must be 1 to {_RATE_MAX}", param=field)
