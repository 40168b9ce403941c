"""Sums of a key's usage over spans of time, read from roll-ups and, at the borders, from the rows themselves."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import CTE, BigInteger, ColumnElement, Integer, Select, Table, case, cast, column, func, select, text

from tollway.usage.slots import Cut, Span
from tollway.usage.tables import inferences, usage_rollups, usage_wide_rollups
from tollway.usage.types import UsageSums

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

HAS_FAILED = inferences.c.status == "failed"
_NAMES = UsageSums.__struct_fields__
_OF_ROW: dict[str, ColumnElement[int]] = {
    "succeeded": case((HAS_FAILED, 0), else_=1),
    "failed": case((HAS_FAILED, 1), else_=0),
    "charged": case((inferences.c.charged_credits > 0, 1), else_=0),
}


async def read_sums(
    connection: "AsyncConnection", key_id: int, cuts: Sequence[Cut]
) -> dict[tuple[int, str], UsageSums]:
    """Sum up a key's usage by span and model: the index of a span among ``cuts``, and the model's id.

    Models that were not called within a span are left out. All is read in the connection's transaction, so that
    roll-ups and rows are of one moment.
    """
    found: dict[tuple[int, str], UsageSums] = {}
    levels = (
        ((one.wide for one in cuts), partial(_of_rollups, usage_wide_rollups)),
        ((one.narrow for one in cuts), partial(_of_rollups, usage_rollups)),
        ((one.rows for one in cuts), _of_log),
    )
    for pieces, sums_of in levels:
        spans = spans_table(pieces)
        if spans is None:
            continue
        for number, model_id, *amounts in await connection.execute(sums_of(key_id, spans)):
            place, sums = (number, model_id), UsageSums(*amounts)
            found[place] = found[place] + sums if place in found else sums
    return found


def spans_table(spans: Iterable[Iterable[Span]]) -> CTE | None:
    """Make spans a table of a query with the columns ``column1`` to ``column3``: number, first moment, end.

    ``spans`` has several for each number, which is their index. None without any spans. The numbers are written into
    the statement: as parameters they took SQLAlchemy 40 ms to compile for 92 days, where the query itself takes 10 ms.
    """
    rows = [f"({number},{span.from_ms},{span.to_ms})" for number, ones in enumerate(spans) for span in ones]
    if not rows:
        return None
    numbers = text(f"VALUES {','.join(rows)}")
    return numbers.columns(
        column("column1", Integer), column("column2", BigInteger), column("column3", BigInteger)
    ).cte("spans")


def within(moment: ColumnElement[int], spans: CTE) -> ColumnElement[bool]:
    """Say that a moment lies in a span of the table."""
    return (moment >= spans.c.column2) & (moment < spans.c.column3)


def _sum(amount: ColumnElement[int]) -> ColumnElement[int]:
    # PostgreSQL's sums are decimals.
    return cast(func.sum(amount), BigInteger)


def _of_rollups(table: Table, key_id: int, spans: CTE) -> Select[Any]:
    return (
        select(spans.c.column1, table.c.model_id, *[_sum(table.c[name]) for name in _NAMES])
        .join_from(spans, table, within(table.c.slot_ms, spans))
        .where(table.c.key_id == key_id)
        .group_by(spans.c.column1, table.c.model_id)
    )


def _of_log(key_id: int, spans: CTE) -> Select[Any]:
    row = inferences.c
    amounts = [_sum(_OF_ROW[name] if name in _OF_ROW else row[name]) for name in _NAMES]
    return (
        select(spans.c.column1, row.model_id, *amounts)
        .join_from(spans, inferences, within(row.started_at_ms, spans))
        .where(row.key_id == key_id)
        .group_by(spans.c.column1, row.model_id)
    )
