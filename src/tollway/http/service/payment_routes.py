"""Paying, and hearing from whoever takes the money, over HTTP."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, SkipValidation
from msgspec import Meta, Struct

from tollway.flows.set_auto_top_up import AMOUNT_USD_MAX, AMOUNT_USD_MIN
from tollway.http.service.access import ACCESS, Access, Caller, KeyCaller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.requests import read_json_with_amounts, read_signed
from tollway.http.service.types import ServiceDependencies
from tollway.kit.money import CENTS_PER_USD
from tollway.payments.types import PaymentStatus

CHECKOUTS_PER_MINUTE = 10
"""How often an account may begin to pay; each time leaves a payment and asks the provider."""
Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
KeyHolder = NamedDependency[SkipValidation[KeyCaller]]
_TAGS = ["Billing"]


class CheckoutBody(Struct, forbid_unknown_fields=True):
    """What is to be paid, and whether the payment method may be used again."""

    amount: Annotated[
        float, Meta(ge=AMOUNT_USD_MIN, le=AMOUNT_USD_MAX, description="US dollars to pay, in whole cents.")
    ]
    save_method: Annotated[
        bool, Meta(description="Whether the payer is asked to agree to automatic payments, which auto top-up needs.")
    ] = False


class CheckoutAnswer(Struct):
    """A payment that waits for the payer; ``url`` is where to send them. Nothing is credited before they have paid."""

    payment_id: str
    url: str
    amount: float
    currency: Literal["USD"]
    status: PaymentStatus


class EventAnswer(Struct):
    """The event was dealt with."""

    received: bool


EXAMPLE_CHECKOUT_BODY = {"amount": 25, "save_method": True}
EXAMPLE_CHECKOUT = CheckoutAnswer(
    payment_id="payment-MfqH2cWm0vYc9dKq1sT_x",
    url="https://checkout.stripe.com/c/pay/cs_a1",
    amount=25.0,
    currency="USD",
    status=PaymentStatus.OPEN,
)
CHECKOUT_REFUSALS = {
    400: refusal("The body is wrong."),
    409: refusal("No payment provider is configured."),
    429: refusal("The account begins to pay too often; `Retry-After` says when to come again."),
    502: refusal("The payment provider refused this server."),
    503: refusal("The payment provider does not answer at present."),
}


@post(
    "/v2/billing/checkout",
    tags=_TAGS,
    summary="Begin a payment",
    status_code=200,
    opt={
        ACCESS: Access.MANAGEMENT_KEY,
        DESCRIBED: Described(
            takes=CheckoutBody,
            example=EXAMPLE_CHECKOUT_BODY,
            answer=EXAMPLE_CHECKOUT,
        ),
    },
    responses=CHECKOUT_REFUSALS,
)
async def begin_checkout(request: Request[Any, Any, Any], deps: Dependencies, caller: KeyHolder) -> CheckoutAnswer:
    """Make a page on which the account's owner pays; the credits come once the payment provider has the money."""
    deps.checkout_rate.take(caller.account_id)
    body, amounts = await read_json_with_amounts(request, CheckoutBody)
    return await begun(deps, caller, amounts["amount"], saves_method=body.save_method)


@post(
    "/v2/billing/webhooks/stripe",
    tags=_TAGS,
    summary="Receive an event of Stripe's",
    status_code=200,
    opt={ACCESS: Access.PUBLIC, DESCRIBED: Described(answer=EventAnswer(received=True))},
    responses={
        400: refusal("The signature is missing, wrong or old, or the event has a form that is not known."),
        404: refusal("No payment provider is configured."),
        409: refusal("The event contradicts what is stored of the payment; nothing was credited."),
        503: refusal("The books cannot be written at present; Stripe sends the event again."),
    },
)
async def receive_stripe_event(
    request: Request[Any, Any, Any],
    deps: Dependencies,
    signature: Annotated[
        str | None, HeaderParameter(name="Stripe-Signature", description="Proves that Stripe sent this body just now.")
    ] = None,
) -> EventAnswer:
    """Receive what Stripe tells of payments. No key is needed: the signature proves who sends it."""
    await deps.payment_events.receive(await read_signed(request), signature)
    return EventAnswer(received=True)


async def begun(
    deps: ServiceDependencies, caller: Caller, amount_usd: Decimal, *, saves_method: bool
) -> CheckoutAnswer:
    """Begin a payment for the caller's account, and show where it waits for the payer.

    Raises:
        ExpectedError: as `BeginTopUp.begin` does.
    """
    made = await deps.begin_top_up.begin(caller.actor, caller.account_id, amount_usd, saves_method=saves_method)
    return CheckoutAnswer(
        payment_id=made.payment.id,
        url=made.url,
        amount=made.payment.amount_cents / CENTS_PER_USD,
        currency="USD",
        status=made.payment.status,
    )
