"""Payments in the database. Callers own the transaction."""

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import ColumnElement, Exists, Row, delete, exists, func, insert, select, update

from tollway.payments.tables import payment_events, payment_methods, payment_refunds, payments
from tollway.payments.types import Payment, PaymentKind, PaymentStatus, SavedMethod

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_NOT_PAID = (PaymentStatus.OPEN, PaymentStatus.FAILED, PaymentStatus.EXPIRED)


async def insert_payment(connection: "AsyncConnection", payment: Payment) -> None:
    """Store a payment that begins."""
    await connection.execute(insert(payments), msgspec.structs.asdict(payment))


async def find_payment(connection: "AsyncConnection", payment_id: str) -> Payment | None:
    """Look a payment up by our own name of it."""
    row = (await connection.execute(select(payments).where(payments.c.id == payment_id))).first()
    return None if row is None else _payment(row)


async def find_provider_payment(connection: "AsyncConnection", provider: str, name: str) -> Payment | None:
    """Look a payment up by the provider's name of it."""
    query = select(payments).where(payments.c.provider == provider, payments.c.provider_payment == name)
    row = (await connection.execute(query)).first()
    return None if row is None else _payment(row)


async def list_payments(
    connection: "AsyncConnection",
    *,
    at_most: int,
    before_id: str | None = None,
    account_id: int | None = None,
    status: PaymentStatus | None = None,
) -> list[Payment]:
    """The newest payments, newest first: older than ``before_id``, of one account and of one status where given."""
    query = select(payments).order_by(payments.c.id.desc()).limit(at_most)
    if before_id is not None:
        query = query.where(payments.c.id < before_id)
    if account_id is not None:
        query = query.where(payments.c.account_id == account_id)
    if status is not None:
        query = query.where(payments.c.status == status)
    return [_payment(row) for row in await connection.execute(query)]


async def payments_under_way(connection: "AsyncConnection", provider: str) -> list[Payment]:
    """Return the automatic payments of which nobody knows yet what became, oldest first."""
    query = (
        select(payments)
        .where(
            payments.c.kind == PaymentKind.AUTO,
            payments.c.status == PaymentStatus.OPEN,
            payments.c.provider == provider,
        )
        .order_by(payments.c.id)
    )
    return [_payment(row) for row in await connection.execute(query)]


def is_under_way(account_id: ColumnElement[int]) -> Exists:
    """Say, within a query, whether an automatic payment of an account is open."""
    return exists().where(
        payments.c.account_id == account_id,
        payments.c.kind == PaymentKind.AUTO,
        payments.c.status == PaymentStatus.OPEN,
    )


async def note_session(connection: "AsyncConnection", payment_id: str, session: str, now_ms: int) -> None:
    """Store the provider's name of a payment's checkout."""
    await _update(connection, payment_id, provider_session=session, updated_at_ms=now_ms)


async def note_provider_payment(connection: "AsyncConnection", payment_id: str, name: str, now_ms: int) -> None:
    """Store the provider's name of a payment."""
    await _update(connection, payment_id, provider_payment=name, updated_at_ms=now_ms)


async def open_refund(connection: "AsyncConnection", payment_id: str, key: str, cents: int, now_ms: int) -> None:
    """Note that a refund is asked for, of which nobody knows yet what becomes."""
    await _update(connection, payment_id, refund_key=key, refund_cents=cents, refund_asked_at_ms=now_ms)


async def close_refund(connection: "AsyncConnection", payment_id: str, key: str) -> None:
    """Note that it is known what became of a refund, unless another one was asked for since."""
    await connection.execute(
        update(payments)
        .where(payments.c.id == payment_id, payments.c.refund_key == key)
        .values(refund_key=None, refund_cents=None, refund_asked_at_ms=None)
    )


