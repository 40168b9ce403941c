"""What an account has used, over HTTP, for its owner."""

from enum import StrEnum
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from tollway.flows.read_usage import Grouping
from tollway.http.console.usage_views import (
    EXAMPLE_DETAIL,
    EXAMPLE_TOTAL,
    OwnersUsage,
    OwnersUsageDetail,
    owners_usage,
    owners_usage_detail,
)
from tollway.http.service.access import ACCESS, Access, SessionCaller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.types import ServiceDependencies
from tollway.http.service.windows import End, Period, Start, Timezone, read_window, read_zone

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Person = NamedDependency[SkipValidation[SessionCaller]]
OneKey = Annotated[
    str | None,
    QueryParameter(
        name="key_prefix", description="Prefix of the one key to report on, deleted or not; all keys where left out."
    ),
]
_TAGS = ["Console: usage"]
REFUSALS = {
    400: refusal("A query parameter is wrong, unknown or repeated."),
    404: refusal("The account never had a key of this prefix."),
}


class OwnersGroupBy(StrEnum):
    """By what the groups are made."""

    DAY = "day"
    MODEL = "model"
    KEY = "key"
    DAY_AND_MODEL = "day,model"
    DAY_AND_KEY = "day,key"
    MODEL_AND_KEY = "model,key"
    ALL = "day,model,key"


@get(
    "/console/v1/usage",
    tags=_TAGS,
    summary="Sum up the account's usage",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=EXAMPLE_TOTAL)},
    responses=REFUSALS,
)
async def owners_total_usage(  # noqa: PLR0913, PLR0917 - the query parameters of the public endpoint
    deps: Dependencies,
    caller: Person,
    period: Period = None,
    start: Start = None,
    end: End = None,
    key_prefix: OneKey = None,
) -> OwnersUsage:
    """Return what all keys of the account, and its playground, have spent in a window, in which the calls began."""
    window = read_window(period, start, end, deps.clock.now_ms())
    return owners_usage(await deps.usage.account_report(caller.account_id, window, key_prefix), window, key_prefix)


@get(
    "/console/v1/usage/detail",
    tags=_TAGS,
    summary="Break down the account's usage",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=EXAMPLE_DETAIL)},
    responses=REFUSALS,
)
async def owners_detailed_usage(  # noqa: PLR0913, PLR0917 - the query parameters of the public endpoint, and a key's
    deps: Dependencies,
    caller: Person,
    period: Period = None,
    start: Start = None,
    end: End = None,
    key_prefix: OneKey = None,
    group_by: Annotated[
        OwnersGroupBy | None,
        QueryParameter(name="group_by", description="Adds `groups`, made by day, by model, by key, or by several."),
    ] = None,
    timezone: Timezone = "UTC",
) -> OwnersUsageDetail:
    """Return what the account has spent in a window by model, highest spend first, and in groups where asked for."""
    zone = read_zone("timezone", timezone)
    window = read_window(period, start, end, deps.clock.now_ms())
    grouping = None
    if group_by is not None:
        parts = group_by.split(",")
        grouping = Grouping(zone if "day" in parts else None, by_model="model" in parts, by_key="key" in parts)
    report = await deps.usage.account_report(caller.account_id, window, key_prefix, grouping)
    return owners_usage_detail(report, window, key_prefix)
