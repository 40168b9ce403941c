"""Coupons over HTTP, for the operator."""

from typing import Annotated, Any

from litestar import Request, get, patch, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import UNSET, Meta, Struct, UnsetType

from tollway.coupons.code import CODE_PATTERN
from tollway.coupons.service import CREDITS_LAST_DAYS_MAX, NOTE_LENGTH_MAX, USES_MAX
from tollway.coupons.types import CouponChange, NewCoupon
from tollway.http.operator.bodies import (
    AMOUNT_RULE,
    Credits,
    Moment,
    Usd,
    amount_credits,
    fields_of_body,
)
from tollway.http.operator.coupon_views import EXAMPLE_COUPON, CouponEntry, CouponList, coupon_entry
from tollway.http.service.access import ACCESS, Access, Caller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.moments import body_moment_ms
from tollway.http.service.requests import read_json
from tollway.http.service.types import ServiceDependencies

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Operator = NamedDependency[SkipValidation[Caller]]
PAGE_COUPONS = 50
PAGE_COUPONS_MAX = 200
OFFSET_MAX = 2**31 - 1
_TAGS = ["Operator: coupons"]
_PATH = "/admin/v1/coupons"
_UNKNOWN = refusal("There is no such coupon.")
Code = Annotated[str, PathParameter(description="The coupon's code, in small or capital letters.")]
Uses = Annotated[int, Meta(ge=1, le=USES_MAX, description="How many accounts may redeem it; null is any number.")]
Note = Annotated[str, Meta(max_length=NOTE_LENGTH_MAX, description="What it is for; only the operator sees it.")]


class NewCouponBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """The wish for a coupon; its amount is given in one of both units."""

    code: (
        Annotated[
            str,
            Meta(
                description="4 to 64 letters, digits and dashes; a random one is made without.",
                extra_json_schema={"pattern": CODE_PATTERN},
            ),
        ]
        | None
    ) = None
    credits: Credits | UnsetType = UNSET
    usd: Usd | UnsetType = UNSET
    uses_max: Uses | None = 1
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    credits_last_days: (
        Annotated[int, Meta(ge=1, le=CREDITS_LAST_DAYS_MAX, description="For how many days the credits can be spent.")]
        | None
    ) = None
    enabled: bool = True
    note: Note = ""


class CouponChangeBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change of a coupon; what is left out stays, and null takes a limit away."""

    enabled: bool | UnsetType = UNSET
    uses_max: Uses | UnsetType | None = UNSET
    valid_until: Moment | UnsetType | None = UNSET
    note: Note | UnsetType = UNSET


@get(
    _PATH,
    tags=_TAGS,
    summary="List the coupons",
    opt={ACCESS: Access.OPERATOR, DESCRIBED: Described(answer=CouponList("list", [EXAMPLE_COUPON], None))},
    responses={400: refusal("A query parameter is wrong.")},
)
async def list_coupons(
    deps: Dependencies,
    limit: Annotated[
        int, QueryParameter(name="limit", ge=1, le=PAGE_COUPONS_MAX, description="How many to list at most.")
    ] = PAGE_COUPONS,
    offset: Annotated[
        int, QueryParameter(name="offset", ge=0, le=OFFSET_MAX, description="How many of the newest to leave out.")
    ] = 0,
) -> CouponList:
    """List coupons with their uses, newest first."""
    found = await deps.operator.coupons.list_page(at_most=limit + 1, offset=offset)
    now_ms = deps.clock.now_ms()
    entries = [coupon_entry(used, now_ms) for used in found[:limit]]
    return CouponList("list", entries, offset + limit if len(found) > limit else None)


@post(
    _PATH,
    tags=_TAGS,
    summary="Make a coupon",
    status_code=201,
    opt={
        ACCESS: Access.OPERATOR,
        DESCRIBED: Described(
            takes=NewCouponBody,
            example={"code": "SUMMER-2026", "credits": 2_000_000, "uses_max": 100, "note": "For the summer fair"},
            rule=AMOUNT_RULE,
            answer=EXAMPLE_COUPON,
        ),
    },
    responses={409: refusal("The code is taken.")},
)
async def create_coupon(request: Request[Any, Any, Any], deps: Dependencies, caller: Operator) -> CouponEntry:
    """Make a coupon, which can be redeemed at once unless it begins later."""
    body = await read_json(request, NewCouponBody)
    new = NewCoupon(
        code=body.code,
        amount_credits=amount_credits(body.credits, body.usd, await request.body()),
        uses_max=body.uses_max,
        valid_from_ms=_moment_ms("valid_from", body.valid_from),
        valid_until_ms=_moment_ms("valid_until", body.valid_until),
        credits_last_days=body.credits_last_days,
        enabled=body.enabled,
        note=body.note,
    )
    with fields_of_body():
        used = await deps.operator.coupons.create(caller.actor, new)
    return coupon_entry(used, deps.clock.now_ms())


@get(
    _PATH + "/{code:str}",
    tags=_TAGS,
    summary="Show a coupon",
    opt={ACCESS: Access.OPERATOR, DESCRIBED: Described(answer=EXAMPLE_COUPON)},
    responses={404: _UNKNOWN},
)
async def show_coupon(deps: Dependencies, code: Code) -> CouponEntry:
    """Show one coupon with its uses."""
    return coupon_entry(await deps.operator.coupons.get(code), deps.clock.now_ms())


@patch(
    _PATH + "/{code:str}",
    tags=_TAGS,
    summary="Change a coupon",
    opt={
        ACCESS: Access.OPERATOR,
        DESCRIBED: Described(takes=CouponChangeBody, example={"uses_max": 100}, answer=EXAMPLE_COUPON),
    },
    responses={404: _UNKNOWN},
)
async def change_coupon(
    request: Request[Any, Any, Any], deps: Dependencies, caller: Operator, code: Code
) -> CouponEntry:
    """Disable or enable a coupon, or change how long and how often it can be redeemed. Amounts never change."""
    body = await read_json(request, CouponChangeBody)
    until = body.valid_until
    change = CouponChange(
        enabled=body.enabled,
        uses_max=body.uses_max,
        valid_until_ms=UNSET if until is UNSET else _moment_ms("valid_until", until),
        note=body.note,
    )
    with fields_of_body():
        used = await deps.operator.coupons.update(caller.actor, code, change)
    return coupon_entry(used, deps.clock.now_ms())


def _moment_ms(field: str, given: str | None) -> int | None:
    return None if given is None else body_moment_ms(field, given)
