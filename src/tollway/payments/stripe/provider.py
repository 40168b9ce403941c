"""Stripe as the payment provider, through its own library.

The library blocks and takes a quarter of a second to import, so it is only used, and imported, in threads. Each call
has a client of its own, which is closed in the same thread: payments are too rare for connections to be kept.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from tollway.kit.errors import ExpectedError
from tollway.payments.errors import ForgedEventError, ProviderRefusedError, ProviderUnavailableError
from tollway.payments.stripe.events import PAYMENT_ID, read_event, reason
from tollway.payments.types import (
    CURRENCY,
    BegunCheckout,
    Failed,
    Paid,
    PaymentEvent,
    Pending,
    Refunded,
    WantedCharge,
    WantedCheckout,
    WantedRefund,
)

if TYPE_CHECKING:
    from stripe import PaymentIntent, StripeClient, StripeError

SIGNATURE_TOLERANCE_S = 300
"""How old a signature may be: an event that somebody has recorded cannot be sent again later."""
_CONNECT_TIMEOUT_S = 4.0
_READ_TIMEOUT_S = 8.0
_RETRIES_MAX = 1
_CALL_TIMEOUT_S = 27.0
"""For a call with its retry, and waiting for its turn; a command that waits for it gives up later."""
_CALLS_AT_ONCE = 4
"""Calls have threads of their own: however slow Stripe is, others do not wait for it."""
_ITEM = "API credits"
_TOO_MANY_REQUESTS = 429
_CONFLICT = 409
_SERVER_ERROR_MIN = 500

_Answer = TypeVar("_Answer")
_log = logging.getLogger(__name__)


class StripeProvider:
    """Takes payments through one Stripe account."""

    name = "stripe"

    def __init__(self, *, api_key: str, webhook_secret: str, api_url: str) -> None:
        self._api_key = api_key
        self._webhook_secret = webhook_secret
        self._api_url = api_url
        self._threads = ThreadPoolExecutor(_CALLS_AT_ONCE, thread_name_prefix="stripe")

    async def begin_checkout(self, wanted: WantedCheckout) -> BegunCheckout:
        """Make a page on which somebody can pay.

        Raises:
            ProviderRefusedError: Stripe does not do this for us.
            ProviderUnavailableError: Stripe gave no answer.
        """
        return await self._call(lambda client: _begin_checkout(client, wanted))

    async def charge(self, wanted: WantedCharge) -> Paid | Failed | Pending:
        """Take a payment with a saved method, or learn what became of it when it was asked for before.

        Raises:
            ProviderRefusedError: Stripe does not know us; nothing was taken.
            ProviderUnavailableError: Stripe gave no answer.
        """
        return await self._call(lambda client: _charge(client, wanted))

    async def find_charge(self, provider_payment: str) -> Paid | Failed | Pending:
        """Learn what became of a payment that Stripe has taken as an order.

        Raises:
            ProviderRefusedError: Stripe does not know us, or not the payment.
            ProviderUnavailableError: Stripe gave no answer.
        """
        return await self._call(lambda client: _outcome(client.v1.payment_intents.retrieve(provider_payment)))

    async def refund(self, wanted: WantedRefund) -> Refunded:
        """Give a part of a payment back, and return how much of it has been given back in all.

        Raises:
            ProviderRefusedError: Stripe does not do it; nothing was given back.
            ProviderUnavailableError: Stripe gave no answer.
        """
        return await self._call(lambda client: _refund(client, wanted))

    async def read_event(self, body: bytes, signature: str | None) -> PaymentEvent | None:
        """Read an event of Stripe's; None when it is about nothing that concerns payments of ours.

        Raises:
            ForgedEventError: the signature is missing, wrong or old.
            UnreadableEventError: it has a form that is not known.
        """
        if not signature:
            raise ForgedEventError("The header Stripe-Signature is missing.")
        if not signature.isascii():
            # The library compares texts in constant time, which it can with ASCII only.
            raise ForgedEventError("The header Stripe-Signature has other characters than ASCII.")
        await asyncio.to_thread(self._verify, body, signature)
        return read_event(body)

    def _verify(self, body: bytes, signature: str) -> None:
        import stripe  # noqa: PLC0415 - see the module's docstring

        try:
            stripe.WebhookSignature.verify_header(body, signature, self._webhook_secret, SIGNATURE_TOLERANCE_S)
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            # The library's error has the body in it, which is nobody's business.
            raise ForgedEventError("The header Stripe-Signature does not prove that Stripe sent this now.") from None

    async def _call(self, ask: "Callable[[StripeClient], _Answer]") -> _Answer:
        try:
            async with asyncio.timeout(_CALL_TIMEOUT_S):
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, ask)
        except TimeoutError:
            raise _unavailable() from None

    def _ask(self, ask: "Callable[[StripeClient], _Answer]") -> _Answer:
        import stripe  # noqa: PLC0415 - see the module's docstring

        http = stripe.RequestsClient(timeout=(_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S))
        client = stripe.StripeClient(
            self._api_key,
            base_addresses={"api": self._api_url},
            max_network_retries=_RETRIES_MAX,
            http_client=http,
        )
        try:
            return ask(client)
        except stripe.StripeError as error:
            raise _failure(error) from None
        finally:
            http.close()  # type: ignore[no-untyped-call] # The library does not say that it returns nothing.


def _begin_checkout(client: "StripeClient", wanted: WantedCheckout) -> BegunCheckout:
    metadata = {PAYMENT_ID: wanted.payment_id}
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": CURRENCY,
                        "unit_amount": wanted.amount_cents,
                        "product_data": {"name": _ITEM},
                    },
                }
            ],
            # What is credited is compared with what was asked for, so nobody may pay in another currency.
            "adaptive_pricing": {"enabled": False},
            "client_reference_id": wanted.payment_id,
            "customer_email": wanted.email,
            "customer_creation": "always" if wanted.saves_method else "if_required",
            "metadata": metadata,
            "payment_intent_data": {
                "metadata": metadata,
                **({"setup_future_usage": "off_session"} if wanted.saves_method else {}),
            },
            "success_url": wanted.return_url,
            "cancel_url": wanted.return_url,
        },
        {"idempotency_key": f"checkout-{wanted.payment_id}"},
    )
    if not session.url:
        raise ProviderRefusedError("The payment provider made no page to pay on.")
    return BegunCheckout(session.id, session.url)


def _charge(client: "StripeClient", wanted: WantedCharge) -> Paid | Failed | Pending:
    import stripe  # noqa: PLC0415 - see the module's docstring

    try:
        intent = client.v1.payment_intents.create(
            {
                "amount": wanted.amount_cents,
                "currency": CURRENCY,
                "customer": wanted.method.customer,
                "payment_method": wanted.method.method,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "confirm": True,
                "off_session": True,
                "description": _ITEM,
                "metadata": {PAYMENT_ID: wanted.payment_id},
            },
            {"idempotency_key": wanted.payment_id},
        )
    except stripe.CardError as error:
        return Failed(reason=_reason(error), is_final=True)
    except stripe.InvalidRequestError as error:
        # Such as a saved method that is not there any more. Asking the same again would be refused again.
        return Failed(reason=_reason(error), is_final=True)
    return _outcome(intent)


def _outcome(intent: "PaymentIntent") -> Paid | Failed | Pending:
    match intent.status:
        case "succeeded":
            return Paid(
                provider_payment=intent.id, amount_cents=intent.amount_received, currency=intent.currency.lower()
            )
        case "processing":
            return Pending(intent.id)
        case status:
            return Failed(reason=reason(status), is_final=True)


def _refund(client: "StripeClient", wanted: WantedRefund) -> Refunded:
    refund = client.v1.refunds.create(
        {
            "payment_intent": wanted.provider_payment,
            "amount": wanted.amount_cents,
            "metadata": {PAYMENT_ID: wanted.payment_id},
            "expand": ["charge"],
        },
        {"idempotency_key": wanted.key},
    )
    charge = refund.charge
    if refund.status in {"failed", "canceled"} or charge is None or isinstance(charge, str):
        raise ProviderRefusedError("The payment provider did not give the money back.")
    return Refunded(
        provider_payment=wanted.provider_payment,
        amount_cents=charge.amount,
        currency=charge.currency.lower(),
        refunded_cents=charge.amount_refunded,
    )


def _failure(error: "StripeError") -> ExpectedError:
    """Say what became of a call, in words that tell nothing of our account with Stripe."""
    import stripe  # noqa: PLC0415 - see the module's docstring

    facts = {"kind": type(error).__name__, "code": error.code, "status": error.http_status, "request": error.request_id}
    _log.warning("the payment provider failed", extra=facts)
    status = error.http_status
    is_unknown = (
        isinstance(error, stripe.APIConnectionError | stripe.IdempotencyError)
        or status is None
        or status in {_CONFLICT, _TOO_MANY_REQUESTS}
        or status >= _SERVER_ERROR_MIN
    )
    return _unavailable() if is_unknown else ProviderRefusedError("The payment provider refused this server's request.")


def _unavailable() -> ProviderUnavailableError:
    return ProviderUnavailableError("The payment provider does not answer at present.", retry_after_s=30)


def _reason(error: "StripeError") -> str:
    return reason(getattr(error.error, "decline_code", None), error.code)
