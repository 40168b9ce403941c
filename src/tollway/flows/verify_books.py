"""Proving that the books balance and that the usage log and its sums tell the same."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, case, func, literal, or_, select, union_all

from tollway.credits.tables import holds, transfers
from tollway.credits.types import CHARGE_KIND, Check
from tollway.credits.verification import check_none, verify_ledger
from tollway.kit.database import Database
from tollway.usage.repository import kept_from_ms
from tollway.usage.tables import inferences, usage_rollups, usage_wide_rollups
from tollway.usage.types import SLOT_MS, WIDE_SLOT_MS

_KEY = ("key_id", "slot_ms", "model_id")
_AMOUNTS = tuple(column.name for column in usage_rollups.columns if column.name not in _KEY)


async def verify_books(database: Database) -> list[Check]:
    """Check every identity of the ledger, and the ledger against the usage log, at one moment; only reads.

    The sums of usage are kept for ever, so that their total equals all charges. The rows of the log are compared with
    both from the log's horizon on.
    """
    async with database.connect() as connection:
        charged = await connection.scalar(_total(transfers.c.amount_credits).where(transfers.c.kind == CHARGE_KIND))
        logged = await connection.scalar(_total(usage_rollups.c.charged_credits))
        horizon_ms = await kept_from_ms(connection)
        return [
            *await verify_ledger(connection),
            Check("usage_total", charged == logged, f"ledger charged {charged} credits, usage sums show {logged}"),
            await check_none(
                connection, "usage_rollups", "usage sums differ from their usage rows", _sums_unlike_log(horizon_ms)
            ),
            await check_none(
                connection, "usage_wide_rollups", "sums of 3 hours differ from those of 15 minutes", _wide_unlike_sums()
            ),
            await check_none(
                connection, "usage_settled", "charges differ from their usage rows", _charges_unlike_log(horizon_ms)
            ),
            await check_none(connection, "usage_charged", "usage rows lack their closed hold", _log_without_hold()),
            await check_none(
                connection, "usage_logged", "closed holds lack their usage row", _holds_without_log(horizon_ms)
            ),
        ]


def _total(column: ColumnElement[int]) -> Select[Any]:
    return select(func.coalesce(func.sum(column), 0))


def _sums_unlike_log(horizon_ms: int) -> Select[Any]:
    row = inferences.c
    has_failed = row.status == "failed"
    amounts = {
        "succeeded": case((has_failed, 0), else_=1),
        "failed": case((has_failed, 1), else_=0),
        "charged": case((row.charged_credits > 0, 1), else_=0),
    }
    from_log = (
        select(
            row.key_id,
            (row.started_at_ms - row.started_at_ms % SLOT_MS).label("its_slot_ms"),
            row.model_id,
            *[func.sum(amounts[name] if name in amounts else row[name]).label(name) for name in _AMOUNTS],
        )
        .where(row.started_at_ms >= horizon_ms)
        .group_by(row.key_id, "its_slot_ms", row.model_id)
    )
    return _unlike(_stored(usage_rollups).where(usage_rollups.c.slot_ms >= horizon_ms), from_log)


def _wide_unlike_sums() -> Select[Any]:
    row = usage_rollups.c
    from_sums = select(
        row.key_id,
        (row.slot_ms - row.slot_ms % WIDE_SLOT_MS).label("its_slot_ms"),
        row.model_id,
        *[func.sum(row[name]).label(name) for name in _AMOUNTS],
    ).group_by(row.key_id, "its_slot_ms", row.model_id)
    return _unlike(_stored(usage_wide_rollups), from_sums)


def _stored(table: Table) -> Select[Any]:
    return select(*[table.c[name] for name in (*_KEY, *_AMOUNTS)])


def _unlike(stored: Select[Any], expected: Select[Any]) -> Select[Any]:
    """Find the sums that the queries show differently, or one of them alone; both have the key and then the amounts."""
    known, wanted = stored.subquery(), list(expected.subquery().columns)
    both = union_all(
        select(known), select(*wanted[: len(_KEY)], *[-amount for amount in wanted[len(_KEY) :]])
    ).subquery()
    key_id, slot_ms, model_id = (both.c[name] for name in _KEY)
    place = literal("key ").concat(key_id).concat(" at ").concat(slot_ms).concat(" ").concat(model_id)
    differs = or_(*[func.sum(both.c[name]) != 0 for name in _AMOUNTS])
    return select(place.label("place")).group_by(key_id, slot_ms, model_id).having(differs)


def _charges_unlike_log(horizon_ms: int) -> Select[Any]:
    """Find charges whose usage row says something else, or is gone although it must be kept."""
    return (
        select(transfers.c.hold_id)
        .join_from(transfers, holds, holds.c.id == transfers.c.hold_id)
        .outerjoin(inferences, inferences.c.inference_id == transfers.c.hold_id)
        .where(
            transfers.c.kind == CHARGE_KIND,
            or_(
                inferences.c.charged_credits != transfers.c.amount_credits,
                and_(inferences.c.inference_id.is_(None), _must_be_logged(horizon_ms)),
            ),
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


def _holds_without_log(horizon_ms: int) -> Select[Any]:
    return (
        select(holds.c.id)
        .outerjoin_from(holds, inferences, inferences.c.inference_id == holds.c.id)
        .where(holds.c.state != "open", inferences.c.inference_id.is_(None), _must_be_logged(horizon_ms))
    )


def _must_be_logged(horizon_ms: int) -> ColumnElement[bool]:
    """Say of holds whether their usage row is kept for sure: a hold is a little younger than its request."""
    return holds.c.created_at_ms >= (horizon_ms + SLOT_MS if horizon_ms else 0)
