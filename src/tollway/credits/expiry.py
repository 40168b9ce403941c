"""Granted credits that can be spent for a while only: which are due, and what may be left of them."""

from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import func, literal_column, select, update

from tollway.credits.tables import expiring_credits, ledger_accounts, transfers
from tollway.credits.types import TakeType

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class ExpiringGrant(Struct, frozen=True, kw_only=True):
    """A grant with an end; times are Unix milliseconds."""

    id: str
    account_id: int
    amount_credits: int
    granted_at_ms: int
    expires_at_ms: int


async def due_grants(connection: "AsyncConnection", now_ms: int, *, at_most: int) -> list[ExpiringGrant]:
    """Return grants whose end has come and which are not marked yet, the earliest end first."""
    columns = expiring_credits.c
    found = await connection.execute(
        select(columns.id, columns.account_id, columns.amount_credits, columns.granted_at_ms, columns.expires_at_ms)
        .where(columns.expired_at_ms.is_(None), columns.expires_at_ms <= now_ms)
        .order_by(columns.expires_at_ms, columns.id)
        .limit(at_most)
    )
    return [ExpiringGrant(**row) for row in found.mappings()]


async def used_credits(connection: "AsyncConnection", account_id: int, since_ms: int) -> int:
    """Return what an account was charged, or the operator took away by an adjustment, since a moment, itself included.

    Refunds are left out, because they give back a payment and no grant.
    """
    wallet_id = await connection.scalar(
        select(ledger_accounts.c.id).where(
            ledger_accounts.c.kind == "wallet", ledger_accounts.c.account_id == account_id
        )
    )
    if wallet_id is None:
        return 0
    paid = select(func.sum(transfers.c.amount_credits)).where(
        transfers.c.debit_id == wallet_id, transfers.c.created_at_ms >= since_ms
    )
    # The database uses the index of charges where it finds the index's own condition in the query.
    charged = paid.where(transfers.c.hold_id.is_not(None), transfers.c.amount_credits > literal_column("0"))
    # Named by what it is not: by its kind, the database would read the adjustments of all accounts.
    adjusted = paid.where(transfers.c.hold_id.is_(None), transfers.c.kind.not_in(list(TakeType)))
    return (await connection.scalar(charged) or 0) + (await connection.scalar(adjusted) or 0)


async def mark_expired(connection: "AsyncConnection", grant_id: str, now_ms: int) -> None:
    """Note that nothing of a grant is left to expire."""
    await connection.execute(
        update(expiring_credits).where(expiring_credits.c.id == grant_id).values(expired_at_ms=now_ms)
    )
