"""What Stripe tells by itself, put into our own words; https://docs.stripe.com/api/events/types has all of it.

Only the fields that are needed are read, so that other versions of Stripe's API do as well.
"""

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec import Struct

from tollway.payments.errors import UnreadableEventError
from tollway.payments.types import Expired, Failed, Paid, PaymentEvent, Refunded, SavedMethod

PAYMENT_ID = "tollway_payment_id"
"""The metadata by which a payment of ours is known among others of the same Stripe account."""
_REASON = re.compile(r"[a-z0-9_]{1,64}")
_Object = TypeVar("_Object", bound=Struct)


class _Session(Struct):
    """A checkout."""

    id: str
    payment_status: str
    amount_total: int | None = None
    currency: str | None = None
    payment_intent: str | None = None
    metadata: dict[str, str] | None = None


class _PaymentError(Struct):
    """Why a payment failed."""

    code: str | None = None
    decline_code: str | None = None


class _Intent(Struct):
    """A payment, from its order to its success."""

    id: str
    amount_received: int
    currency: str
    customer: str | None = None
    payment_method: str | None = None
    setup_future_usage: str | None = None
    last_payment_error: _PaymentError | None = None
    metadata: dict[str, str] | None = None


class _Charge(Struct):
    """Money that was taken for a payment."""

    amount: int
    amount_refunded: int
    currency: str
    payment_intent: str | None = None
    metadata: dict[str, str] | None = None


class _Data(Struct):
    """What an event is about."""

    object: msgspec.Raw


class _Envelope(Struct):
    """Any event."""

    id: str
    type: str
    data: _Data | None = None


def read_event(body: bytes) -> PaymentEvent | None:
    """Read an event that Stripe has signed; None when it is about nothing that concerns payments of ours.

    Raises:
        UnreadableEventError: it is about a payment, but in a form that is not known.
    """
    event = _decode(body, _Envelope)
    read = _READERS.get(event.type)
    return None if read is None or event.data is None else read(event, event.data.object)


def reason(*codes: object) -> str:
    """Return the first code that is one, as the word for why a payment failed."""
    return next((code for code in codes if isinstance(code, str) and _REASON.fullmatch(code)), "payment_failed")


def _session_paid(event: _Envelope, raw: msgspec.Raw) -> PaymentEvent | None:
    session = _decode(raw, _Session)
    # A completed checkout may wait for a bank; another event tells when the money has come.
    if session.payment_status != "paid":
        return None
    change = Paid(
        provider_payment=session.payment_intent,
        amount_cents=session.amount_total or 0,
        currency=(session.currency or "").lower(),
        session=session.id,
    )
    return _about(event, session, change)


def _session_failed(event: _Envelope, raw: msgspec.Raw) -> PaymentEvent | None:
    return _about(event, _decode(raw, _Session), Failed(reason="payment_failed", is_final=True))


def _session_expired(event: _Envelope, raw: msgspec.Raw) -> PaymentEvent | None:
    return _about(event, _decode(raw, _Session), Expired())


def _intent_succeeded(event: _Envelope, raw: msgspec.Raw) -> PaymentEvent | None:
    intent = _decode(raw, _Intent)
    saved = None
    if intent.setup_future_usage == "off_session" and intent.customer and intent.payment_method:
        saved = SavedMethod(intent.customer, intent.payment_method)
    change = Paid(
        provider_payment=intent.id, amount_cents=intent.amount_received, currency=intent.currency.lower(), method=saved
    )
    return _about(event, intent, change)


def _intent_failed(event: _Envelope, raw: msgspec.Raw) -> PaymentEvent | None:
    intent = _decode(raw, _Intent)
    error = intent.last_payment_error or _PaymentError()
    # In a checkout the payer may try another card next.
    return _about(event, intent, Failed(reason=reason(error.decline_code, error.code), is_final=False))


def _charge_refunded(event: _Envelope, raw: msgspec.Raw) -> PaymentEvent:
    """Name the payment by Stripe's own name too, as nothing says that a charge has the metadata of its payment."""
    charge = _decode(raw, _Charge)
    change = Refunded(
        provider_payment=charge.payment_intent,
        amount_cents=charge.amount,
        currency=charge.currency.lower(),
        refunded_cents=charge.amount_refunded,
    )
    return PaymentEvent(id=event.id, kind=event.type, payment_id=(charge.metadata or {}).get(PAYMENT_ID), change=change)


_READERS: dict[str, Callable[[_Envelope, msgspec.Raw], PaymentEvent | None]] = {
    "checkout.session.completed": _session_paid,
    "checkout.session.async_payment_succeeded": _session_paid,
    "checkout.session.async_payment_failed": _session_failed,
    "checkout.session.expired": _session_expired,
    "payment_intent.succeeded": _intent_succeeded,
    "payment_intent.payment_failed": _intent_failed,
    "charge.refunded": _charge_refunded,
}
"""The events that concern payments; docs/payments.md lists them."""


def _about(event: _Envelope, told: _Session | _Intent, change: Paid | Failed | Expired) -> PaymentEvent | None:
    payment_id = (told.metadata or {}).get(PAYMENT_ID)
    if payment_id is None:
        return None
    return PaymentEvent(id=event.id, kind=event.type, payment_id=payment_id, change=change)


def _decode(raw: bytes | msgspec.Raw, kind: type[_Object]) -> _Object:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        raise UnreadableEventError(f"This event has a form that is not known: {error}") from error
