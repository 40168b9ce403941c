"""Payments over HTTP, for the operator."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from tollway.http.operator.account_routes import ACCOUNT_ID_MAX
from tollway.http.operator.bodies import fields_of_body
from tollway.http.operator.payment_views import EXAMPLE_PAYMENT, PaymentEntry, PaymentList, payment_entry
from tollway.http.service.access import ACCESS, Access, Caller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.requests import read_json_with_amounts
from tollway.http.service.types import ServiceDependencies
from tollway.payments.types import PaymentStatus

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Operator = NamedDependency[SkipValidation[Caller]]
PAGE_PAYMENTS = 50
PAGE_PAYMENTS_MAX = 200
_TAGS = ["Operator: payments"]
_PATH = "/admin/v1/payments"
_PAYMENT_ID = "^[A-Za-z0-9_-]{1,32}$"


class RefundBody(Struct, forbid_unknown_fields=True):
    """How much to give back; without an amount, all that is left."""

    amount: (
        Annotated[
            float,
            Meta(description="US dollars, in whole cents.", extra_json_schema={"exclusiveMinimum": 0}),
        ]
        | None
    ) = None


@get(
    _PATH,
    tags=_TAGS,
    summary="List the payments",
    opt={ACCESS: Access.OPERATOR, DESCRIBED: Described(answer=PaymentList("list", [EXAMPLE_PAYMENT], None))},
    responses={400: refusal("A query parameter is wrong.")},
)
async def list_payments(
    deps: Dependencies,
    limit: Annotated[
        int, QueryParameter(name="limit", ge=1, le=PAGE_PAYMENTS_MAX, description="How many to list at most.")
    ] = PAGE_PAYMENTS,
    before: Annotated[
        str | None,
        QueryParameter(name="before", pattern=_PAYMENT_ID, description="`next_before` of the page before, to go on."),
    ] = None,
    account_id: Annotated[
        int | None,
        QueryParameter(name="account_id", ge=1, le=ACCOUNT_ID_MAX, description="Keep payments of an account."),
    ] = None,
    status: Annotated[
        PaymentStatus | None, QueryParameter(name="status", description="Keep payments that have come so far.")
    ] = None,
) -> PaymentList:
    """List payments with what became of them, newest first."""
    found = await deps.operator.payments.page(at_most=limit + 1, before_id=before, account=account_id, status=status)
    page = [payment_entry(payment) for payment in found[:limit]]
    return PaymentList("list", page, page[-1].id if len(found) > limit else None)


@post(
    _PATH + "/{payment_id:str}/refund",
    tags=_TAGS,
    summary="Give a payment back",
    status_code=200,
    opt={
        ACCESS: Access.OPERATOR,
        DESCRIBED: Described(takes=RefundBody, is_optional=True, example={"amount": 5}, answer=EXAMPLE_PAYMENT),
    },
    responses={
        400: refusal("The body is wrong, or the amount is more than is left of the payment."),
        404: refusal("There is no such payment."),
        409: refusal("The payment was never paid, or nothing is left of it, or no payment provider is configured."),
        502: refusal("The payment provider does not do it; nothing was given back."),
        503: refusal("The payment provider gave no answer; the same request can be sent again, and is done once."),
    },
)
async def refund_payment(
    request: Request[Any, Any, Any],
    deps: Dependencies,
    caller: Operator,
    payment_id: Annotated[str, PathParameter(description="The payment's id.")],
) -> PaymentEntry:
    """Give a payment back, or a part of it, and take back the credits that it brought, as far as they are there."""
    _, amounts = await read_json_with_amounts(request, RefundBody, allow_empty=True)
    with fields_of_body():
        payment = await deps.operator.refunds.refund(caller.actor, payment_id, amounts.get("amount"))
    return payment_entry(payment)
