"""The spend limit of a key: from US dollars, and merged with the limit that was there before."""

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation

from msgspec import UNSET

from tollway.keys.errors import WrongKeyFieldError
from tollway.keys.types import LimitUpdate
from tollway.kit.money import CREDITS_PER_USD
from tollway.wire.refusals import shorten

LIMIT_USD_MAX = 100_000_000
"""Up to here a limit has at most 15 digits, so that it comes back unchanged from every client that reads JSON numbers
as floats of 64 bits."""
LIMIT_CREDITS_MAX = LIMIT_USD_MAX * CREDITS_PER_USD
THRESHOLD = "limit.threshold"
NO_RESET = "no_reset"
# More digits than any limit in range has: what is cut off here is smaller than a credit, and the trap tells of it.
_EXACT = Context(prec=40, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[Inexact, InvalidOperation])


def limit_credits_from_usd(text: str) -> int:
    """Turn US dollars, as they were written, into whole credits, without any rounding.

    Raises:
        WrongKeyFieldError: it is no number, out of range, or finer than a credit.
    """
    received = f"number {shorten(text)}"
    try:
        amount_usd = Decimal(text)
        is_in_range = 0 <= amount_usd <= LIMIT_USD_MAX
    except InvalidOperation as error:
        # A number with an exponent beyond all bounds comes here too.
        raise WrongKeyFieldError(THRESHOLD, "a number of US dollars", f"'{shorten(text)}'") from error
    if not is_in_range:
        raise WrongKeyFieldError(THRESHOLD, f"0 to {LIMIT_USD_MAX} US dollars", received)
    limit_credits = _whole_credits(amount_usd)
    if limit_credits is None:
        expected = "a whole number of credits (1 credit is 0.0000005 US dollars), as nothing finer can be counted"
        raise WrongKeyFieldError(THRESHOLD, expected, received)
    return limit_credits


def _whole_credits(amount_usd: Decimal) -> int | None:
    try:
        limit_credits = _EXACT.multiply(amount_usd, Decimal(CREDITS_PER_USD))
    except Inexact:
        return None
    return int(limit_credits) if limit_credits == limit_credits.to_integral_value() else None


def merged_limit(limit_credits: int | None, period: str, update: LimitUpdate) -> tuple[int, str]:
    """Return credits and period of a limit after an update, given those that there were before.

    Raises:
        WrongKeyFieldError: there was no limit, and the update names no amount.
    """
    if limit_credits is None:
        period = NO_RESET
    merged_credits = limit_credits if update.limit_credits is UNSET else update.limit_credits
    if merged_credits is None:
        raise WrongKeyFieldError(THRESHOLD, "a number of US dollars, as the key has no limit yet", "nothing")
    return merged_credits, period if update.period is UNSET else update.period
