"""The log of an account's calls, their receipts, and the log as a table, over HTTP, for its owner."""

from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from litestar.response import Stream

from tollway.flows.read_account_logs import AccountLogFilter
from tollway.http.console.log_views import EXAMPLE_OWNERS_LOG, OwnersLog, csv_head, csv_lines, owners_log
from tollway.http.console.usage_routes import REFUSALS, OneKey
from tollway.http.service.access import ACCESS, Access, SessionCaller
from tollway.http.service.cursors import Cursor, own_cursor
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.log_routes import (
    PAGE_ENTRIES,
    InferenceId,
    Limit,
    LogStatus,
    Models,
    Statuses,
    refuse_too_many_models,
)
from tollway.http.service.log_views import EXAMPLE_RECEIPT, ReceiptAnswer, receipt_answer
from tollway.http.service.types import ServiceDependencies
from tollway.http.service.windows import End, Period, Start, Timezone, read_window, read_zone
from tollway.usage.types import InferenceRecord

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Person = NamedDependency[SkipValidation[SessionCaller]]
EXPORT_ROWS_MAX = 100_000
EXPORTS_PER_MINUTE = 10
"""How often an account may fetch its log as a table; each time may read very many rows."""
_TAGS = ["Console: usage"]


class CallOrigin(StrEnum):
    """Where a call came from."""

    API = "api"
    PLAYGROUND = "playground"


OneOrigin = Annotated[
    CallOrigin | None,
    QueryParameter(name="origin", description="Keep calls with keys (`api`), or those of the playground."),
]


@get(
    "/console/v1/logs",
    tags=_TAGS,
    summary="List the account's calls",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=EXAMPLE_OWNERS_LOG)},
    responses=REFUSALS,
)
async def list_owners_calls(  # noqa: PLR0913, PLR0917 - each is a filter
    deps: Dependencies,
    caller: Person,
    period: Period = None,
    start: Start = None,
    end: End = None,
    key_prefix: OneKey = None,
    model: Models = None,
    status: Statuses = None,
    origin: OneOrigin = None,
    limit: Limit = PAGE_ENTRIES,
    cursor: Cursor = None,
) -> OwnersLog:
    """List the calls of all keys and of the playground that began in a window, newest first.

    A cursor keeps the window of the page that it came with. Calls under way and refused ones are not in the log.
    """
    wanted = _filter(key_prefix, model, status, origin)
    window = read_window(period, start, end, deps.clock.now_ms())
    with own_cursor(cursor):
        page = await deps.account_logs.page(caller.account_id, window, wanted, limit=limit, cursor=cursor)
    return owners_log(page)


@get(
    "/console/v1/logs/{inference_id:str}",
    tags=_TAGS,
    summary="Show the receipt of a call of the account's",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=EXAMPLE_RECEIPT)},
    responses={
        404: refusal("The account has no such call, it is still being answered, or its receipt is not kept any more.")
    },
)
async def show_owners_receipt(deps: Dependencies, caller: Person, inference_id: InferenceId) -> ReceiptAnswer:
    """Return how one bill came about: what was counted, at which prices, what was set aside, and who answered."""
    return receipt_answer(await deps.account_logs.receipt(caller.account_id, inference_id))


@get(
    "/console/v1/logs.csv",
    tags=_TAGS,
    summary="Fetch the account's calls as a table",
    media_type="text/csv",
    opt={
        ACCESS: Access.SESSION,
        DESCRIBED: Described(headers=("cache-control", "content-disposition")),
    },
    responses={
        **REFUSALS,
        429: refusal("The table was fetched too often; `Retry-After` says when to come again."),
    },
)
async def fetch_owners_calls(  # noqa: PLR0913, PLR0917 - each is a filter
    deps: Dependencies,
    caller: Person,
    period: Period = None,
    start: Start = None,
    end: End = None,
    key_prefix: OneKey = None,
    model: Models = None,
    status: Statuses = None,
    origin: OneOrigin = None,
    timezone: Timezone = "UTC",
) -> Stream:
    """Return the same calls as CSV (RFC 4180), newest first, at most 100,000 of them; `timezone` is for `created`.

    Text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    wanted, zone = _filter(key_prefix, model, status, origin), read_zone("timezone", timezone)
    window = read_window(period, start, end, deps.clock.now_ms())
    deps.export_rate.take(caller.account_id)
    pages = deps.account_logs.export(caller.account_id, window, wanted, at_most=EXPORT_ROWS_MAX)
    # Whatever is refused is refused here, before the answer has begun.
    first = await anext(pages)
    headers = {"cache-control": "no-store", "content-disposition": 'attachment; filename="tollway-logs.csv"'}
    return Stream(_table(first, pages, zone), media_type="text/csv", headers=headers)


async def _table(
    first: Sequence[InferenceRecord], pages: AsyncIterator[Sequence[InferenceRecord]], zone: ZoneInfo
) -> AsyncIterator[bytes]:
    yield csv_head() + csv_lines(first, zone)
    async for page in pages:
        yield csv_lines(page, zone)


def _filter(
    key_prefix: str | None, models: list[str] | None, statuses: list[LogStatus] | None, origin: CallOrigin | None
) -> AccountLogFilter:
    refuse_too_many_models(models)
    return AccountLogFilter(
        prefix=key_prefix,
        models=None if models is None else tuple(models),
        statuses=None if statuses is None else tuple(statuses),
        origin=origin,
    )
