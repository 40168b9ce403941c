"""The statement of an account's month: how its balance went from the opening to the closing one."""

from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from tollway.accounts.service import find_account
from tollway.credits.month_sums import KindSum, other_movements
from tollway.credits.statement import (
    Direction,
    MovementType,
    Position,
    StatementEntry,
    StatementFilter,
    statement_page,
)
from tollway.flows.account_keys import used_keys
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.usage.report import read_sums
from tollway.usage.repository import kept_from_ms
from tollway.usage.slots import Span, cut
from tollway.usage.types import UsageSums

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_BEFORE, _WITHIN = 0, 1
_PAGE = 1_000
_OF_PAYMENTS = (MovementType.PAYMENT, MovementType.REFUND)


class ModelSpend(Struct, frozen=True):
    """What the calls of one model came to."""

    model_id: str
    sums: UsageSums


class MonthStatement(Struct, frozen=True, kw_only=True):
    """How a balance went through a month: the opening one and all movements make the closing one.

    A call counts in the month in which it began, as it does in usage.

    Attributes:
        email: whose statement it is.
        is_final: whether the month is over; until then the closing balance is the present one.
        kinds: the sums of all movements, those of calls among them.
        models: what was called, highest spend first.
        payments: payments and refunds, oldest first.
    """

    email: str
    opening_credits: int
    closing_credits: int
    is_final: bool
    kinds: tuple[KindSum, ...]
    models: tuple[ModelSpend, ...]
    payments: tuple[StatementEntry, ...]


class ReadMonthStatement:
    """Makes statements. Everything in one is of one moment, and no row of a single call is read for it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def read(self, account_id: int, month: Span) -> MonthStatement:
        """Make the statement of a month.

        Raises:
            UnknownAccountError: there is no such account.
        """
        async with self._database.connect() as connection:
            owner = await find_account(connection, account_id)
            others = await other_movements(connection, account_id, from_ms=month.from_ms, to_ms=month.to_ms)
            called_before, models = await _calls(connection, account_id, month)
            payments = [entry for kind in _OF_PAYMENTS async for entry in _entries(connection, account_id, month, kind)]
        opening_credits = others.before_credits - called_before.charged_credits
        kinds = (*others.within, *_usage_sums(models))
        return MonthStatement(
            email=owner.email,
            opening_credits=opening_credits,
            closing_credits=opening_credits + sum(one.signed_credits for one in kinds),
            is_final=self._clock.now_ms() >= month.to_ms,
            kinds=kinds,
            models=models,
            payments=tuple(sorted(payments, key=_moment)),
        )


async def _calls(
    connection: "AsyncConnection", account_id: int, month: Span
) -> tuple[UsageSums, tuple[ModelSpend, ...]]:
    """Sum up the calls before the month, and those of the month by model."""
    before = Span(0, month.from_ms)
    keys = await used_keys(connection, account_id, Span(0, month.to_ms))
    horizon_ms = await kept_from_ms(connection)
    found = await read_sums(connection, keys, [cut(part, horizon_ms) for part in (before, month)])
    earlier = sum((sums for of, sums in found.items() if of.span_number == _BEFORE), start=UsageSums())
    models = [ModelSpend(of.model_id, sums) for of, sums in found.items() if of.span_number == _WITHIN]
    return earlier, tuple(sorted(models, key=lambda one: (-one.sums.charged_credits, one.model_id)))


def _usage_sums(models: Iterable[ModelSpend]) -> tuple[KindSum, ...]:
    sums = sum((one.sums for one in models), start=UsageSums())
    if not sums.charged:
        return ()
    return (KindSum(MovementType.MODEL_USAGE, Direction.CHARGE, sums.charged, sums.charged_credits),)


async def _entries(
    connection: "AsyncConnection", account_id: int, month: Span, kind: MovementType
) -> AsyncIterator[StatementEntry]:
    wanted = StatementFilter(from_ms=month.from_ms, to_ms=month.to_ms, type=kind)
    after: Position | None = None
    while True:
        page = await statement_page(connection, account_id, wanted, entries_max=_PAGE, after=after)
        for entry in page.entries:
            yield entry
        after = page.next_after
        if after is None:
            return


def _moment(entry: StatementEntry) -> tuple[int, int]:
    return entry.position.created_at_ms, entry.position.transfer_id
