"""Proving that the books balance and that the usage log tells the same."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from tollway.credits.tables import holds, transfers
from tollway.credits.types import CHARGE_KIND, Check
from tollway.credits.verification import check_none, verify_ledger
from tollway.kit.database import Database
from tollway.usage.tables import inferences


async def verify_books(database: Database) -> list[Check]:
    """Check every identity of the ledger, and the ledger against the usage log, at one moment; only reads."""
    async with database.connect() as connection:
        charged = await connection.scalar(_total(transfers.c.amount_credits).where(transfers.c.kind == CHARGE_KIND))
        logged = await connection.scalar(_total(inferences.c.charged_credits))
        return [
            *await verify_ledger(connection),
            Check("usage_total", charged == logged, f"ledger charged {charged} credits, usage log shows {logged}"),
            await check_none(
                connection, "usage_settled", "charges differ from their usage rows", _charges_unlike_log()
            ),
            await check_none(connection, "usage_charged", "usage rows lack their closed hold", _log_without_hold()),
            await check_none(connection, "usage_logged", "closed holds lack their usage row", _holds_without_log()),
        ]


def _total(column: ColumnElement[int]) -> Select[Any]:
    return select(func.coalesce(func.sum(column), 0))


def _charges_unlike_log() -> Select[Any]:
    return (
        select(transfers.c.hold_id)
        .join_from(transfers, holds, holds.c.id == transfers.c.hold_id)
        .outerjoin(inferences, inferences.c.inference_id == transfers.c.hold_id)
        .where(
            transfers.c.kind == CHARGE_KIND,
            func.coalesce(inferences.c.charged_credits, -1) != transfers.c.amount_credits,
        )
    )


def _log_without_hold() -> Select[Any]:
    """Find usage rows whose hold is missing, still open, of another account, or voided although they were charged."""
    matching = and_(
        holds.c.id == inferences.c.inference_id,
        holds.c.account_id == inferences.c.account_id,
        (holds.c.state == "settled") | ((holds.c.state == "voided") & (inferences.c.charged_credits == 0)),
    )
    return select(inferences.c.inference_id).outerjoin_from(inferences, holds, matching).where(holds.c.id.is_(None))


def _holds_without_log() -> Select[Any]:
    return (
        select(holds.c.id)
        .outerjoin_from(holds, inferences, inferences.c.inference_id == holds.c.id)
        .where(holds.c.state != "open", inferences.c.inference_id.is_(None))
    )
