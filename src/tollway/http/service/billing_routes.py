"""Balances, movements and auto top-up over HTTP."""

from decimal import Decimal
from typing import Annotated, Any

from litestar import Request, get, put
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Meta, Struct

from tollway.credits.statement import Direction, MovementType, StatementFilter
from tollway.flows.set_auto_top_up import AMOUNT_USD_MAX, AMOUNT_USD_MIN, THRESHOLD_USD_MAX, AutoTopUpChange
from tollway.http.service.access import ACCESS, Access, KeyCaller
from tollway.http.service.billing_views import (
    EXAMPLE_DETAIL,
    EXAMPLE_PLAN,
    EXAMPLE_TOP_UP,
    EXAMPLE_TRANSACTIONS,
    AutoTopUpAnswer,
    BillingBalance,
    BillingDetailAnswer,
    PlanBalance,
    TransactionPage,
    auto_top_up_answer,
    billing_detail,
    plan_balance,
    transaction_page,
)
from tollway.http.service.cursors import Cursor, own_cursor
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.moments import offset_moment_ms
from tollway.http.service.requests import query_error, read_json_with_amounts, refuse_unknown_parameters
from tollway.http.service.types import ServiceDependencies
from tollway.kit.money import usd_number
from tollway.wire.refusals import describe

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
KeyHolder = NamedDependency[SkipValidation[KeyCaller]]
PAGE_ENTRIES = 50
PAGE_ENTRIES_MAX = 100
_TAGS = ["Billing"]
_PARAMETERS = frozenset({"from", "to", "direction", "type", "limit", "cursor"})


_NO_KEY = refusal("The key is missing, unknown, disabled or deleted.")
_OPERATOR_KEY = refusal("Operator keys belong to no account's billing.")
_READING = {401: _NO_KEY, 403: _OPERATOR_KEY}

From = Annotated[
    str | None,
    QueryParameter(
        name="from", format="date-time", description="Keep movements from this moment on; ISO 8601 with an offset."
    ),
]
To = Annotated[
    str | None,
    QueryParameter(
        name="to", format="date-time", description="Keep movements before this moment, which must be later than `from`."
    ),
]
Limit = Annotated[
    int,
    QueryParameter(name="limit", ge=1, le=PAGE_ENTRIES_MAX, description="How many movements a page has at most."),
]
OneDirection = Annotated[
    Direction | None, QueryParameter(name="direction", description="Keep what came in, or what went out.")
]
OneType = Annotated[MovementType | None, QueryParameter(name="type", description="Keep movements of one kind.")]


class AutoTopUpBody(Struct, forbid_unknown_fields=True):
    """The wanted settings; a number that is left out stays as it was."""

    is_enabled: bool
    threshold: (
        Annotated[
            float, Meta(ge=0, le=THRESHOLD_USD_MAX, description="US dollars below which the balance is topped up.")
        ]
        | None
    ) = None
    amount: (
        Annotated[
            float,
            Meta(ge=AMOUNT_USD_MIN, le=AMOUNT_USD_MAX, description="US dollars to pay each time, in whole cents."),
        ]
        | None
    ) = None


def read_statement_filter(
    from_text: str | None, to_text: str | None, direction: Direction | None, movement_type: MovementType | None
) -> StatementFilter:
    """Read which movements a query asks for.

    Raises:
        InvalidQueryError: a moment is wrong, or the end is not after the beginning.
    """
    wanted = StatementFilter(
        from_ms=None if from_text is None else offset_moment_ms("from", from_text),
        to_ms=None if to_text is None else offset_moment_ms("to", to_text),
        direction=direction,
        type=movement_type,
    )
    if wanted.from_ms is not None and wanted.to_ms is not None and wanted.to_ms <= wanted.from_ms:
        raise query_error("to", f"a moment later than from ({from_text})", describe(to_text))
    return wanted


def auto_top_up_change(body: AutoTopUpBody, amounts: dict[str, Decimal]) -> AutoTopUpChange:
    """Read the wish for other settings; ``amounts`` are the body's numbers as they were written."""
    return AutoTopUpChange(
        is_enabled=body.is_enabled, threshold_usd=amounts.get("threshold"), amount_usd=amounts.get("amount")
    )


