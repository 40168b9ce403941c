"""The shapes of an account's log, as JSON and as CSV."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from tollway.flows.read_account_logs import AccountLogPage
from tollway.http.service.log_views import EXAMPLE_LOG, LogCost, LogTokens, Origin, Status, log_entry
from tollway.kit.clock import MomentText
from tollway.kit.money import usd_text
from tollway.usage.types import InferenceRecord

CSV_COLUMNS = (
    "created",
    "status",
    "origin",
    "model",
    "key_prefix",
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "credits",
    "usd",
    "duration_ms",
    "ttft_ms",
    "finish_reason",
    "error_code",
    "inference_id",
    "client_request_id",
)
# What spreadsheets take for a formula; a tab or a line's end before it does not keep them from it.
_FORMULA = re.compile(r"[\s]*[=+\-@]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)


class OwnersCall(Struct, kw_only=True):
    """One call; ``error_code`` is that of a failed one, ``ttft_ms`` the time to the first piece of its answer."""

    created: MomentText
    status: Status
    origin: Origin
    model: str
    key_prefix: str
    cost: LogCost
    tokens: LogTokens
    duration_ms: int
    ttft_ms: int | None
    error_code: str | None
    inference_id: str
    client_request_id: str | None


class LogCursorPaging(Struct):
    """Whether more follows, and the cursor that leads there."""

    next_cursor: str | None
    has_more: bool


class OwnersLog(Struct):
    """A page of the account's log, newest first."""

    data: list[OwnersCall]
    pagination: LogCursorPaging


def owners_log(page: AccountLogPage) -> OwnersLog:
    """Show a page of the log."""
    paging = LogCursorPaging(page.next_cursor, page.next_cursor is not None)
    return OwnersLog([_call(record) for record in page.records], paging)


def csv_head() -> bytes:
    """Write the first line of a table of calls."""
    return _lines([CSV_COLUMNS])


def csv_lines(records: Iterable[InferenceRecord], zone: ZoneInfo) -> bytes:
    """Write calls as lines of a table by RFC 4180, their moments in a time zone.

    A cell that a spreadsheet would take for a formula, and that is no number, begins with an apostrophe.
    """
    return _lines([harmless(cell) for cell in _cells(record, zone)] for record in records)


def harmless(cell: str) -> str:
    """Keep a cell from being taken for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _cells(record: InferenceRecord, zone: ZoneInfo) -> tuple[str, ...]:
    created = datetime.fromtimestamp(record.started_at_ms / 1000, tz=zone).isoformat(timespec="milliseconds")
    return (
        created,
        record.status,
        record.origin,
        record.model_id,
        record.key_prefix,
        str(record.input_tokens),
        str(record.cached_input_tokens),
        str(record.output_tokens),
        str(record.reasoning_tokens),
        str(record.charged_credits),
        usd_text(record.charged_credits),
        str(record.finished_at_ms - record.started_at_ms),
        "" if record.ttft_ms is None else str(record.ttft_ms),
        record.finish_reason or "",
        record.error_code or "",
        record.inference_id,
        record.client_request_id or "",
    )


def _call(record: InferenceRecord) -> OwnersCall:
    entry = log_entry(record)
    return OwnersCall(
        created=entry.created,
        status=entry.status,
        origin=entry.origin,
        model=entry.model,
        key_prefix=record.key_prefix,
        cost=entry.cost,
        tokens=entry.tokens,
        duration_ms=record.finished_at_ms - record.started_at_ms,
        ttft_ms=record.ttft_ms,
        error_code=record.error_code,
        inference_id=record.inference_id,
        client_request_id=record.client_request_id,
    )


_EXAMPLE = EXAMPLE_LOG.data[0]
EXAMPLE_OWNERS_LOG = OwnersLog(
    [
        OwnersCall(
            created=_EXAMPLE.created,
            status=_EXAMPLE.status,
            origin=_EXAMPLE.origin,
            model=_EXAMPLE.model,
            key_prefix="twkAb3dE",
            cost=_EXAMPLE.cost,
            tokens=_EXAMPLE.tokens,
            duration_ms=9_000,
            ttft_ms=640,
            error_code=None,
            inference_id=_EXAMPLE.inference_id,
            client_request_id=_EXAMPLE.client_request_id,
        )
    ],
    LogCursorPaging(None, has_more=False),
)
