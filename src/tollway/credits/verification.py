"""The identities that the books must satisfy at any moment, computed from the rows themselves."""

from typing import Any

from sqlalchemy import Select, and_, case, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from tollway.credits.tables import holds, key_spend, ledger_accounts, transfers
from tollway.credits.types import CHARGE_KIND, Check

_EXAMPLES_MAX = 5


async def verify_ledger(connection: AsyncConnection) -> list[Check]:
    """Check every identity of the ledger in the connection's transaction, which sees one moment.

    Safe beside a running server: it only reads, and every commit of the server keeps the identities.
    """
    total = int(await connection.scalar(select(func.coalesce(func.sum(ledger_accounts.c.posted_credits), 0))) or 0)
    return [
        Check("conservation", total == 0, f"all ledger accounts add up to {total} credits"),
        await check_none(connection, "posted", "ledger accounts differ from the sum of their transfers", _posted()),
        await check_none(connection, "held", "wallets differ from the sum of their open holds", _held()),
        await check_none(connection, "settled", "settled holds lack their one charge within the hold", _settled()),
        await check_none(connection, "released", "open or voided holds have a charge", _charged_without_settlement()),
        await check_none(connection, "key_spend", "days of keys differ from the sum of their charges", _key_spend()),
        await _open_holds(connection),
    ]


async def check_none(connection: AsyncConnection, name: str, fault: str, faulty: Select[Any]) -> Check:
    """Return a check that holds when the query finds no row; its one column tells the faulty rows apart."""
    found = (await connection.execute(faulty.limit(_EXAMPLES_MAX + 1))).scalars().all()
    if not found:
        return Check(name, ok=True, detail=f"no {fault}")
    examples = ", ".join(str(value) for value in found[:_EXAMPLES_MAX])
    return Check(name, ok=False, detail=f"{fault}: {examples}{', …' if len(found) > _EXAMPLES_MAX else ''}")


def _posted() -> Select[Any]:
    sides = union_all(
        select(transfers.c.credit_id.label("id"), transfers.c.amount_credits.label("amount")),
        select(transfers.c.debit_id, -transfers.c.amount_credits),
    ).subquery()
    sums = select(sides.c.id, func.sum(sides.c.amount).label("amount")).group_by(sides.c.id).subquery()
    return (
        select(ledger_accounts.c.id)
        .outerjoin_from(ledger_accounts, sums, sums.c.id == ledger_accounts.c.id)
        .where(ledger_accounts.c.posted_credits != func.coalesce(sums.c.amount, 0))
    )


def _held() -> Select[Any]:
    sums = (
        select(holds.c.account_id, func.sum(holds.c.amount_credits).label("amount"))
        .where(holds.c.state == "open")
        .group_by(holds.c.account_id)
        .subquery()
    )
    expected = case((ledger_accounts.c.kind == "wallet", func.coalesce(sums.c.amount, 0)), else_=0)
    return (
        select(ledger_accounts.c.id)
        .outerjoin_from(ledger_accounts, sums, sums.c.account_id == ledger_accounts.c.account_id)
        .where(ledger_accounts.c.held_credits != expected)
    )


def _settled() -> Select[Any]:
    wallet = ledger_accounts.alias()
    charge = transfers.alias()
    return (
        select(holds.c.id)
        .outerjoin_from(holds, charge, and_(charge.c.hold_id == holds.c.id, charge.c.kind == CHARGE_KIND))
        .outerjoin(wallet, wallet.c.id == charge.c.debit_id)
        .where(
            holds.c.state == "settled",
            or_(
                charge.c.id.is_(None),
                charge.c.amount_credits > holds.c.amount_credits,
                wallet.c.account_id.is_distinct_from(holds.c.account_id),
            ),
        )
    )


def _charged_without_settlement() -> Select[Any]:
    return (
        select(holds.c.id)
        .join_from(holds, transfers, transfers.c.hold_id == holds.c.id)
        .where(or_(holds.c.state != "settled", transfers.c.kind != CHARGE_KIND))
    )


def _key_spend() -> Select[Any]:
    stored = select(key_spend.c.key_id, key_spend.c.day_ms, key_spend.c.spent_credits.label("amount"))
    charged = select(holds.c.key_id, holds.c.key_day_ms, -transfers.c.amount_credits).join_from(
        transfers, holds, holds.c.id == transfers.c.hold_id
    )
    both = union_all(stored, charged).subquery()
    return (
        select(literal("key ").concat(both.c.key_id).concat(" on ").concat(both.c.day_ms).label("place"))
        .group_by(both.c.key_id, both.c.day_ms)
        .having(func.sum(both.c.amount) != 0)
    )


async def _open_holds(connection: AsyncConnection) -> Check:
    """Count the open holds: no fault by themselves, as every request under way has one."""
    count = await connection.scalar(select(func.count()).select_from(holds).where(holds.c.state == "open"))
    return Check("open_holds", ok=True, detail=f"{count} open holds")
