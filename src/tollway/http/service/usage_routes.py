"""What keys have used, over HTTP."""

from enum import StrEnum
from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from tollway.flows.read_usage import Grouping
from tollway.http.service.access import ACCESS, Access, KeyCaller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.requests import query_error, refuse_unknown_parameters
from tollway.http.service.types import ServiceDependencies
from tollway.http.service.usage_views import (
    EXAMPLE_TOTAL,
    EXAMPLE_USAGE,
    UsageDetail,
    UsageTotal,
    usage_detail,
    usage_total,
)
from tollway.http.service.windows import End, Period, Start, read_window, read_zone

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
KeyHolder = NamedDependency[SkipValidation[KeyCaller]]
KeyPrefix = Annotated[
    str | None,
    QueryParameter(
        name="key_prefix",
        description="Prefix of the key to report on; the calling key where it is left out. Another key than the "
        "calling one needs a management key of the same account.",
    ),
]
UTC = "UTC"
_WINDOW = frozenset({"period", "start", "end", "key_prefix"})
_BREAKDOWN = frozenset({"group_by", "tz"})


REFUSALS = {
    400: refusal("A query parameter is wrong, unknown or repeated."),
    401: refusal("The key is missing, unknown, disabled or deleted."),
    403: refusal("The prefix is another key's and the caller is no management key, or it is an operator key."),
    404: refusal("The account never had a key of this prefix."),
}


class GroupBy(StrEnum):
    """By what the groups are made."""

    DAY = "day"
    MODEL = "model"
    DAY_AND_MODEL = "day,model"


@get(
    "/v2/usage",
    tags=["Usage"],
    summary="Sum up a key's usage",
    opt={ACCESS: Access.ANY_KEY, DESCRIBED: Described(answer=EXAMPLE_TOTAL)},
    responses=REFUSALS,
)
async def total_usage(  # noqa: PLR0913, PLR0917 - the query parameters of the contract
    request: Request[Any, Any, Any],
    deps: Dependencies,
    caller: KeyHolder,
    period: Period = None,
    start: Start = None,
    end: End = None,
    key_prefix: KeyPrefix = None,
) -> UsageTotal:
    """Return what a key has spent in a window. Calls count in the window in which they began."""
    for name in sorted(_BREAKDOWN & set(request.query_params)):
        raise query_error(name, "no breakdown here (ask /v2/usage/detail for one)", "a parameter of /v2/usage/detail")
    refuse_unknown_parameters(request, _WINDOW)
    window = read_window(period, start, end, deps.clock.now_ms())
    return usage_total(await deps.usage.total(caller.entry, window, key_prefix), window, key_prefix)


@get(
    "/v2/usage/detail",
    tags=["Usage"],
    summary="Break down a key's usage",
    opt={ACCESS: Access.ANY_KEY, DESCRIBED: Described(answer=EXAMPLE_USAGE)},
    responses=REFUSALS,
)
async def detailed_usage(  # noqa: PLR0913, PLR0917 - the query parameters of the contract
    request: Request[Any, Any, Any],
    deps: Dependencies,
    caller: KeyHolder,
    period: Period = None,
    start: Start = None,
    end: End = None,
    key_prefix: KeyPrefix = None,
    group_by: Annotated[
        GroupBy | None, QueryParameter(name="group_by", description="Adds `groups`, made by day, by model or by both.")
    ] = None,
    tz: Annotated[
        str,
        QueryParameter(
            name="tz",
            description="Whose days are meant: the name of a time zone in the IANA database, in its exact spelling, "
            "such as `Europe/Berlin`. `start` and `end` stay UTC.",
        ),
    ] = UTC,
) -> UsageDetail:
    """Return what a key has spent in a window by model, highest spend first, and in groups where asked for."""
    refuse_unknown_parameters(request, _WINDOW | _BREAKDOWN)
    window = read_window(period, start, end, deps.clock.now_ms())
    grouping = _grouping(group_by, tz)
    report = await deps.usage.report(caller.entry, window, key_prefix, grouping)
    return usage_detail(report, window, key_prefix)


def _grouping(group_by: GroupBy | None, zone_name: str) -> Grouping | None:
    zone = read_zone("tz", zone_name)
    if group_by is None:
        return None
    return Grouping(by_day_in=None if group_by is GroupBy.MODEL else zone, by_model=group_by is not GroupBy.DAY)
