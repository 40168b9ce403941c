"""Receives what the payment provider tells by itself."""

import logging

from tollway.credits.types import Ledger
from tollway.flows.settle_payment import SettlePayment
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.payments import repository
from tollway.payments.errors import NoPaymentEventsError
from tollway.payments.port import PaymentProvider
from tollway.payments.types import Payment, PaymentEvent

_log = logging.getLogger(__name__)


class ReceivePaymentEvent:
    """Books events of the provider; one that raises is not dealt with, and the provider sends it again.

    ``provider`` is None where none is configured.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, provider: PaymentProvider | None) -> None:
        self._database = database
        self._clock = clock
        self._provider = provider
        self._settle = SettlePayment(database, ledger, clock)

    async def receive(self, body: bytes, signature: str | None) -> None:
        """Prove that the provider sent an event, then book it, unless that was done before.

        An event that concerns no payment of ours changes nothing, because others may use the provider's account too.

        Raises:
            NoPaymentEventsError: there is no provider whose events could be proved.
            ForgedEventError: nothing proves that the provider sent it, or sent it now.
            UnreadableEventError: the provider sent it, in a form that is not known.
            PaymentMismatchError: it contradicts what is stored of the payment; nothing was moved.
            GrantConflictError: somebody used the payment's id as the reference of another grant.
            LedgerUnavailableError: the books could not be written.
        """
        if self._provider is None:
            raise NoPaymentEventsError
        event = await self._provider.read_event(body, signature)
        if event is None:
            return
        payment = await self._concerned(event, self._provider.name)
        if payment is None:
            return
        await self._settle.settle(payment, event.change)
        async with self._database.begin() as connection:
            await repository.note_event(connection, payment.provider, event.id, event.kind, self._clock.now_ms())

    async def _concerned(self, event: PaymentEvent, provider: str) -> Payment | None:
        """Find the payment that an event is about; None where it is not ours, or the event was dealt with before."""
        async with self._database.connect() as connection:
            if await repository.is_known_event(connection, provider, event.id):
                return None
            payment = None
            if event.payment_id is not None:
                payment = await repository.find_payment(connection, event.payment_id)
            elif name := getattr(event.change, "provider_payment", None):
                payment = await repository.find_provider_payment(connection, provider, name)
        if payment is None or payment.provider != provider:
            facts = {"event_id": event.id, "kind": event.kind, "payment": event.payment_id}
            _log.info("a payment event concerns no payment of this server", extra=facts)
            return None
        return payment
