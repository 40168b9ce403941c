"""Payments as the operator sees them."""

from typing import Literal

from msgspec import Struct

from tollway.kit.clock import MomentText, iso_utc
from tollway.kit.money import CENTS_PER_USD
from tollway.payments.types import Payment, PaymentKind, PaymentStatus


class PaymentEntry(Struct, kw_only=True):
    """One payment.

    Attributes:
        kind: whether somebody paid on a page, or the saved method was charged by itself.
        amount: what it costs, in US dollars.
        credits: what it brings.
        refunded: how much of it was given back in all, in US dollars.
        unrecovered_credits: what refunds could not take back because it was spent.
        failure: why it failed; null where it did not.
        provider_session: the provider's name of the page.
        provider_payment: the provider's name of the payment.
    """

    id: str
    account_id: int
    provider: str
    kind: PaymentKind
    status: PaymentStatus
    amount: float
    currency: Literal["USD"]
    credits: int
    refunded: float
    unrecovered_credits: int
    failure: str | None
    provider_session: str | None
    provider_payment: str | None
    created_at: MomentText
    updated_at: MomentText


class PaymentList(Struct):
    """Payments, newest first; ``next_before`` is the ``before`` of the next page, null on the last."""

    object: Literal["list"]
    data: list[PaymentEntry]
    next_before: str | None


EXAMPLE_PAYMENT = PaymentEntry(
    id="payment-MfqH2cWm0vYc9dKq1sT_x",
    account_id=2,
    provider="stripe",
    kind=PaymentKind.CHECKOUT,
    status=PaymentStatus.PARTIALLY_REFUNDED,
    amount=25.0,
    currency="USD",
    credits=50_000_000,
    refunded=5.0,
    unrecovered_credits=0,
    failure=None,
    provider_session="cs_a1",
    provider_payment="pi_a1",
    created_at="2026-08-01T12:00:00.000Z",
    updated_at="2026-08-02T09:30:00.000Z",
)


def payment_entry(payment: Payment) -> PaymentEntry:
    """Show one payment."""
    return PaymentEntry(
        id=payment.id,
        account_id=payment.account_id,
        provider=payment.provider,
        kind=payment.kind,
        status=payment.status,
        amount=payment.amount_cents / CENTS_PER_USD,
        currency="USD",
        credits=payment.amount_credits,
        refunded=payment.refunded_cents / CENTS_PER_USD,
        unrecovered_credits=payment.unrecovered_credits,
        failure=payment.failure,
        provider_session=payment.provider_session,
        provider_payment=payment.provider_payment,
        created_at=iso_utc(payment.created_at_ms),
        updated_at=iso_utc(payment.updated_at_ms),
    )
