"""Begins a payment that tops up an account: a page of the provider's, on which its owner pays."""

from decimal import Decimal

from msgspec import Struct

from tollway.accounts.service import find_account
from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor
from tollway.flows.set_auto_top_up import amount_cents_of
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.payments import repository
from tollway.payments.errors import NoPaymentProviderError, ProviderRefusedError, ProviderUnavailableError
from tollway.payments.port import PaymentProvider
from tollway.payments.types import (
    CREDITS_PER_CENT,
    Payment,
    PaymentKind,
    PaymentStatus,
    WantedCheckout,
    new_payment_id,
)

BILLING_PAGE = "/app/billing"


class BegunTopUp(Struct, frozen=True):
    """A payment that waits for the payer, and the address to send them to."""

    payment: Payment
    url: str


class BeginTopUp:
    """Begins payments. Nothing is credited here: only the provider's own word does that.

    ``provider`` is None where none is configured; ``public_url`` is this server's address, to which payers come back.
    """

    def __init__(self, database: Database, clock: Clock, provider: PaymentProvider | None, public_url: str) -> None:
        self._database = database
        self._clock = clock
        self._provider = provider
        self._public_url = public_url.rstrip("/")

    @property
    def takes_payments(self) -> bool:
        """Whether there is a provider, so that somebody can pay at all."""
        return self._provider is not None

    async def begin(self, actor: Actor, account_id: int, amount_usd: Decimal, *, saves_method: bool) -> BegunTopUp:
        """Begin a payment, with an entry in the audit trail.

        Args:
            actor: who does it.
            account_id: whose balance is to be topped up.
            amount_usd: how much is to be paid, in US dollars.
            saves_method: whether the payer is asked to agree to later payments by themselves.

        Raises:
            InvalidBodyError: the amount is out of range, or no whole number of cents.
            NoPaymentProviderError: nobody could take the payment.
            ProviderRefusedError: the provider makes no page for us; the payment has failed.
            ProviderUnavailableError: the provider gave no answer; the payment has failed.
        """
        amount_cents = amount_cents_of(amount_usd)
        if self._provider is None:
            raise NoPaymentProviderError
        now_ms = self._clock.now_ms()
        payment = Payment(
            id=new_payment_id(),
            account_id=account_id,
            provider=self._provider.name,
            kind=PaymentKind.CHECKOUT,
            status=PaymentStatus.OPEN,
            amount_credits=amount_cents * CREDITS_PER_CENT,
            amount_cents=amount_cents,
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
        )
        entry = new_entry(
            actor=actor,
            action="payment.begin",
            subject=payment.id,
            now_ms=now_ms,
            account_id=account_id,
            details={"kind": payment.kind, "amount_cents": amount_cents, "save_method": saves_method},
        )
        async with self._database.begin() as connection:
            owner = await find_account(connection, account_id)
            await repository.insert_payment(connection, payment)
            await record(connection, entry)
        wanted = WantedCheckout(
            payment_id=payment.id,
            amount_cents=amount_cents,
            email=owner.email,
            saves_method=saves_method,
            return_url=f"{self._public_url}{BILLING_PAGE}?payment={payment.id}",
        )
        try:
            begun = await self._provider.begin_checkout(wanted)
        except (ProviderRefusedError, ProviderUnavailableError) as error:
            await self._fail(payment, str(error.code))
            raise
        async with self._database.begin() as connection:
            await repository.note_session(connection, payment.id, begun.session, self._clock.now_ms())
        return BegunTopUp(payment, begun.url)

    async def _fail(self, payment: Payment, failure: str) -> None:
        async with self._database.begin() as connection:
            await repository.mark_unpaid(connection, payment.id, PaymentStatus.FAILED, failure, self._clock.now_ms())
