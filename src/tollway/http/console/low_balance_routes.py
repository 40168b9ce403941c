"""Notices of a low balance, over HTTP."""

from typing import Annotated, Any

from litestar import Request, Response, get, put
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Meta, Struct

from tollway.flows.low_balance import LowBalanceNotice
from tollway.http.console.session_routes import TAGS
from tollway.http.service.access import ACCESS, Access, SessionCaller
from tollway.http.service.described import DESCRIBED, Described
from tollway.http.service.requests import read_json
from tollway.http.service.types import ServiceDependencies
from tollway.kit.clock import MomentText, iso_utc

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Person = NamedDependency[SkipValidation[SessionCaller]]
_PLACE = "/console/v1/billing/low-balance-notice"
_THRESHOLD_CREDITS_MAX = 2**53


class LowBalanceBody(Struct, forbid_unknown_fields=True):
    """Below how many credits the owner is told; null is never."""

    threshold_credits: (
        Annotated[int, Meta(ge=1, le=_THRESHOLD_CREDITS_MAX, description="2,000,000 credits are 1 USD.")] | None
    )


class LowBalanceAnswer(Struct):
    """What is chosen, and how things are.

    ``low_since`` is when the balance was found below the threshold, null while it is not. ``mail`` says whether this
    server sends mail, so that its owner is told.
    """

    threshold_credits: int | None
    low_since: MomentText | None
    mail: bool


_EXAMPLE = LowBalanceAnswer(1_000_000, None, mail=True)


@get(
    _PLACE,
    tags=TAGS,
    summary="Show when one is told of a low balance",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=_EXAMPLE, headers=("cache-control",))},
)
async def show_low_balance_notice(deps: Dependencies, caller: Person) -> Response[LowBalanceAnswer]:
    """Return the account's threshold, and whether its balance is below it."""
    found = await deps.console.low_balance.get(caller.account_id)
    return Response(_answer(deps, found), headers={"cache-control": "no-store"})


@put(
    _PLACE,
    tags=TAGS,
    summary="Choose when one is told of a low balance",
    opt={
        ACCESS: Access.SESSION,
        DESCRIBED: Described(takes=LowBalanceBody, example={"threshold_credits": 1_000_000}, answer=_EXAMPLE),
    },
)
async def set_low_balance_notice(
    request: Request[Any, Any, Any], deps: Dependencies, caller: Person
) -> Response[LowBalanceAnswer]:
    """Have the account's owner told by mail, once, when the balance falls below a number of credits."""
    given = await read_json(request, LowBalanceBody)
    found = await deps.console.low_balance.set(caller.actor, caller.account_id, given.threshold_credits)
    return Response(_answer(deps, found))


def _answer(deps: ServiceDependencies, found: LowBalanceNotice) -> LowBalanceAnswer:
    low_since = None if found.low_since_ms is None else iso_utc(found.low_since_ms)
    return LowBalanceAnswer(found.threshold_credits, low_since, mail=deps.console.sends_mail)
