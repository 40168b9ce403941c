"""Gives payments back in the name of whoever runs the platform."""

from decimal import Decimal

from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor
from tollway.credits.types import Ledger
from tollway.flows.settle_payment import SettlePayment
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.kit.ids import inference_id
from tollway.kit.money import CENTS_PER_USD
from tollway.payments import repository
from tollway.payments.errors import (
    NoPaymentProviderError,
    ProviderRefusedError,
    RefundNotPossibleError,
    UnknownPaymentError,
    WrongRefundError,
)
from tollway.payments.port import PaymentProvider
from tollway.payments.types import ASK_AGAIN_MS, Payment, PaymentStatus, WantedRefund
from tollway.wire.refusals import describe, shorten

_REFUNDABLE = (PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED)


class RefundPayment:
    """Lets the provider give money back, and takes the credits back with it.

    The provider's answer says how much has been given back in all, as its events do, so it does not matter which of
    both is booked first. ``provider`` is None where none is configured.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, provider: PaymentProvider | None) -> None:
        self._database = database
        self._clock = clock
        self._provider = provider
        self._settle = SettlePayment(database, ledger, clock)

    async def refund(self, actor: Actor, payment_id: str, amount_usd: Decimal | None = None) -> Payment:
        """Give a payment back, or a part of it, and return the payment as it is then.

        The wish is in the audit trail before the provider is asked. Where the provider gave no answer, the same wish
        can be repeated and is done once.

        Args:
            actor: who wants it.
            payment_id: our name of the payment.
            amount_usd: how much to give back, in US dollars; None is all that is left.

        Raises:
            NoPaymentProviderError: nobody could give it back.
            UnknownPaymentError: there is no such payment.
            RefundNotPossibleError: it was never paid, or nothing is left of it, or another provider has taken it, or
                nobody knows yet what became of another refund of it.
            WrongRefundError: the amount is more than is left, or no whole number of cents.
            ProviderRefusedError: the provider does not do it; nothing was given back.
            ProviderUnavailableError: the provider gave no answer.
            LedgerUnavailableError: the money went back, and the books follow with the provider's event.
        """
        provider = self._provider
        if provider is None:
            raise NoPaymentProviderError
        async with self._database.begin() as connection:
            payment = await repository.find_payment(connection, payment_id)
            if payment is None:
                raise UnknownPaymentError(f"There is no payment {shorten(payment_id)}")
            now_ms = self._clock.now_ms()
            wanted = _repeated(payment, amount_usd, now_ms) or _wanted(payment, provider.name, amount_usd)
            if wanted.key != payment.refund_key:
                await repository.open_refund(connection, payment.id, wanted.key, wanted.amount_cents, now_ms)
            entry = new_entry(
                actor=actor,
                action="payment.refund",
                subject=payment.id,
                now_ms=now_ms,
                account_id=payment.account_id,
                details={"amount_cents": wanted.amount_cents, "refunded_before_cents": payment.refunded_cents},
            )
            await record(connection, entry)
        try:
            refunded = await provider.refund(wanted)
        except ProviderRefusedError:
            # The provider would repeat its refusal for the same key for a day, also when the reason is gone.
            async with self._database.begin() as connection:
                await repository.close_refund(connection, payment.id, wanted.key)
            raise
        await self._settle.settle(payment, refunded)
        async with self._database.begin() as connection:
            await repository.close_refund(connection, payment.id, wanted.key)
            after = await repository.find_payment(connection, payment_id)
        assert after is not None, "payments are never deleted"
        return after


def _repeated(payment: Payment, amount_usd: Decimal | None, now_ms: int) -> WantedRefund | None:
    """Return the wish of which nobody knows what became, if this is the same; it has the same key, and is done once.

    Its outcome may be booked already, by the provider's event. After a day providers have forgotten the key, and have
    told what became of it.

    Raises:
        RefundNotPossibleError: another wish is under way.
    """
    key, cents, asked_at_ms, name = (
        payment.refund_key,
        payment.refund_cents,
        payment.refund_asked_at_ms,
        payment.provider_payment,
    )
    if key is None or cents is None or asked_at_ms is None or name is None or now_ms - asked_at_ms >= ASK_AGAIN_MS:
        return None
    left_cents = payment.amount_cents - payment.refunded_cents
    is_same = left_cents in {0, cents} if amount_usd is None else amount_usd * CENTS_PER_USD == cents
    if not is_same:
        raise RefundNotPossibleError(
            f"Nobody knows yet what became of a refund of {cents / CENTS_PER_USD:.2f} US dollars of this payment. "
            "Repeat that one first; it is made once."
        )
    return WantedRefund(payment_id=payment.id, provider_payment=name, amount_cents=cents, key=key)


def _wanted(payment: Payment, provider: str, amount_usd: Decimal | None) -> WantedRefund:
    """Make the wish for a refund, with a key of its own.

    Raises:
        RefundNotPossibleError: nothing can be given back.
        WrongRefundError: the amount is out of range.
    """
    name = payment.provider_payment
    if payment.status not in _REFUNDABLE or name is None:
        raise RefundNotPossibleError(f"The payment is {payment.status}, so there is nothing to give back.")
    if payment.provider != provider:
        raise RefundNotPossibleError(f"The payment was taken by {payment.provider}, and {provider} is configured.")
    left_cents = payment.amount_cents - payment.refunded_cents
    amount_cents = left_cents
    if amount_usd is not None:
        left_usd = Decimal(left_cents) / CENTS_PER_USD
        # Other amounts are not multiplied: they may be greater than decimals can be.
        if not 0 < amount_usd <= left_usd or amount_usd * CENTS_PER_USD % 1:
            expected = f"US dollars from 0.01 to {left_usd} in whole cents"
            raise WrongRefundError("amount", expected, describe(float(amount_usd)))
        amount_cents = int(amount_usd * CENTS_PER_USD)
    return WantedRefund(
        payment_id=payment.id,
        provider_payment=name,
        amount_cents=amount_cents,
        key=f"refund-{payment.id}-{inference_id()}",  # Any id that nobody had before will do.
    )
