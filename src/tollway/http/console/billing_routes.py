"""An account's money over HTTP, for its owner."""

import re
from typing import Annotated, Any

from litestar import Request, get, post, put
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from tollway.http.console.statement_views import EXAMPLE_STATEMENT, StatementAnswer, statement_answer
from tollway.http.service.access import ACCESS, Access, SessionCaller
from tollway.http.service.billing_routes import (
    PAGE_ENTRIES,
    AutoTopUpBody,
    From,
    Limit,
    OneDirection,
    OneType,
    To,
    auto_top_up_change,
    read_statement_filter,
)
from tollway.http.service.billing_views import (
    EXAMPLE_DETAIL,
    EXAMPLE_PLAN,
    EXAMPLE_TOP_UP,
    EXAMPLE_TRANSACTIONS,
    AutoTopUpAnswer,
    BillingDetailAnswer,
    PlanBalance,
    TransactionPage,
    auto_top_up_answer,
    billing_detail,
    plan_balance,
    transaction_page,
)
from tollway.http.service.coupon_routes import (
    EXAMPLE_BODY,
    EXAMPLE_REDEMPTION,
    REFUSALS,
    RedemptionAnswer,
    RedemptionBody,
    redeemed,
)
from tollway.http.service.cursors import Cursor, own_cursor
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.payment_routes import (
    CHECKOUT_REFUSALS,
    EXAMPLE_CHECKOUT,
    EXAMPLE_CHECKOUT_BODY,
    CheckoutAnswer,
    CheckoutBody,
    begun,
)
from tollway.http.service.requests import query_error, read_json, read_json_with_amounts
from tollway.http.service.types import ServiceDependencies
from tollway.http.service.windows import Timezone, read_zone
from tollway.usage.calendar import month_span
from tollway.wire.refusals import describe

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Person = NamedDependency[SkipValidation[SessionCaller]]
_TAGS = ["Console: billing"]
_MONTH = re.compile(r"(19[7-9][0-9]|[2-8][0-9]{3})-(0[1-9]|1[0-2])", re.ASCII)
_WRONG_QUERY = {400: refusal("A query parameter is wrong, unknown or repeated.")}


@get(
    "/console/v1/billing",
    tags=_TAGS,
    summary="Show how the balance is doing",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=EXAMPLE_PLAN)},
)
async def owners_balance(deps: Dependencies, caller: Person) -> PlanBalance:
    """Return the posted balance in credits and how it is doing: current, low, past_due or exhausted."""
    return plan_balance(await deps.billing.state(caller.account_id), deps.clock.now_ms())


@get(
    "/console/v1/billing/detail",
    tags=_TAGS,
    summary="Show the balance and the settings",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=EXAMPLE_DETAIL)},
)
async def owners_billing_detail(deps: Dependencies, caller: Person) -> BillingDetailAnswer:
    """Return whose account this is, the posted balance, and when the account is topped up by itself."""
    return billing_detail(await deps.billing.detail(caller.account_id))


@get(
    "/console/v1/billing/transactions",
    tags=_TAGS,
    summary="List the movements of the owner's balance",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=EXAMPLE_TRANSACTIONS)},
    responses=_WRONG_QUERY,
)
async def list_owners_transactions(  # noqa: PLR0913, PLR0917 - the query parameters of the public endpoint
    deps: Dependencies,
    caller: Person,
    from_text: From = None,
    to_text: To = None,
    direction: OneDirection = None,
    movement_type: OneType = None,
    limit: Limit = PAGE_ENTRIES,
    cursor: Cursor = None,
) -> TransactionPage:
    """List every movement of the balance, newest first. Summed up with their signs they are the posted balance."""
    wanted = read_statement_filter(from_text, to_text, direction, movement_type)
    with own_cursor(cursor):
        statement = await deps.billing.statement(caller.account_id, wanted, entries_max=limit, cursor=cursor)
    return transaction_page(statement)


@get(
    "/console/v1/billing/statement",
    tags=_TAGS,
    summary="Show the statement of a month",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=EXAMPLE_STATEMENT)},
    responses=_WRONG_QUERY,
)
async def monthly_statement(
    deps: Dependencies,
    caller: Person,
    month: Annotated[
        str,
        QueryParameter(
            name="month",
            schema_extra={"pattern": f"^({_MONTH.pattern})$", "examples": ["2026-08"]},
            description="A calendar month that has begun, such as `2026-08`.",
        ),
    ],
    timezone: Timezone = "UTC",
) -> StatementAnswer:
    """Return how the balance went through a month: the opening and closing balance, and all that lies between them."""
    zone, found = read_zone("timezone", timezone), _MONTH.fullmatch(month)
    if found is None:
        raise query_error("month", "a month such as 2026-08", describe(month))
    span = month_span(int(found[1]), int(found[2]), zone)
    if span.from_ms > deps.clock.now_ms():
        raise query_error("month", "a month that has begun", describe(month))
    statement = await deps.month_statement.read(caller.account_id, span)
    return statement_answer(statement, caller.account_id, month, timezone, span)


@put(
    "/console/v1/billing/auto-top-up",
    tags=_TAGS,
    summary="Set the owner's auto top-up",
    opt={
        ACCESS: Access.SESSION,
        DESCRIBED: Described(
            takes=AutoTopUpBody, example={"is_enabled": True, "threshold": 5, "amount": 20}, answer=EXAMPLE_TOP_UP
        ),
    },
    responses={409: refusal("No payment provider is configured, or no payment method is saved.")},
)
async def set_owners_auto_top_up(
    request: Request[Any, Any, Any], deps: Dependencies, caller: Person
) -> AutoTopUpAnswer:
    """Choose below which balance the saved payment method is charged, and by how much; return the new settings."""
    body, amounts = await read_json_with_amounts(request, AutoTopUpBody)
    change = auto_top_up_change(body, amounts)
    return auto_top_up_answer(await deps.auto_top_up.set(caller.account_id, change, caller.actor))


@post(
    "/console/v1/billing/checkout",
    tags=_TAGS,
    summary="Begin a payment of the owner's",
    status_code=200,
    opt={
        ACCESS: Access.SESSION,
        DESCRIBED: Described(takes=CheckoutBody, example=EXAMPLE_CHECKOUT_BODY, answer=EXAMPLE_CHECKOUT),
    },
    responses=CHECKOUT_REFUSALS,
)
async def begin_owners_checkout(request: Request[Any, Any, Any], deps: Dependencies, caller: Person) -> CheckoutAnswer:
    """Make a page on which the account's owner pays; the credits come once the payment provider has the money."""
    deps.checkout_rate.take(caller.account_id)
    body, amounts = await read_json_with_amounts(request, CheckoutBody)
    return await begun(deps, caller, amounts["amount"], saves_method=body.save_method)


@post(
    "/console/v1/billing/coupons",
    tags=_TAGS,
    summary="Redeem a coupon for the owner",
    status_code=200,
    opt={
        ACCESS: Access.SESSION,
        DESCRIBED: Described(takes=RedemptionBody, example=EXAMPLE_BODY, answer=EXAMPLE_REDEMPTION),
    },
    responses=REFUSALS,
)
async def redeem_owners_coupon(request: Request[Any, Any, Any], deps: Dependencies, caller: Person) -> RedemptionAnswer:
    """Turn a coupon into credits of the account, once."""
    return await redeemed(deps, caller, await read_json(request, RedemptionBody))
