"""What can go wrong with money, in the words that the caller reads."""

from tollway.credits.types import LimitPeriod, SpendLimit
from tollway.kit.errors import ConflictError, PermissionDeniedError, UnavailableError
from tollway.kit.money import usd_text

BILLING_PAGE = "/app/billing"
KEYS_PAGE = "/app/keys"
_PERIOD_NAMES = {
    LimitPeriod.NO_RESET: "in total",
    LimitPeriod.DAY: "per day",
    LimitPeriod.WEEK: "per week",
    LimitPeriod.MONTH: "per month",
}


class OutOfCreditsError(PermissionDeniedError):
    """The wallet cannot pay for what was asked."""

    default_code = "insufficient_credits"

    def __init__(self, available_credits: int, needed_credits: int) -> None:
        super().__init__(
            f"Out of credits: this request needs {needed_credits} credits and the balance has {available_credits} "
            f"credits (${usd_text(available_credits)}) available. Top up at {BILLING_PAGE}."
        )


class KeyLimitReachedError(PermissionDeniedError):
    """The key's spend limit cannot pay for what was asked."""

    default_code = "key_limit_reached"

    def __init__(self, limit: SpendLimit, left_credits: int, needed_credits: int) -> None:
        super().__init__(
            f"Key limit reached: this key may spend {limit.limit_credits} credits (${usd_text(limit.limit_credits)}) "
            f"{_PERIOD_NAMES[limit.period]}, {max(left_credits, 0)} are left and this request needs {needed_credits}. "
            f"Change the limit at {KEYS_PAGE}."
        )


class LedgerUnavailableError(UnavailableError):
    """The books could not be written, so nothing was changed and nothing may be sent."""

    default_code = "ledger_unavailable"

    def __init__(self, message: str = "The ledger cannot be written at present.") -> None:
        super().__init__(message, retry_after_s=1)


class GrantConflictError(ConflictError):
    """The reference was used before, for another account or another amount."""

    default_code = "reference_used"


class CompanionConflictError(ConflictError):
    """A row that was to be written with a movement contradicts what is stored, so that nothing was changed."""

    default_code = "companion_conflict"


class UnknownAccountError(ConflictError):
    """There is no account that could have the wallet."""

    default_code = "unknown_account"


class LedgerLockedError(UnavailableError):
    """Another process owns the ledger of this database."""

    default_code = "ledger_locked"
