"""Tops up accounts by themselves, with the saved payment methods of their owners."""

import asyncio
import logging
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import and_, func, select

from tollway.accounts.tables import accounts
from tollway.accounts.types import AccountStatus
from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor, ActorKind
from tollway.credits.tables import ledger_accounts
from tollway.credits.types import Ledger
from tollway.flows.settle_payment import SettlePayment
from tollway.kit.clock import DAY_MS, HOUR_MS, Clock
from tollway.kit.database import Database
from tollway.kit.errors import ExpectedError
from tollway.payments import repository
from tollway.payments.port import PaymentProvider
from tollway.payments.tables import auto_top_ups, payment_methods
from tollway.payments.types import (
    ASK_AGAIN_MS,
    CREDITS_PER_CENT,
    Failed,
    Payment,
    PaymentKind,
    PaymentStatus,
    Pending,
    SavedMethod,
    WantedCharge,
    new_payment_id,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

INTERVAL_S = 30.0
GIVE_UP_MS = 4 * DAY_MS
"""After that, providers have stopped telling what became of a payment, so there was none."""
_ACCOUNTS_AT_ONCE = 100
_CALLS_AT_ONCE = 4
_ACTOR = Actor(ActorKind.SYSTEM, "auto top-up")

_log = logging.getLogger(__name__)


class _DueTopUp(Struct, frozen=True):
    """An account whose balance has fallen below its threshold, and how it pays."""

    account_id: int
    amount_cents: int
    customer: str
    method: str


class TopUpAccounts:
    """Takes payments for accounts whose balance is low, one at a time for each account.

    A payment is stored before the provider is asked, and its id is the provider's key for it. When nobody knows what
    became of it, because the provider did not answer or this server died, it is asked for again with the same key; as
    long as it is open, the account has no other.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, provider: PaymentProvider) -> None:
        self._database = database
        self._clock = clock
        self._provider = provider
        self._settle = SettlePayment(database, ledger, clock)
        self._turns = asyncio.Semaphore(_CALLS_AT_ONCE)

    async def run(self) -> None:
        """Top up accounts, again and again."""
        while True:
            await self.run_once()
            await asyncio.sleep(INTERVAL_S)

    async def run_once(self) -> None:
        """Find out what became of payments under way, then begin those that are due now."""
        async with self._database.connect() as connection:
            under_way = await repository.payments_under_way(connection, self._provider.name)
        await asyncio.gather(*[self._resolve(payment) for payment in under_way])
        async with self._database.connect() as connection:
            due = await self._due(connection)
        await asyncio.gather(*[self._top_up(one.account_id) for one in due])

    async def _top_up(self, account_id: int) -> None:
        payment = await self._begin(account_id)
        if payment is not None:
            await self._resolve(payment)

    async def _begin(self, account_id: int) -> Payment | None:
        """Store a payment, unless the account does not need one any more, or has one under way."""
        now_ms = self._clock.now_ms()
        async with self._database.begin() as connection:
            # Looked up again under the lock of this transaction. A payment is open until its credits are in the
            # balance, so none can be missed between the two.
            for due in await self._due(connection, account_id):
                payment = Payment(
                    id=new_payment_id(),
                    account_id=due.account_id,
                    provider=self._provider.name,
                    kind=PaymentKind.AUTO,
                    status=PaymentStatus.OPEN,
                    amount_credits=due.amount_cents * CREDITS_PER_CENT,
                    amount_cents=due.amount_cents,
                    customer=due.customer,
                    method=due.method,
                    created_at_ms=now_ms,
                    updated_at_ms=now_ms,
                )
                entry = new_entry(
                    actor=_ACTOR,
                    action="payment.begin",
                    subject=payment.id,
                    now_ms=now_ms,
                    account_id=due.account_id,
                    details={"kind": payment.kind, "amount_cents": due.amount_cents},
                )
                await repository.insert_payment(connection, payment)
                await record(connection, entry)
                return payment
        return None

    async def _resolve(self, payment: Payment) -> None:
        """Ask the provider for a payment, and book the answer; without one, the payment stays open."""
        async with self._turns:
            try:
                await self._ask(payment)
            except ExpectedError as error:
                facts = {"payment": payment.id, "reason": error.message}
                _log.warning("what became of an automatic payment is not known yet", extra=facts)
            except Exception:  # noqa: BLE001 - A bug with one payment must not keep other accounts without credits.
                _log.exception("an automatic payment could not be dealt with", extra={"payment": payment.id})

    async def _ask(self, payment: Payment) -> None:
        if payment.provider_payment is not None:
            await self._ask_for_order(payment, payment.provider_payment)
            return
        age_ms = self._clock.now_ms() - payment.created_at_ms
        if age_ms >= GIVE_UP_MS:
            await self._settle.settle(payment, Failed(reason="no_answer", is_final=True))
        if age_ms >= ASK_AGAIN_MS:
            return
        assert payment.customer is not None, "an automatic payment has a saved method"
        assert payment.method is not None, "an automatic payment has a saved method"
        wanted = WantedCharge(
            payment_id=payment.id,
            amount_cents=payment.amount_cents,
            method=SavedMethod(payment.customer, payment.method),
        )
        outcome = await self._provider.charge(wanted)
        if isinstance(outcome, Pending):
            async with self._database.begin() as connection:
                name, now_ms = outcome.provider_payment, self._clock.now_ms()
                await repository.note_provider_payment(connection, payment.id, name, now_ms)
        else:
            await self._settle.settle(payment, outcome)

    async def _ask_for_order(self, payment: Payment, name: str) -> None:
        """Look after a payment that the provider has taken as an order. An event tells of it; this is for lost ones."""
        now_ms = self._clock.now_ms()
        if now_ms - payment.created_at_ms < ASK_AGAIN_MS or now_ms - payment.updated_at_ms < HOUR_MS:
            return
        outcome = await self._provider.find_charge(name)
        if isinstance(outcome, Pending):
            async with self._database.begin() as connection:
                await repository.note_provider_payment(connection, payment.id, name, now_ms)
        else:
            await self._settle.settle(payment, outcome)

    async def _due(self, connection: "AsyncConnection", account_id: int | None = None) -> list[_DueTopUp]:
        """Return accounts that are to be topped up now; all that are, or the one if it is."""
        wallet = and_(ledger_accounts.c.kind == "wallet", ledger_accounts.c.account_id == auto_top_ups.c.account_id)
        query = (
            select(
                auto_top_ups.c.account_id,
                auto_top_ups.c.amount_cents,
                payment_methods.c.customer,
                payment_methods.c.method,
            )
            .join(accounts, accounts.c.id == auto_top_ups.c.account_id)
            .join(payment_methods, payment_methods.c.account_id == auto_top_ups.c.account_id)
            .outerjoin(ledger_accounts, wallet)
            .where(
                auto_top_ups.c.is_enabled,
                auto_top_ups.c.not_before_ms <= self._clock.now_ms(),
                accounts.c.status == AccountStatus.ACTIVE,
                payment_methods.c.provider == self._provider.name,
                func.coalesce(ledger_accounts.c.posted_credits, 0) < auto_top_ups.c.threshold_credits,
                ~repository.is_under_way(auto_top_ups.c.account_id),
            )
            .order_by(auto_top_ups.c.account_id)
            .limit(_ACCOUNTS_AT_ONCE)
        )
        if account_id is not None:
            query = query.where(auto_top_ups.c.account_id == account_id)
        return [_DueTopUp(*row) for row in await connection.execute(query)]
