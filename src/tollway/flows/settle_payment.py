"""Books what the payment provider says of payments: credits what was paid, takes back what was refunded, each once."""

import asyncio
import logging
from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlalchemy import func, select

from tollway.audit.service import audit_row, new_entry, record
from tollway.audit.tables import audit_entries
from tollway.audit.types import Actor, ActorKind
from tollway.credits.errors import CompanionConflictError
from tollway.credits.tables import transfers
from tollway.credits.types import CompanionRow, GrantType, Ledger, TakeType
from tollway.flows.audited_grant import AuditedGrant, NamedGrant
from tollway.kit.clock import DAY_MS, Clock
from tollway.kit.database import Database
from tollway.payments import repository
from tollway.payments.auto_top_up_settings import find_settings, forget_failures, store_failure
from tollway.payments.errors import PaymentMismatchError
from tollway.payments.tables import payment_refunds
from tollway.payments.types import (
    CREDITS_PER_CENT,
    CURRENCY,
    Expired,
    Failed,
    Paid,
    Payment,
    PaymentKind,
    PaymentStatus,
    Refunded,
    SavedMethod,
    status_of_refunds,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

FAILURES_MAX = 4
"""After so many failed automatic payments in a row the auto top-up of an account disables itself."""
FIRST_PAUSE_MS = 60_000
PAUSE_MS_MAX = DAY_MS
_REFERENCE_END = ":"
"""A payment may be refunded in parts: behind its id and this, a movement has the cents that are refunded then."""

_log = logging.getLogger(__name__)


class SettlePayment:
    """Books the provider's word, which may come more than once, in any order and from several sides at the same time.

    The ledger moves first, under a reference that is used once; the payment's row follows. A crash in between is
    healed when the provider says it again, which it does until it was told that all went well.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._grants = AuditedGrant(database, ledger)
        # Refunds of one payment that come at once would set aside what the others need, and find too little.
        self._turn = asyncio.Lock()

    async def settle(self, payment: Payment, change: Paid | Failed | Expired | Refunded) -> None:
        """Book what became of a payment.

        Raises:
            PaymentMismatchError: what the provider says contradicts what is stored; nothing was moved.
            GrantConflictError: somebody used the payment's id as the reference of another grant.
            LedgerUnavailableError: the books could not be written; the provider must say it again.
        """
        match change:
            case Paid():
                await self._check(payment, change)
                if change.session is not None and payment.provider_session not in {None, change.session}:
                    raise _mismatch(payment, "checkout", change.session)
                await self._credit(payment, change.provider_payment, change.method)
            case Refunded():
                await self._check(payment, change)
                if not 0 <= change.refunded_cents <= payment.amount_cents:
                    raise _mismatch(payment, "refunded cents", change.refunded_cents)
                # Who gives money back has taken it, even where the news of that has not come yet.
                await self._credit(payment, change.provider_payment, None)
                async with self._turn:
                    await self._take_back(payment, change.refunded_cents)
            case Failed():
                # In a checkout the payer may try another way after one that failed.
                if change.is_final or payment.kind is PaymentKind.AUTO:
                    await self._fail(payment, change.reason)
            case Expired():
                async with self._database.begin() as connection:
                    now_ms = self._clock.now_ms()
                    await repository.mark_unpaid(connection, payment.id, PaymentStatus.EXPIRED, None, now_ms)

    async def _check(self, payment: Payment, change: Paid | Refunded) -> None:
        """Compare what the provider says with what is stored.

        Raises:
            PaymentMismatchError: it is not the same.
        """
        if change.amount_cents != payment.amount_cents:
            raise _mismatch(payment, "amount in cents", change.amount_cents)
        if change.currency != CURRENCY:
            raise _mismatch(payment, "currency", change.currency)
        name = change.provider_payment
        if name is None:
            return
        async with self._database.connect() as connection:
            other = await repository.find_provider_payment(connection, payment.provider, name)
        if payment.provider_payment not in {None, name} or (other is not None and other.id != payment.id):
            raise _mismatch(payment, "payment", name)

    async def _credit(self, payment: Payment, provider_payment: str | None, method: SavedMethod | None) -> None:
        """Add what a payment brings; the payment's id is the reference, so that it is added once."""
        now_ms = self._clock.now_ms()
        grant = NamedGrant(
            account_id=payment.account_id,
            amount_credits=payment.amount_credits,
            kind=GrantType.PAYMENT,
            reference=payment.id,
            granted_at_ms=now_ms,
        )
        entry = new_entry(
            actor=_provider(payment),
            action="payment.paid",
            subject=payment.id,
            now_ms=now_ms,
            account_id=payment.account_id,
            details={"kind": payment.kind, "amount_cents": payment.amount_cents, "credits": payment.amount_credits},
        )
        await self._grants.make(grant, entry)
        async with self._database.begin() as connection:
            is_news = await repository.mark_paid(connection, payment.id, provider_payment, now_ms)
            if method is not None:
                await repository.store_method(connection, payment, method)
            if is_news and payment.kind is PaymentKind.AUTO:
                await forget_failures(connection, payment.account_id, now_ms)

    async def _take_back(self, payment: Payment, refunded_cents: int) -> None:
        """Take credits for the cents that have been refunded since the last time, as far as they are there.

        Every movement begins where the one before ended, and no two can begin at the same place. So what was refunded
        is taken back once, in whatever order the news of it comes.
        """
        while True:
            async with self._database.connect() as connection:
                from_cents = await repository.taken_back_cents(connection, payment.id)
            if from_cents >= refunded_cents:
                break
            await self._keep_refund_from_topping_up(payment, (refunded_cents - from_cents) * CREDITS_PER_CENT)
            try:
                await self._take_part(payment, from_cents, refunded_cents)
            except CompanionConflictError:
                async with self._database.connect() as connection:
                    if await repository.taken_back_cents(connection, payment.id) == from_cents:
                        raise
        async with self._database.begin() as connection:
            to_cents = await repository.taken_back_cents(connection, payment.id)
            wanted = await repository.wanted_credits(connection, payment.id)
            taken = await _taken_credits(connection, payment.id)
            after = replace(
                payment,
                status=status_of_refunds(payment.amount_cents, to_cents),
                refunded_cents=to_cents,
                unrecovered_credits=wanted - taken,
                updated_at_ms=self._clock.now_ms(),
            )
            await repository.mark_refunded(connection, after)

    async def _keep_refund_from_topping_up(self, payment: Payment, wanted_credits: int) -> None:
        """Disable the account's auto top-up if the refund would set it off: nobody wants to be charged for a refund."""
        balance, now_ms = await self._ledger.balance(payment.account_id), self._clock.now_ms()
        async with self._database.begin() as connection:
            before = await find_settings(connection, payment.account_id)
            if before.is_enabled and balance.posted_credits - wanted_credits < before.threshold_credits:
                await store_failure(connection, payment.account_id, replace(before, is_enabled=False), 0, now_ms)
                await _record_disabled(connection, payment, {"refunded_payment": payment.id}, now_ms)

    async def _take_part(self, payment: Payment, from_cents: int, to_cents: int) -> None:
        now_ms = self._clock.now_ms()
        wanted = (to_cents - from_cents) * CREDITS_PER_CENT
        entry = new_entry(
            actor=_provider(payment),
            action="payment.refunded",
            subject=payment.id,
            now_ms=now_ms,
            account_id=payment.account_id,
            details={"from_cents": from_cents, "to_cents": to_cents, "at_most_credits": wanted},
        )
        rows = (
            CompanionRow(payment_refunds, (payment.id, from_cents, to_cents, wanted, now_ms)),
            CompanionRow(audit_entries, audit_row(entry)),
        )
        reference = f"{payment.id}{_REFERENCE_END}{to_cents}"
        taken = await self._ledger.take(payment.account_id, wanted, TakeType.REFUND, reference, rows)
        if taken < wanted:
            facts = {"payment": payment.id, "wanted_credits": wanted, "taken_credits": taken}
            _log.warning("a refund took back less than it gave, as the rest was spent", extra=facts)

    async def _fail(self, payment: Payment, failure: str) -> None:
        """Note that a payment failed; one that was made by itself lets the account's next one wait."""
        now_ms = self._clock.now_ms()
        async with self._database.begin() as connection:
            is_news = await repository.mark_unpaid(connection, payment.id, PaymentStatus.FAILED, failure, now_ms)
            if is_news and payment.kind is PaymentKind.AUTO:
                await _count_failure(connection, payment, failure, now_ms)


async def _count_failure(connection: "AsyncConnection", payment: Payment, failure: str, now_ms: int) -> None:
    """Let the account's next automatic payment wait, twice as long each time, and disable them after too many."""
    before = await find_settings(connection, payment.account_id)
    failures = before.failures + 1
    after = replace(before, failures=failures, is_enabled=before.is_enabled and failures < FAILURES_MAX)
    pause_ms = min(FIRST_PAUSE_MS * 2 ** (failures - 1), PAUSE_MS_MAX)
    await store_failure(connection, payment.account_id, after, now_ms + pause_ms, now_ms)
    if before.is_enabled and not after.is_enabled:
        details: dict[str, object] = {"failures": failures, "last_payment": payment.id, "last_failure": failure}
        await _record_disabled(connection, payment, details, now_ms)


async def _record_disabled(
    connection: "AsyncConnection", payment: Payment, details: dict[str, object], now_ms: int
) -> None:
    entry = new_entry(
        actor=Actor(ActorKind.SYSTEM, "auto top-up"),
        action="auto_top_up.disable",
        subject=str(payment.account_id),
        now_ms=now_ms,
        account_id=payment.account_id,
        details=details,
    )
    await record(connection, entry)


async def _taken_credits(connection: "AsyncConnection", payment_id: str) -> int:
    """Return how many credits refunds of a payment have taken back."""
    ends = select(payment_refunds.c.to_cents).where(payment_refunds.c.payment_id == payment_id)
    references = [f"{payment_id}{_REFERENCE_END}{to_cents}" for to_cents in (await connection.execute(ends)).scalars()]
    query = select(func.coalesce(func.sum(transfers.c.amount_credits), 0)).where(
        transfers.c.kind == TakeType.REFUND, transfers.c.reference_id.in_(references)
    )
    return int((await connection.execute(query)).scalar_one())


def _provider(payment: Payment) -> Actor:
    """Name who said it, for the audit trail."""
    return Actor(ActorKind.SYSTEM, payment.provider)


def _mismatch(payment: Payment, what: str, said: object) -> PaymentMismatchError:
    """Make the refusal of news that cannot be true, and tell the operator."""
    facts = {"payment": payment.id, "field": what, "received": said}
    _log.error("the payment provider contradicts a stored payment", extra=facts)
    return PaymentMismatchError(f"The {what} is not that of the payment {payment.id}; nothing was moved.")
