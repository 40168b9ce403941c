"""The movements of one wallet in pages, newest first: what its owner sees of the ledger.

Every movement is on it, and a call that cost nothing is no movement; so the signed amounts add up to the posted
balance.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Row, Select, literal_column, select, tuple_

from tollway.credits.tables import holds, ledger_accounts, transfers
from tollway.credits.types import CHARGE_KIND, GrantType, TakeType

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Direction(StrEnum):
    """Which way credits moved: into the wallet or out of it."""

    TOPUP = "TOPUP"
    CHARGE = "CHARGE"


class MovementType(StrEnum):
    """Why credits moved: every kind of transfer that there is."""

    PAYMENT = GrantType.PAYMENT
    BONUS = GrantType.BONUS
    REFUND = TakeType.REFUND
    ADJUSTMENT = GrantType.ADJUSTMENT
    MODEL_USAGE = CHARGE_KIND
    CREDITS_EXPIRED = TakeType.CREDITS_EXPIRED
    INIT = GrantType.INIT


class Position(Struct, frozen=True):
    """A place in a statement: that of one movement."""

    created_at_ms: int
    transfer_id: int


class StatementFilter(Struct, frozen=True, kw_only=True):
    """Which movements to keep; None keeps all.

    Attributes:
        from_ms: the earliest moment, itself included, in Unix milliseconds.
        to_ms: the end, itself excluded.
    """

    from_ms: int | None = None
    to_ms: int | None = None
    direction: Direction | None = None
    type: MovementType | None = None


class StatementEntry(Struct, frozen=True, kw_only=True):
    """One movement. ``amount_credits`` is positive both ways; a charge names its model and inference."""

    position: Position
    direction: Direction
    type: MovementType
    amount_credits: int
    model_id: str | None
    hold_id: str | None
    reference: str | None


class StatementPage(Struct, frozen=True):
    """Movements, newest first, and the place from which the next page goes on; None on the last page."""

    entries: tuple[StatementEntry, ...]
    next_after: Position | None


class _Branch(Struct, frozen=True):
    """Movements that one partial index holds, for one side of the transfer."""

    side: Column[int]
    rows: ColumnElement[bool]
    direction: Direction
    types: frozenset[MovementType]


# The database uses a partial index where it finds the index's own condition in the query, so the zero is written out.
_MOVED = transfers.c.amount_credits > literal_column("0")
_BRANCHES = (
    _Branch(
        transfers.c.debit_id,
        transfers.c.hold_id.is_not(None) & _MOVED,
        Direction.CHARGE,
        frozenset({MovementType.MODEL_USAGE}),
    ),
    _Branch(
        transfers.c.debit_id,
        transfers.c.hold_id.is_(None) & _MOVED,
        Direction.CHARGE,
        frozenset({MovementType.ADJUSTMENT, MovementType.REFUND, MovementType.CREDITS_EXPIRED}),
    ),
    _Branch(
        transfers.c.credit_id,
        transfers.c.hold_id.is_(None) & _MOVED,
        Direction.TOPUP,
        frozenset({MovementType.PAYMENT, MovementType.BONUS, MovementType.ADJUSTMENT, MovementType.INIT}),
    ),
)
# Looked up for the few rows of a page, where a join could tempt the database to begin with the holds.
_MODEL_ID = select(holds.c.model_id).where(holds.c.id == transfers.c.hold_id).scalar_subquery()


async def statement_page(
    connection: "AsyncConnection",
    account_id: int,
    wanted: StatementFilter,
    *,
    entries_max: int,
    after: Position | None = None,
) -> StatementPage:
    """Read one page of an account's statement; it begins after the given place, or with the newest movement.

    Movements that are added meanwhile stand before the place, so following pages miss and repeat none.
    """
    wallet_id = await connection.scalar(
        select(ledger_accounts.c.id).where(
            ledger_accounts.c.kind == "wallet", ledger_accounts.c.account_id == account_id
        )
    )
    if wallet_id is None:
        return StatementPage((), None)
    found: list[StatementEntry] = []
    for branch in _branches(wanted):
        # One row more than asked for tells whether another page follows.
        query = _query(branch, wallet_id, wanted, after).limit(entries_max + 1)
        found += [_entry(row, branch.direction) for row in await connection.execute(query)]
    found.sort(key=lambda entry: (entry.position.created_at_ms, entry.position.transfer_id), reverse=True)
    entries = tuple(found[:entries_max])
    return StatementPage(entries, entries[-1].position if len(found) > entries_max else None)


def _branches(wanted: StatementFilter) -> list[_Branch]:
    return [
        branch
        for branch in _BRANCHES
        if wanted.direction in {None, branch.direction} and (wanted.type is None or wanted.type in branch.types)
    ]


def _query(branch: _Branch, wallet_id: int, wanted: StatementFilter, after: Position | None) -> Select[Any]:
    query = (
        select(
            transfers.c.id,
            transfers.c.created_at_ms,
            transfers.c.kind,
            transfers.c.amount_credits,
            transfers.c.hold_id,
            transfers.c.reference_id,
            _MODEL_ID.label("model_id"),
        )
        .where(branch.side == wallet_id, branch.rows)
        .order_by(transfers.c.created_at_ms.desc(), transfers.c.id.desc())
    )
    if wanted.type is not None and len(branch.types) > 1:
        query = query.where(transfers.c.kind == wanted.type)
    if wanted.from_ms is not None:
        query = query.where(transfers.c.created_at_ms >= wanted.from_ms)
    if after is not None:
        place = tuple_(transfers.c.created_at_ms, transfers.c.id)
        return query.where(place < (after.created_at_ms, after.transfer_id))
    if wanted.to_ms is not None:
        query = query.where(transfers.c.created_at_ms < wanted.to_ms)
    return query


def _entry(row: Row[Any], direction: Direction) -> StatementEntry:
    return StatementEntry(
        position=Position(row.created_at_ms, row.id),
        direction=direction,
        type=MovementType(row.kind),
        amount_credits=row.amount_credits,
        model_id=row.model_id,
        hold_id=row.hold_id,
        reference=row.reference_id,
    )