@get(
    "/v2/billing",
    tags=_TAGS,
    summary="Show the balance",
    opt={ACCESS: Access.ANY_KEY, DESCRIBED: Described(answer=BillingBalance(9.9998045, "USD"))},
    responses=_READING,
)
async def billing_balance(deps: Dependencies, caller: KeyHolder) -> BillingBalance:
    """Return the account's balance in US dollars. It is the posted one: calls under way have not been paid yet."""
    return BillingBalance(usd_number(await deps.billing.balance_credits(caller.account_id)), "USD")


@get(
    "/v2/billing/detail",
    tags=_TAGS,
    summary="Show the account with its balance and settings",
    opt={ACCESS: Access.ANY_KEY, DESCRIBED: Described(answer=EXAMPLE_DETAIL)},
    responses=_READING,
)
async def read_billing_detail(deps: Dependencies, caller: KeyHolder) -> BillingDetailAnswer:
    """Return whose key this is, the posted balance, and when the account is topped up by itself."""
    return billing_detail(await deps.billing.detail(caller.account_id))


@get(
    "/v1/billing/balance",
    tags=_TAGS,
    summary="Show the balance in credits",
    opt={ACCESS: Access.ANY_KEY, DESCRIBED: Described(answer=EXAMPLE_PLAN)},
    responses=_READING,
)
async def plan_status(deps: Dependencies, caller: KeyHolder) -> PlanBalance:
    """Return the posted balance in credits and how it is doing: current, low, past_due or exhausted."""
    return plan_balance(await deps.billing.state(caller.account_id), deps.clock.now_ms())


@get(
    "/v2/billing/transactions",
    tags=_TAGS,
    summary="List the movements of the balance",
    opt={ACCESS: Access.API_KEY, DESCRIBED: Described(answer=EXAMPLE_TRANSACTIONS)},
    responses={
        400: refusal("A query parameter is wrong, unknown or repeated."),
        401: _NO_KEY,
        403: refusal("Only API keys may read this."),
    },
)
async def list_transactions(  # noqa: PLR0913, PLR0917 - the query parameters of the contract
    request: Request[Any, Any, Any],
    deps: Dependencies,
    caller: KeyHolder,
    from_text: From = None,
    to_text: To = None,
    direction: OneDirection = None,
    movement_type: OneType = None,
    limit: Limit = PAGE_ENTRIES,
    cursor: Cursor = None,
) -> TransactionPage:
    """List every movement of the balance, newest first. Summed up with their signs they are the posted balance."""
    refuse_unknown_parameters(request, _PARAMETERS)
    wanted = read_statement_filter(from_text, to_text, direction, movement_type)
    with own_cursor(cursor):
        statement = await deps.billing.statement(caller.account_id, wanted, entries_max=limit, cursor=cursor)
    return transaction_page(statement)


@put(
    "/v2/billing/auto-top-up",
    tags=_TAGS,
    summary="Set the auto top-up",
    opt={
        ACCESS: Access.MANAGEMENT_KEY,
        DESCRIBED: Described(
            takes=AutoTopUpBody, example={"is_enabled": True, "threshold": 5, "amount": 20}, answer=EXAMPLE_TOP_UP
        ),
    },
    responses={
        400: refusal("The body is wrong."),
        401: _NO_KEY,
        403: refusal("Only management keys may change this."),
        409: refusal("No payment provider is configured, or no payment method is saved."),
        415: refusal("The body is not JSON."),
    },
)
async def set_auto_top_up(request: Request[Any, Any, Any], deps: Dependencies, caller: KeyHolder) -> AutoTopUpAnswer:
    """Choose below which balance the saved payment method is charged, and by how much; return the new settings."""
    body, amounts = await read_json_with_amounts(request, AutoTopUpBody)
    change = auto_top_up_change(body, amounts)
    return auto_top_up_answer(await deps.auto_top_up.set(caller.account_id, change, caller.actor))