async def mark_paid(connection: "AsyncConnection", payment_id: str, provider_payment: str | None, now_ms: int) -> bool:
    """Note that a payment was paid and credited; return whether this is news."""
    values: dict[str, object] = {"status": PaymentStatus.PAID, "failure": None, "updated_at_ms": now_ms}
    if provider_payment is not None:
        values["provider_payment"] = provider_payment
    done = await connection.execute(
        update(payments).where(payments.c.id == payment_id, payments.c.status.in_(_NOT_PAID)).values(values)
    )
    return bool(done.rowcount)


async def mark_unpaid(
    connection: "AsyncConnection", payment_id: str, status: PaymentStatus, failure: str | None, now_ms: int
) -> bool:
    """Note that an open payment came to nothing; return whether this is news. What was paid stays paid."""
    done = await connection.execute(
        update(payments)
        .where(payments.c.id == payment_id, payments.c.status == PaymentStatus.OPEN)
        .values(status=status, failure=failure, updated_at_ms=now_ms)
    )
    return bool(done.rowcount)


async def mark_refunded(connection: "AsyncConnection", payment: Payment) -> None:
    """Note how much of a payment has been given back, unless more is noted already."""
    await connection.execute(
        update(payments)
        .where(payments.c.id == payment.id, payments.c.refunded_cents < payment.refunded_cents)
        .values(
            status=payment.status,
            refunded_cents=payment.refunded_cents,
            unrecovered_credits=payment.unrecovered_credits,
            updated_at_ms=payment.updated_at_ms,
        )
    )


async def taken_back_cents(connection: "AsyncConnection", payment_id: str) -> int:
    """Return up to which of its refunded cents credits of a payment have been taken back."""
    query = select(func.coalesce(func.max(payment_refunds.c.to_cents), 0)).where(
        payment_refunds.c.payment_id == payment_id
    )
    return int((await connection.execute(query)).scalar_one())


async def wanted_credits(connection: "AsyncConnection", payment_id: str) -> int:
    """Return how many credits refunds of a payment should have taken back."""
    query = select(func.coalesce(func.sum(payment_refunds.c.wanted_credits), 0)).where(
        payment_refunds.c.payment_id == payment_id
    )
    return int((await connection.execute(query)).scalar_one())


async def is_known_event(connection: "AsyncConnection", provider: str, event_id: str) -> bool:
    """Say whether an event was dealt with before."""
    query = select(payment_events.c.event_id).where(
        payment_events.c.provider == provider, payment_events.c.event_id == event_id
    )
    return (await connection.execute(query)).first() is not None


async def note_event(connection: "AsyncConnection", provider: str, event_id: str, kind: str, now_ms: int) -> None:
    """Note that an event was dealt with, where another delivery of it has not done so already."""
    if not await is_known_event(connection, provider, event_id):
        values = {"provider": provider, "event_id": event_id, "kind": kind, "received_at_ms": now_ms}
        await connection.execute(insert(payment_events), values)


async def store_method(connection: "AsyncConnection", payment: Payment, saved: SavedMethod) -> None:
    """Store the method that a payment was made with for later ones of the account, in place of an earlier one.

    News come in any order: what an older payment saved does not replace what a newer one did.
    """
    table = payment_methods.c
    newer = select(table.account_id).where(
        table.account_id == payment.account_id, table.updated_at_ms > payment.created_at_ms
    )
    if (await connection.execute(newer)).first() is not None:
        return
    await connection.execute(delete(payment_methods).where(table.account_id == payment.account_id))
    await connection.execute(
        insert(payment_methods).values(
            account_id=payment.account_id,
            provider=payment.provider,
            customer=saved.customer,
            method=saved.method,
            updated_at_ms=payment.created_at_ms,
        )
    )


async def _update(connection: "AsyncConnection", payment_id: str, **values: object) -> None:
    await connection.execute(update(payments).where(payments.c.id == payment_id).values(values))


def _payment(row: Row[Any]) -> Payment:
    fields = dict(row._mapping)  # noqa: SLF001 - its public name
    return Payment(**{**fields, "kind": PaymentKind(fields["kind"]), "status": PaymentStatus(fields["status"])})
