"""Changes when an account is topped up by itself."""

from decimal import Decimal

from msgspec import Struct

from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.kit.errors import ConflictError
from tollway.kit.money import CENTS_PER_USD, CREDITS_PER_USD, usd_text
from tollway.payments.auto_top_up_settings import AutoTopUpSettings, find_settings, has_saved_method, store_settings
from tollway.wire.refusals import field_error

AMOUNT_USD_MIN = 5
AMOUNT_USD_MAX = 10_000
THRESHOLD_USD_MAX = 10_000


class AutoTopUpNotPossibleError(ConflictError):
    """Nothing could take the payments, so a promise to top up would be empty."""

    default_code = "auto_top_up_not_possible"


class AutoTopUpChange(Struct, frozen=True, kw_only=True):
    """The wanted settings; a number that is None stays as it was."""

    is_enabled: bool
    threshold_usd: Decimal | None = None
    amount_usd: Decimal | None = None


class SetAutoTopUp:
    """Stores the settings of an account, with an entry in the audit trail.

    ``provider`` is the payment provider's name, or None where none is configured.
    """

    def __init__(self, database: Database, clock: Clock, provider: str | None) -> None:
        self._database = database
        self._clock = clock
        self._provider = provider

    async def set(self, account_id: int, change: AutoTopUpChange, actor: Actor) -> AutoTopUpSettings:
        """Change an account's settings and return the new ones; failures of the past are forgotten.

        Raises:
            InvalidBodyError: a number is out of range or too fine, or missing where nothing is stored yet.
            AutoTopUpNotPossibleError: there is no payment provider, or no saved payment method to take money from.
        """
        threshold_credits = None if change.threshold_usd is None else _threshold_credits(change.threshold_usd)
        amount_cents = None if change.amount_usd is None else amount_cents_of(change.amount_usd)
        now_ms = self._clock.now_ms()
        async with self._database.begin() as connection:
            before = await find_settings(connection, account_id)
            after = AutoTopUpSettings(
                is_enabled=change.is_enabled,
                threshold_credits=before.threshold_credits if threshold_credits is None else threshold_credits,
                amount_cents=before.amount_cents if amount_cents is None else amount_cents,
            )
            if after.is_enabled:
                if not after.amount_cents:
                    raise field_error("amount", "an amount in US dollars, as none was ever set", "nothing")
                if not after.threshold_credits:
                    raise field_error("threshold", "more than 0, as no balance is ever below 0", "number 0")
                if self._provider is None:
                    raise AutoTopUpNotPossibleError(
                        "Auto top-up needs a payment provider, and this server has none configured."
                    )
                if not await has_saved_method(connection, account_id, self._provider):
                    raise AutoTopUpNotPossibleError(
                        "Auto top-up needs a saved payment method. Pay once through POST /v2/billing/checkout with "
                        "save_method set to true, then enable it."
                    )
            await store_settings(connection, account_id, after, now_ms)
            entry = new_entry(
                actor=actor,
                action="auto_top_up.update",
                subject=str(account_id),
                now_ms=now_ms,
                account_id=account_id,
                details={"before": _told(before), "after": _told(after)},
            )
            await record(connection, entry)
        return after


def _threshold_credits(threshold_usd: Decimal) -> int:
    return _whole_units(
        "threshold", threshold_usd, 0, THRESHOLD_USD_MAX, CREDITS_PER_USD, "whole credits (0.0000005 USD each)"
    )


def amount_cents_of(amount_usd: Decimal) -> int:
    """Turn the US dollars of a payment into cents.

    Raises:
        InvalidBodyError: the amount is out of range, or no whole number of cents.
    """
    return _whole_units("amount", amount_usd, AMOUNT_USD_MIN, AMOUNT_USD_MAX, CENTS_PER_USD, "whole cents")


def _whole_units(  # noqa: PLR0913, PLR0917 - The rule of one field.
    field: str, amount_usd: Decimal, usd_min: int, usd_max: int, units_per_usd: int, unit: str
) -> int:
    """Turn US dollars into whole units of a field's own.

    Raises:
        InvalidBodyError: the amount is out of range, or no whole number of units.
    """
    units = amount_usd * units_per_usd
    if not usd_min <= amount_usd <= usd_max or units != units.to_integral_value():
        raise field_error(field, f"US dollars from {usd_min} to {usd_max} in {unit}", f"number {amount_usd}")
    return int(units)


def _told(settings: AutoTopUpSettings) -> dict[str, object]:
    """Write settings for the audit trail."""
    return {
        "is_enabled": settings.is_enabled,
        "threshold_usd": usd_text(settings.threshold_credits),
        "amount_cents": settings.amount_cents,
    }
