"""What a payment is, and what a provider can say of one."""

from enum import StrEnum

from msgspec import Struct

from tollway.kit.clock import HOUR_MS
from tollway.kit.ids import inference_id
from tollway.kit.money import CREDITS_PER_USD

CREDITS_PER_CENT = CREDITS_PER_USD // 100
CURRENCY = "usd"
ID_PREFIX = "payment-"
ASK_AGAIN_MS = 23 * HOUR_MS
"""So long the same is asked for again with the same key when nobody knows what became of it: providers know keys for a
day, and would do it a second time later."""
"""How the ids of payments begin, and so the references of their movements in the ledger."""


class PaymentKind(StrEnum):
    """How a payment came about: somebody paid in a checkout, or the saved method was charged by itself."""

    CHECKOUT = "checkout"
    AUTO = "auto"


class PaymentStatus(StrEnum):
    """How far a payment has come; only the provider's word leads from `OPEN` to `PAID`."""

    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"


class Payment(Struct, frozen=True, kw_only=True):
    """A payment that was begun; the fields are the columns of its row, moments are Unix milliseconds.

    Attributes:
        amount_credits: what it brings, and ``amount_cents`` what it costs, in US cents.
        provider_session: the provider's name of the checkout.
        provider_payment: the provider's name of the payment, once there is one.
        customer: whose saved method an automatic payment uses, and ``method`` which, in the provider's names.
        refunded_cents: how much of it has been given back in all.
        unrecovered_credits: what refunds should have taken back and could not, because it was spent.
        refund_key: the provider's key for a refund that was asked for, with ``refund_cents`` and
            ``refund_asked_at_ms``; None when it is known what became of it.
        failure: why it failed, in a word for programs.
    """

    id: str
    account_id: int
    provider: str
    kind: PaymentKind
    status: PaymentStatus
    amount_credits: int
    amount_cents: int
    provider_session: str | None = None
    provider_payment: str | None = None
    customer: str | None = None
    method: str | None = None
    refunded_cents: int = 0
    unrecovered_credits: int = 0
    refund_key: str | None = None
    refund_cents: int | None = None
    refund_asked_at_ms: int | None = None
    failure: str | None = None
    created_at_ms: int
    updated_at_ms: int


class SavedMethod(Struct, frozen=True):
    """A payment method that the provider keeps, in the provider's names for it and for whom it belongs to."""

    customer: str
    method: str


class Paid(Struct, frozen=True, kw_only=True):
    """The provider has the money.

    Attributes:
        amount_cents: how much, in the hundredth part of the currency.
        currency: in small letters, such as ``usd``.
        session: the checkout, where the provider tells.
        method: the method to be used again, where the payer agreed to it.
    """

    provider_payment: str | None
    amount_cents: int
    currency: str
    session: str | None = None
    method: SavedMethod | None = None


class Failed(Struct, frozen=True, kw_only=True):
    """The payment failed. ``is_final`` is false where the payer may still try another way in the same checkout."""

    reason: str
    is_final: bool


class Expired(Struct, frozen=True):
    """Nobody paid while the checkout could be paid."""


class Refunded(Struct, frozen=True, kw_only=True):
    """Money went back. ``refunded_cents`` is all that has gone back of ``amount_cents`` so far, not the last part."""

    provider_payment: str | None
    amount_cents: int
    currency: str
    refunded_cents: int


class Pending(Struct, frozen=True):
    """The provider has taken the order and will tell later what became of it."""

    provider_payment: str


class PaymentEvent(Struct, frozen=True, kw_only=True):
    """What the provider tells by itself.

    Attributes:
        id: the provider's name of the event; a repeated one has the same.
        kind: what the provider calls such events, for the record.
        payment_id: our name of the payment; None where the provider only says its own.
        change: what became of the payment.
    """

    id: str
    kind: str
    payment_id: str | None
    change: Paid | Failed | Expired | Refunded


class WantedCheckout(Struct, frozen=True, kw_only=True):
    """A checkout to be begun.

    ``saves_method`` asks the payer to agree to later payments without them; ``return_url`` is where the payer comes
    back to, whatever they did.
    """

    payment_id: str
    amount_cents: int
    email: str
    saves_method: bool
    return_url: str


class BegunCheckout(Struct, frozen=True):
    """A checkout at the provider: its name, and the address to send the payer to."""

    session: str
    url: str


class WantedCharge(Struct, frozen=True, kw_only=True):
    """A payment with a saved method, without the payer; ``payment_id`` makes it one however often it is asked for."""

    payment_id: str
    amount_cents: int
    method: SavedMethod


class WantedRefund(Struct, frozen=True, kw_only=True):
    """A part of a payment to be given back; ``key`` makes it one refund however often it is asked for."""

    payment_id: str
    provider_payment: str
    amount_cents: int
    key: str


def new_payment_id() -> str:
    """Make the id of a payment, in order of time."""
    return ID_PREFIX + inference_id()


def status_of_refunds(amount_cents: int, refunded_cents: int) -> PaymentStatus:
    """Say what a payment is that was paid and of which so much has been given back."""
    if not refunded_cents:
        return PaymentStatus.PAID
    return PaymentStatus.REFUNDED if refunded_cents >= amount_cents else PaymentStatus.PARTIALLY_REFUNDED
