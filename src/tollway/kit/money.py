"""Units of money and the one conversion between them.

A price is an integer of nano-USD per token, a balance an integer of credits: 1 USD is 2,000,000 credits, so one
credit is 500 nano-USD. Source: the contract's section on money.
"""

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache

NANOUSD_PER_USD = 1_000_000_000
CREDITS_PER_USD = 2_000_000
CENTS_PER_USD = 100
NANOUSD_PER_CREDIT = NANOUSD_PER_USD // CREDITS_PER_USD
# More digits than any amount in range has: what would be cut off is smaller than a credit, and the trap tells of it.
_EXACT = Context(prec=60, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[Inexact, InvalidOperation])


def credits_from_nanousd(amount_nanousd: int) -> int:
    """Turn an exact sum of nano-USD into whole credits, rounded up once."""
    return -(-amount_nanousd // NANOUSD_PER_CREDIT)


def credits_from_usd(amount_usd: Decimal) -> int:
    """Turn US dollars of a sensible size into credits, without any rounding.

    Raises:
        ValueError: the amount is not a whole number of credits.
    """
    message = f"{amount_usd} USD is not a whole number of credits (1 credit is 0.0000005 USD)"
    try:
        amount = _EXACT.multiply(amount_usd, Decimal(CREDITS_PER_USD))
    except (Inexact, InvalidOperation) as error:
        raise ValueError(message) from error
    if amount != amount.to_integral_value():
        raise ValueError(message)
    return int(amount)


@lru_cache(maxsize=4096)
def usd_text(amount_credits: int) -> str:
    """Write credits as a plain decimal of US dollars, exact and without an exponent: 391 becomes ``0.0001955``.

    Remembered, because each answer has the same amount in its body and in its headers.
    """
    sign = "-" if amount_credits < 0 else ""
    whole, rest = divmod(abs(amount_credits), CREDITS_PER_USD)
    fraction = f"{rest * 5:07d}".rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def usd_number(amount_credits: int) -> float:
    """Return credits as the number of US dollars that JSON shows: the one division, at the very end."""
    return amount_credits / CREDITS_PER_USD
