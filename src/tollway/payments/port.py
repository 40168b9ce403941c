"""The port to whoever takes the money."""

from typing import Protocol

from tollway.payments.types import (
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


class PaymentProvider(Protocol):
    """Takes payments and gives them back. Amounts are US cents.

    Where a method that moves money raises `ProviderUnavailableError`, nobody knows whether it moved any: asking again
    with the same key is safe for at least 24 hours, and tells.
    """

    @property
    def name(self) -> str:
        """The provider's name in the database: small letters, at most 16."""
        ...

    async def begin_checkout(self, wanted: WantedCheckout) -> BegunCheckout:
        """Make a page on which somebody can pay.

        Raises:
            ProviderRefusedError: the provider does not do this for us.
            ProviderUnavailableError: the provider gave no answer.
        """
        ...

    async def charge(self, wanted: WantedCharge) -> Paid | Failed | Pending:
        """Take a payment with a saved method, or learn what became of it when it was asked for before.

        Raises:
            ProviderRefusedError: the provider does not know us; nothing was taken.
            ProviderUnavailableError: the provider gave no answer.
        """
        ...

    async def find_charge(self, provider_payment: str) -> Paid | Failed | Pending:
        """Learn what became of a payment that the provider has taken as an order; it moves no money.

        Raises:
            ProviderRefusedError: the provider does not know us, or not the payment.
            ProviderUnavailableError: the provider gave no answer.
        """
        ...

    async def refund(self, wanted: WantedRefund) -> Refunded:
        """Give a part of a payment back, and return how much of it has been given back in all.

        Raises:
            ProviderRefusedError: the provider does not do it; nothing was given back.
            ProviderUnavailableError: the provider gave no answer.
        """
        ...

    async def read_event(self, body: bytes, signature: str | None) -> PaymentEvent | None:
        """Read what the provider sent by itself; None when it is about nothing that concerns payments.

        Args:
            body: the request's body as it came.
            signature: the header by which the provider proves that it sent this body a short while ago.

        Raises:
            ForgedEventError: the proof is missing, wrong or old; nothing of the body was believed.
            UnreadableEventError: the provider did send it, but in a form that is not known.
        """
        ...
