"""When an account is topped up by itself: the settings in the database. Callers own the transaction."""

from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import delete, insert, select, update

from tollway.payments.tables import auto_top_ups, payment_methods

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class AutoTopUpSettings(Struct, frozen=True, kw_only=True):
    """The settings of one account; those of an account that never set any are the defaults.

    Attributes:
        threshold_credits: a balance below it is topped up.
        amount_cents: what is paid each time, in US cents.
        failures: payments that failed one after the other since the last success or change.
    """

    is_enabled: bool = False
    threshold_credits: int = 0
    amount_cents: int = 0
    failures: int = 0


async def find_settings(connection: "AsyncConnection", account_id: int) -> AutoTopUpSettings:
    """Return an account's settings, or the defaults."""
    query = select(
        auto_top_ups.c.is_enabled,
        auto_top_ups.c.threshold_credits,
        auto_top_ups.c.amount_cents,
        auto_top_ups.c.failures,
    ).where(auto_top_ups.c.account_id == account_id)
    row = (await connection.execute(query)).first()
    return AutoTopUpSettings() if row is None else AutoTopUpSettings(**row._mapping)  # noqa: SLF001 - its public name


async def store_settings(
    connection: "AsyncConnection", account_id: int, settings: AutoTopUpSettings, now_ms: int
) -> None:
    """Store an account's settings in place of earlier ones; the next payment may be made at once."""
    await connection.execute(delete(auto_top_ups).where(auto_top_ups.c.account_id == account_id))
    await connection.execute(
        insert(auto_top_ups).values(
            account_id=account_id,
            is_enabled=settings.is_enabled,
            threshold_credits=settings.threshold_credits,
            amount_cents=settings.amount_cents,
            failures=settings.failures,
            not_before_ms=0,
            updated_at_ms=now_ms,
        )
    )


async def store_failure(
    connection: "AsyncConnection", account_id: int, settings: AutoTopUpSettings, not_before_ms: int, now_ms: int
) -> None:
    """Store what a failed payment has changed, and when the next one may be made."""
    await connection.execute(
        update(auto_top_ups)
        .where(auto_top_ups.c.account_id == account_id)
        .values(
            is_enabled=settings.is_enabled,
            failures=settings.failures,
            not_before_ms=not_before_ms,
            updated_at_ms=now_ms,
        )
    )


async def forget_failures(connection: "AsyncConnection", account_id: int, now_ms: int) -> None:
    """Note that an automatic payment has succeeded, so that the next one may be made at once."""
    await connection.execute(
        update(auto_top_ups)
        .where(auto_top_ups.c.account_id == account_id)
        .values(failures=0, not_before_ms=0, updated_at_ms=now_ms)
    )


async def has_saved_method(connection: "AsyncConnection", account_id: int, provider: str) -> bool:
    """Say whether the account has a saved method with which the provider can take payments by itself."""
    query = select(payment_methods.c.account_id).where(
        payment_methods.c.account_id == account_id, payment_methods.c.provider == provider
    )
    return (await connection.execute(query)).first() is not None
