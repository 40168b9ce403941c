"""A chart of bars as text, which every reader of a page can show."""

from collections.abc import Sequence

_WIDTH = 48
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bars(title: str, rows: Sequence[tuple[str, float, str]]) -> list[str]:
    """Draw one bar for each row of name, value and what is written beside it; the longest is the highest value."""
    highest = max((value for _, value, _ in rows), default=0.0) or 1.0
    names = max((len(name) for name, _, _ in rows), default=0)
    return [title, *(f"  {name.ljust(names)}  {_bar(value / highest)} {shown}" for name, value, shown in rows)]


def _bar(share: float) -> str:
    eighths = max(1, round(share * _WIDTH * 8))
    return _EIGHTHS[8] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
