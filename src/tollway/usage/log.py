"""Pages of the usage log, newest first, at any depth.

Roll-ups tell how many rows lie in each slot. So the total is a sum over them, and the rows of a page are read in the
few slots that hold them: a page in the middle of ten million rows costs what the first one costs.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, RowMapping, Table, func, literal, select, true

from tollway.kit.clock import DAY_MS
from tollway.usage.report import HAS_FAILED, of_keys, spans_table, within
from tollway.usage.slots import Span, cut, narrow_slot, wide_slot
from tollway.usage.tables import inferences, usage_rollups, usage_wide_rollups
from tollway.usage.types import WIDE_SLOT_MS, AttemptRecord, InferenceRecord

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

SUCCEEDED, FAILED = "succeeded", "failed"
_FIRST_PART_MS = 2 * DAY_MS


class LogFilter(Struct, frozen=True, kw_only=True):
    """Which rows to keep of the log.

    Attributes:
        key_ids: of these keys.
        span: when the inferences started.
        model_ids: of these models; None is any.
        statuses: that ended so: ``succeeded``, ``failed`` or both.
    """

    key_ids: Collection[int]
    span: Span
    model_ids: frozenset[str] | None = None
    statuses: frozenset[str] = frozenset({SUCCEEDED, FAILED})


class LogPage(Struct, frozen=True):
    """Some rows of the log, newest first, and how many there are on all pages."""

    records: tuple[InferenceRecord, ...]
    total: int


class LogPlace(Struct, frozen=True):
    """A place in the log: that of one inference."""

    started_at_ms: int
    inference_id: str


class _Piece(Struct, frozen=True):
    """A span and how many of the wanted rows are in it; ``is_wide`` where roll-ups of 15 minutes tell more."""

    span: Span
    count: int
    is_wide: bool = False


async def read_page(
    connection: "AsyncConnection", wanted: LogFilter, *, kept_from_ms: int, limit: int, offset: int
) -> LogPage:
    """Read the page that begins after ``offset`` rows; rows from before ``kept_from_ms`` count as gone."""
    pieces = await _count(connection, wanted, _kept(wanted.span, kept_from_ms), kept_from_ms)
    rows = await _read_pieces(connection, wanted, pieces, limit=limit, offset=offset)
    return LogPage(tuple(map(record_of, rows)), sum(piece.count for piece in pieces))


async def read_after(
    connection: "AsyncConnection", wanted: LogFilter, *, kept_from_ms: int, limit: int, after: LogPlace | None = None
) -> tuple[InferenceRecord, ...]:
    """Read rows, newest first, from the newest one on or from a place on, itself not included.

    The window is looked at from its end on, in parts that grow: most pages are full after the first one.
    """
    span = _kept(wanted.span, kept_from_ms)
    rows: list[RowMapping] = []
    if after is not None:
        if after.started_at_ms < span.from_ms:
            # What followed it is not kept any more.
            return ()
        # Others of the same millisecond have greater and smaller ids.
        beside = (Span(after.started_at_ms, after.started_at_ms + 1),)
        rows += await _read_rows(connection, wanted, beside, limit=limit, below_id=after.inference_id)
        span = Span(span.from_ms, after.started_at_ms)
    for part in _newest_first(span):
        if len(rows) >= limit:
            break
        pieces = await _count(connection, wanted, part, kept_from_ms)
        rows += await _read_pieces(connection, wanted, pieces, limit=limit - len(rows))
    return tuple(map(record_of, rows))


async def find_record(connection: "AsyncConnection", inference_id: str) -> InferenceRecord | None:
    """Find an inference in the log by its id."""
    query = select(inferences).where(inferences.c.inference_id == inference_id)
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else record_of(row)


def record_of(row: RowMapping) -> InferenceRecord:
    """Read a row of the log."""
    attempts = msgspec.json.decode(row["attempts"], type=tuple[AttemptRecord, ...])
    return InferenceRecord(**{**row, "attempts": attempts})


def _kept(span: Span, kept_from_ms: int) -> Span:
    return Span(max(span.from_ms, kept_from_ms), max(span.to_ms, kept_from_ms))


def _newest_first(span: Span) -> Iterator[Span]:
    """Cut a span into parts that each reach four times as far back as the one before."""
    to_ms, length_ms = span.to_ms, _FIRST_PART_MS
    while to_ms > span.from_ms:
        # Whole slots need no rows to be counted.
        from_ms = max(span.from_ms, (to_ms - length_ms) // WIDE_SLOT_MS * WIDE_SLOT_MS)
        yield Span(from_ms, to_ms)
        to_ms, length_ms = from_ms, length_ms * 4


async def _count(connection: "AsyncConnection", wanted: LogFilter, span: Span, kept_from_ms: int) -> list[_Piece]:
    """Tell where in a span how many of the wanted rows are."""
    cut_span = cut(span, kept_from_ms)
    return [
        *await _count_slots(connection, usage_wide_rollups, wanted, cut_span.wide),
        *await _count_slots(connection, usage_rollups, wanted, cut_span.narrow),
        *[_Piece(rows, await _count_rows(connection, wanted, rows)) for rows in cut_span.rows],
    ]


async def _read_pieces(
    connection: "AsyncConnection", wanted: LogFilter, pieces: Sequence[_Piece], *, limit: int, offset: int = 0
) -> Sequence[RowMapping]:
    """Read a page in the pieces that hold it."""
    holding, skipped = _holding(pieces, limit, offset)
    wide = [piece.span for piece in holding if piece.is_wide]
    finer = [
        *[piece for piece in holding if not piece.is_wide],
        *await _count_slots(connection, usage_rollups, wanted, wide),
    ]
    holding, skipped_more = _holding(finer, limit, offset - skipped)
    spans = [piece.span for piece in holding]
    return await _read_rows(connection, wanted, spans, limit=limit, offset=offset - skipped - skipped_more)


def _holding(pieces: Iterable[_Piece], limit: int, offset: int) -> tuple[list[_Piece], int]:
    """Pick the pieces that hold a page, and say how many rows lie in those before it that are left out."""
    picked: list[_Piece] = []
    passed = skipped = 0
    for piece in sorted(pieces, key=lambda piece: piece.span.from_ms, reverse=True):
        if passed + piece.count <= offset:
            skipped += piece.count
        elif passed < offset + limit:
            picked.append(piece)
        passed += piece.count
    return picked, skipped


async def _count_slots(
    connection: "AsyncConnection", table: Table, wanted: LogFilter, spans: Sequence[Span]
) -> list[_Piece]:
    """Count the wanted rows of each slot within spans; slots without any are left out."""
    is_wide = table is usage_wide_rollups
    slot = wide_slot if is_wide else narrow_slot
    counted = sum((table.c[status] for status in sorted(wanted.statuses)), start=literal(0))
    places = spans_table([spans])
    if places is None:
        return []
    query = (
        select(table.c.slot_ms, func.sum(counted))
        .join_from(places, table, within(table.c.slot_ms, places))
        .where(of_keys(table, wanted.key_ids), _of_models(table, wanted))
        .group_by(table.c.slot_ms)
    )
    return [_Piece(slot(slot_ms), int(count), is_wide) for slot_ms, count in await connection.execute(query) if count]


async def _count_rows(connection: "AsyncConnection", wanted: LogFilter, span: Span) -> int:
    query = select(func.count()).select_from(inferences).where(*_conditions(wanted), *_lies_in(span))
    return int(await connection.scalar(query) or 0)


async def _read_rows(  # noqa: PLR0913 - What a page is made by, half of it optional.
    connection: "AsyncConnection",
    wanted: LogFilter,
    spans: Sequence[Span],
    *,
    limit: int,
    offset: int = 0,
    below_id: str | None = None,
) -> Sequence[RowMapping]:
    row = inferences.c
    places = spans_table([spans])
    if places is None:
        return ()
    query = (
        select(inferences)
        .join_from(places, inferences, within(row.started_at_ms, places))
        .where(*_conditions(wanted))
        .order_by(row.started_at_ms.desc(), row.inference_id.desc())
        .limit(limit)
        .offset(offset)
    )
    if below_id is not None:
        query = query.where(row.inference_id < below_id)
    return (await connection.execute(query)).mappings().all()


def _conditions(wanted: LogFilter) -> tuple[ColumnElement[bool], ...]:
    conditions = [of_keys(inferences, wanted.key_ids), _of_models(inferences, wanted)]
    if wanted.statuses == {SUCCEEDED}:
        conditions.append(~HAS_FAILED)
    elif wanted.statuses == {FAILED}:
        conditions.append(HAS_FAILED)
    return tuple(conditions)


def _lies_in(span: Span) -> tuple[ColumnElement[bool], ...]:
    return inferences.c.started_at_ms >= span.from_ms, inferences.c.started_at_ms < span.to_ms


def _of_models(table: Table, wanted: LogFilter) -> ColumnElement[Any]:
    return true() if wanted.model_ids is None else table.c.model_id.in_(sorted(wanted.model_ids))
