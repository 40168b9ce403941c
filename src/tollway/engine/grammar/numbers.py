"""Whole numbers and decimal numbers within bounds, written digit by digit."""

import math

from tollway.engine.grammar.gbnf import literal

_SPREAD_DIGITS = 6
"""How many digits longer than its one bound a number may be when it has no other bound."""


def whole_bounds(
    low: float | None, high: float | None, *, open_low: bool, open_high: bool
) -> tuple[int | None, int | None]:
    """Return the first and the last whole number within bounds, of which the open ones are not included."""
    first = None if low is None else math.ceil(low) + (open_low and math.ceil(low) == low)
    last = None if high is None else math.floor(high) - (open_high and math.floor(high) == high)
    return first, last


def integers_between(low: int | None, high: int | None) -> str | None:
    """Write every whole number from ``low`` to ``high``, both included; None when there is none.

    Where one bound is missing the numbers stay within a few more digits than the other one has.
    """
    low, high = _closed(low, high)
    if low > high:
        return None
    parts = []
    if low < 0:
        parts.append(f"{literal('-')} ({_naturals(max(1, -high), -low)})")
    if high >= 0:
        parts.append(_naturals(max(0, low), high))
    return "(" + " | ".join(parts) + ")"


def numbers_between(
    low: float | None, high: float | None, *, open_low: bool = False, open_high: bool = False
) -> str | None:
    """Write whole numbers and decimal fractions within the bounds; None when none can be written.

    A fraction belongs to a whole number whose whole unit lies within the bounds: 0.5 is written where both 0 and 1
    are bounds or lie within them.
    """
    units = _with_fraction(*whole_bounds(low, high, open_low=False, open_high=False))
    whole = integers_between(*whole_bounds(low, high, open_low=open_low, open_high=open_high))
    parts = [part for part in (whole, units) if part]
    return "(" + " | ".join(parts) + ")" if parts else None


def _with_fraction(low: int | None, high: int | None) -> str | None:
    """Write numbers with a fraction that is not zero, strictly between the bounds."""
    low, high = _closed(low, high)
    parts = []
    if low < 0 and high > low:
        # -n.f lies between -n-1 and -n.
        parts.append(f"{literal('-')} ({_naturals(max(0, -high), -low - 1)}) fraction")
    if high > 0 and high > low:
        parts.append(f"({_naturals(max(0, low), high - 1)}) fraction")
    return " | ".join(parts) or None


def _closed(low: int | None, high: int | None) -> tuple[int, int]:
    if low is None:
        low = -(10 ** (_digits(high) + _SPREAD_DIGITS))
    if high is None:
        high = 10 ** (_digits(low) + _SPREAD_DIGITS)
    return low, high


def _digits(bound: int | None) -> int:
    return len(str(abs(bound or 0)))


def _naturals(low: int, high: int) -> str:
    """Write the numbers from ``low`` to ``high``, neither negative, one alternative for each number of digits."""
    parts = []
    for length in range(len(str(low)), len(str(high)) + 1):
        least = max(low, 10 ** (length - 1) if length > 1 else 0)
        parts.append(_same_length(str(least), str(min(high, 10**length - 1))))
    return " | ".join(parts)


def _same_length(low: str, high: str) -> str:
    if not low:
        return '""'
    rest = len(low) - 1
    if set(low) == {"0"} and set(high) == {"9"}:
        return f"[0-9]{{{len(low)}}}"
    if not rest:
        return f"[{low}-{high}]"
    if low[0] == high[0]:
        return f"{literal(low[0])} ({_same_length(low[1:], high[1:])})"
    parts = [f"{literal(low[0])} ({_same_length(low[1:], '9' * rest)})"]
    if int(high[0]) - int(low[0]) > 1:
        parts.append(f"[{int(low[0]) + 1}-{int(high[0]) - 1}] [0-9]{{{rest}}}")
    parts.append(f"{literal(high[0])} ({_same_length('0' * rest, high[1:])})")
    return " | ".join(parts)
