"""Tells people once when their balance has fallen below what they named."""

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update

from tollway.accounts.tables import accounts
from tollway.accounts.types import AccountStatus
from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor
from tollway.credits.tables import ledger_accounts, low_balance_notices
from tollway.flows.mail_texts import low_balance_mail
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.mail.outbox import Outbox

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

INTERVAL_S = 30.0
_ACCOUNTS_AT_ONCE = 100


class LowBalanceNotice(Struct, frozen=True):
    """When somebody wants to be told; ``low_since_ms`` is when the balance was found to be low, None is not."""

    threshold_credits: int | None
    low_since_ms: int | None


class SetLowBalanceNotice:
    """What people choose of it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, account_id: int) -> LowBalanceNotice:
        """Return an account's choice; without one its threshold is None."""
        async with self._database.connect() as connection:
            return await _find(connection, account_id)

    async def set(self, actor: Actor, account_id: int, threshold_credits: int | None) -> LowBalanceNotice:
        """Choose the threshold, at least 1, or None for no notice; with another one a balance counts as not yet low."""
        async with self._database.begin() as connection:
            before = await _find(connection, account_id)
            if before.threshold_credits == threshold_credits:
                return before
            of_account = low_balance_notices.c.account_id == account_id
            await connection.execute(delete(low_balance_notices).where(of_account))
            if threshold_credits is not None:
                values = {"account_id": account_id, "threshold_credits": threshold_credits, "low_since_ms": None}
                await connection.execute(insert(low_balance_notices), values)
            entry = new_entry(
                actor=actor,
                action="account.low_balance_notice",
                subject=actor.name,
                now_ms=self._clock.now_ms(),
                account_id=account_id,
                details={"before": before.threshold_credits, "after": threshold_credits},
            )
            await record(connection, entry)
        return LowBalanceNotice(threshold_credits, None)


class WatchBalances:
    """Looks for balances that have fallen below their threshold or risen above it, beside the calls."""

    def __init__(self, database: Database, clock: Clock, outbox: Outbox, public_url: str) -> None:
        self._database = database
        self._clock = clock
        self._outbox = outbox
        self._public_url = public_url

    async def run(self) -> None:
        """Look, again and again."""
        while True:
            await self.run_once()
            await asyncio.sleep(INTERVAL_S)

    async def run_once(self) -> None:
        """Note what has changed, and write to those whose balance has become low."""
        posted = func.coalesce(ledger_accounts.c.posted_credits, 0)
        is_below = posted < low_balance_notices.c.threshold_credits
        is_noted = low_balance_notices.c.low_since_ms.is_not(None)
        while fallen := await self._changed(and_(is_below, ~is_noted)):
            for account_id, email, balance_credits, threshold_credits in fallen:
                await self._note(account_id, self._clock.now_ms())
                self._outbox.post_message(low_balance_mail(email, self._public_url, balance_credits, threshold_credits))
        while risen := await self._changed(and_(~is_below, is_noted)):
            for account_id, *_ in risen:
                await self._note(account_id, None)

    async def _changed(self, condition: ColumnElement[bool]) -> list[tuple[int, str, int, int]]:
        wallet = and_(
            ledger_accounts.c.kind == "wallet", ledger_accounts.c.account_id == low_balance_notices.c.account_id
        )
        query = (
            select(
                accounts.c.id,
                accounts.c.email,
                func.coalesce(ledger_accounts.c.posted_credits, 0),
                low_balance_notices.c.threshold_credits,
            )
            .select_from(low_balance_notices)
            .join(accounts, accounts.c.id == low_balance_notices.c.account_id)
            .outerjoin(ledger_accounts, wallet)
            .where(accounts.c.status == AccountStatus.ACTIVE, condition)
            .limit(_ACCOUNTS_AT_ONCE)
        )
        async with self._database.connect() as connection:
            return [(row[0], row[1], row[2], row[3]) for row in await connection.execute(query)]

    async def _note(self, account_id: int, low_since_ms: int | None) -> None:
        """Remember it before anything is sent: a mail that is lost is better than one for every start."""
        query = update(low_balance_notices).where(low_balance_notices.c.account_id == account_id)
        async with self._database.begin() as connection:
            await connection.execute(query.values(low_since_ms=low_since_ms))


async def _find(connection: "AsyncConnection", account_id: int) -> LowBalanceNotice:
    query = select(low_balance_notices.c.threshold_credits, low_balance_notices.c.low_since_ms).where(
        low_balance_notices.c.account_id == account_id
    )
    row = (await connection.execute(query)).first()
    return LowBalanceNotice(None, None) if row is None else LowBalanceNotice(*row)
