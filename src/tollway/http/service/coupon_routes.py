"""Redeeming coupons over HTTP."""

from typing import Annotated, Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Meta, Struct

from tollway.coupons.errors import WrongCouponFieldError
from tollway.http.service.access import ACCESS, Access, Caller, KeyCaller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.requests import read_json
from tollway.http.service.types import ServiceDependencies
from tollway.kit.clock import MomentText, iso_utc
from tollway.kit.money import usd_number
from tollway.wire.refusals import field_error

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
KeyHolder = NamedDependency[SkipValidation[KeyCaller]]


class RedemptionBody(Struct, forbid_unknown_fields=True):
    """The code of a coupon, in small or capital letters."""

    code: Annotated[
        str, Meta(description="4 to 64 letters, digits and dashes.", extra_json_schema={"examples": ["SUMMER-2026"]})
    ]


class RedemptionAnswer(Struct):
    """What the coupon has brought; ``expires_at`` is when what is left of it goes, null is never."""

    code: str
    credits: int
    usd: float
    balance_credits: int
    expires_at: MomentText | None


EXAMPLE_BODY = {"code": "SUMMER-2026"}
EXAMPLE_REDEMPTION = RedemptionAnswer("SUMMER-2026", 2_000_000, 1.0, 22_000_000, None)
REFUSALS = {
    400: refusal("The body is wrong, or the code has no form that a code can have."),
    404: refusal("There is no such coupon, or none that can be redeemed at present."),
    409: refusal("The account has redeemed it before, it is used up, or it has expired."),
    429: refusal("Too many wrong codes; `Retry-After` says when to come again."),
    503: refusal("The books cannot be written at present; nothing was changed."),
}


@post(
    "/v2/billing/coupons",
    tags=["Billing"],
    summary="Redeem a coupon",
    status_code=200,
    opt={
        ACCESS: Access.MANAGEMENT_KEY,
        DESCRIBED: Described(
            takes=RedemptionBody,
            example=EXAMPLE_BODY,
            answer=EXAMPLE_REDEMPTION,
        ),
    },
    responses=REFUSALS,
)
async def redeem_coupon(request: Request[Any, Any, Any], deps: Dependencies, caller: KeyHolder) -> RedemptionAnswer:
    """Turn a coupon into credits of the account, once."""
    body = await read_json(request, RedemptionBody)
    return await redeemed(deps, caller, body)


async def redeemed(deps: ServiceDependencies, caller: Caller, body: RedemptionBody) -> RedemptionAnswer:
    """Redeem a coupon for the caller's account.

    Raises:
        InvalidBodyError: no coupon can have such a code.
        ExpectedError: as `RedeemCoupon.redeem` does.
    """
    try:
        done = await deps.redeem_coupon.redeem(caller.actor, caller.account_id, body.code)
    except WrongCouponFieldError as error:
        raise field_error(error.field, error.expected, error.received) from error
    return RedemptionAnswer(
        code=done.code,
        credits=done.amount_credits,
        usd=usd_number(done.amount_credits),
        balance_credits=done.balance_credits,
        expires_at=None if done.expires_at_ms is None else iso_utc(done.expires_at_ms),
    )
