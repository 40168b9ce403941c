"""The keys of an account, as its owner and its management keys manage them, and what any key sees of itself."""

import logging
from collections.abc import Awaitable, Callable, Container
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import and_, case, func, select

from tollway.audit.types import Actor
from tollway.credits.limits import period_end_ms, period_start_ms
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

API_KEYS = frozenset({KeyKind.API})
OWNERS_KEYS = frozenset({KeyKind.API, KeyKind.MANAGEMENT})
"""The kinds of keys that the owner of an account has: others are made by the operator, or by the server itself."""
_log = logging.getLogger("tollway.keys")


class OwnKey(Struct, frozen=True):
    """A key and what it was charged.

    Attributes:
        month_credits: since the present UTC month began.
        period_credits: since the present period of its limit began; 0 without a limit.
        period_ends_at_ms: when that is counted anew, in Unix milliseconds; None is never.
    """

    record: KeyRecord
    month_credits: int
    period_credits: int = 0
    period_ends_at_ms: int | None = None


class _Spend(Struct, frozen=True):
    month_credits: int = 0
    period_credits: int = 0


_NOTHING_SPENT = _Spend()


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

    async def list_all(self, account_id: int, kinds: Container[KeyKind] = API_KEYS) -> list[OwnKey]:
        """Every key of the account that is not deleted, oldest first; keys of other kinds are left out."""
        async with self._database.connect() as connection:
            records = await self._keys.list_all(connection, account_id)
            spent = await self._spent(connection, account_id)
        return [self._own(one, spent.get(one.key_id, _NOTHING_SPENT)) for one in records if one.kind in kinds]

    async def create(self, account_id: int, new: NewKey, actor: Actor) -> tuple[OwnKey, str]:
        """Make a key, and return it with the key itself, which cannot be had again.

        Raises:
            WrongKeyFieldError: a field is out of range.
            ManagementKeyRefusedError: a key asks for a management key.
            OperatorKeyRefusedError: an operator key is asked for.
            TooManyKeysError: the account has as many keys as it may have.
        """
        async with self._database.begin() as connection:
            record, key = await self._changes.create(connection, account_id, new, actor)
        await self._use_changes()
        return self._own(record, _NOTHING_SPENT), key

    async def update(self, account_id: int, prefix: str, update: KeyUpdate, actor: Actor) -> OwnKey:
        """Change a key of the account, and return it as it is then; an update that changes nothing leaves no trace.

        Raises:
            UnknownKeyError: the account has no key of that prefix.
            WrongKeyFieldError: a field is out of range, or a limit would have no amount.
            ManagementKeyRefusedError: it is a management key, and a key asks.
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
            ManagementKeyRefusedError: it is a management key, and a key asks.
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
        spent = await self._spent(connection, record.account_id, record.key_id)
        return self._own(record, spent.get(record.key_id, _NOTHING_SPENT))

    def _own(self, record: KeyRecord, spend: _Spend) -> OwnKey:
        if record.limit_credits is None:
            return OwnKey(record, spend.month_credits)
        ends_at_ms = period_end_ms(LimitPeriod(record.limit_period), self._clock.now_ms())
        return OwnKey(record, spend.month_credits, spend.period_credits, ends_at_ms)

    async def _spent(
        self, connection: "AsyncConnection", account_id: int, key_id: int | None = None
    ) -> dict[int, _Spend]:
        """Return what keys of the account were charged, by id; those without charges are left out."""
        now_ms, day_ms, amount = self._clock.now_ms(), key_spend.c.day_ms, key_spend.c.spent_credits
        month_ms = period_start_ms(LimitPeriod.MONTH, now_ms)
        # A week may have begun before its month, and a limit that is never counted anew needs every day.
        from_ms = min(month_ms, period_start_ms(LimitPeriod.WEEK, now_ms))
        counts_always = and_(keys.c.limit_credits.is_not(None), keys.c.limit_period == LimitPeriod.NO_RESET)
        starts_ms = {period.value: period_start_ms(period, now_ms) for period in LimitPeriod}
        in_month, in_period = day_ms >= month_ms, day_ms >= case(starts_ms, value=keys.c.limit_period)
        query = (
            select(
                key_spend.c.key_id,
                func.sum(case((in_month, amount), else_=0)),
                func.sum(case((in_period, amount), else_=0)),
            )
            .join(keys, keys.c.id == key_spend.c.key_id)
            .where(keys.c.account_id == account_id, day_ms >= case((counts_always, 0), else_=from_ms))
            .group_by(key_spend.c.key_id)
        )
        if key_id is not None:
            query = query.where(key_spend.c.key_id == key_id)
        return {
            found_id: _Spend(int(month), int(period)) for found_id, month, period in await connection.execute(query)
        }
