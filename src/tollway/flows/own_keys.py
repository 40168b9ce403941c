"""The API keys of an account, as its management keys manage them, and what any key sees of itself."""

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import func, select

from tollway.audit.types import Actor
from tollway.credits.limits import period_start_ms
from tollway.credits.tables import key_spend
from tollway.credits.types import LimitPeriod
from tollway.flows.audited_keys import AuditedKeys
from tollway.keys.digest import KeyDigest
from tollway.keys.errors import KeySourceError, UnknownKeyError
from tollway.keys.service import KeyService
from tollway.keys.tables import keys
from tollway.keys.types import KeyEntry, KeyKind, KeyRecord, KeyUpdate, NewKey
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.kit.errors import AuthenticationError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_log = logging.getLogger("tollway.keys")


class OwnKey(Struct, frozen=True):
    """A key and what it was charged since the present UTC month began."""

    record: KeyRecord
    month_credits: int


class OwnKeys:
    """Keys within one account.

    Every change is durable, and in force in this process, when its method returns; elsewhere within a second.
    ``refresh`` makes this process read the keys that have changed.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        digest: KeyDigest,
        refresh: Callable[[], Awaitable[None]],
        *,
        keys_max: int | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._keys = KeyService(clock, digest, keys_max)
        self._changes = AuditedKeys(self._keys, clock)
        self._refresh = refresh

    async def show(self, entry: KeyEntry) -> OwnKey:
        """Return what is stored of the key that is calling.

        Raises:
            AuthenticationError: it was deleted a moment ago.
        """
        async with self._database.connect() as connection:
            try:
                record = await self._keys.get(connection, entry.prefix, entry.account_id)
            except UnknownKeyError as error:
                raise AuthenticationError("A valid API key is required.") from error
            return await self._with_spend(connection, record)

    async def list_all(self, account_id: int) -> list[OwnKey]:
        """Every API key of the account that is not deleted, oldest first; keys of other kinds are left out."""
        async with self._database.connect() as connection:
            records = await self._keys.list_all(connection, account_id)
            spent = await self._spent_credits(connection, account_id)
        return [OwnKey(one, spent.get(one.key_id, 0)) for one in records if one.kind is KeyKind.API]

    async def create(self, account_id: int, new: NewKey, actor: Actor) -> tuple[OwnKey, str]:
        """Make a key, and return it with the key itself, which cannot be had again.

        Raises:
            WrongKeyFieldError: a field is out of range.
            TooManyKeysError: the account has as many keys as it may have.
        """
        async with self._database.begin() as connection:
            record, key = await self._changes.create(connection, account_id, new, actor)
        await self._use_changes()
        return OwnKey(record, 0), key

    async def update(self, account_id: int, prefix: str, update: KeyUpdate, actor: Actor) -> OwnKey:
        """Change a key of the account, and return it as it is then; an update that changes nothing leaves no trace.

        Raises:
            UnknownKeyError: the account has no key of that prefix.
            WrongKeyFieldError: a field is out of range, or a limit would have no amount.
            ManagementKeyRefusedError: it is a management key.
            OperatorKeyRefusedError: it is an operator key.
        """
        async with self._database.begin() as connection:
            record = await self._changes.update(connection, prefix, update, actor, account_id)
            found = await self._with_spend(connection, record)
        await self._use_changes()
        return found

    async def delete(self, account_id: int, prefix: str, actor: Actor) -> KeyRecord:
        """Delete a key of the account for good, and return it as it was.

        Raises:
            UnknownKeyError: the account has no key of that prefix.
            ManagementKeyRefusedError: it is a management key.
            OperatorKeyRefusedError: it is an operator key.
        """
        async with self._database.begin() as connection:
            record = await self._changes.delete(connection, prefix, actor, account_id)
        await self._use_changes()
        return record

    async def _use_changes(self) -> None:
        try:
            await self._refresh()
        except KeySourceError as error:
            # The change is stored, and the snapshot asks again within a second by itself.
            _log.warning("changed keys not read at once", extra={"reason": str(error)})

    async def _with_spend(self, connection: "AsyncConnection", record: KeyRecord) -> OwnKey:
        spent = await self._spent_credits(connection, record.account_id, record.key_id)
        return OwnKey(record, spent.get(record.key_id, 0))

    async def _spent_credits(
        self, connection: "AsyncConnection", account_id: int, key_id: int | None = None
    ) -> dict[int, int]:
        """Return what keys of the account were charged this month, by id; those without charges are left out."""
        month_ms = period_start_ms(LimitPeriod.MONTH, self._clock.now_ms())
        query = (
            select(key_spend.c.key_id, func.sum(key_spend.c.spent_credits))
            .join(keys, keys.c.id == key_spend.c.key_id)
            .where(keys.c.account_id == account_id, key_spend.c.day_ms >= month_ms)
            .group_by(key_spend.c.key_id)
        )
        if key_id is not None:
            query = query.where(key_spend.c.key_id == key_id)
        return {found_id: int(spent) for found_id, spent in await connection.execute(query)}
