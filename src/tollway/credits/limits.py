"""When the periods of spend limits begin: at 00:00 UTC, weeks on Monday, months on the first."""

from datetime import UTC, datetime, timedelta

from tollway.credits.types import LimitPeriod
from tollway.kit.clock import DAY_MS


def day_start_ms(moment_ms: int) -> int:
    """Return the start of the UTC day that holds the moment."""
    return moment_ms - moment_ms % DAY_MS


def period_start_ms(period: LimitPeriod, moment_ms: int) -> int:
    """Return the start of the period that holds the moment, in Unix milliseconds; 0 for a limit without reset."""
    if period is LimitPeriod.NO_RESET:
        return 0
    if period is LimitPeriod.DAY:
        return day_start_ms(moment_ms)
    day = datetime.fromtimestamp(day_start_ms(moment_ms) // 1000, tz=UTC)
    first = day - timedelta(days=day.weekday()) if period is LimitPeriod.WEEK else day.replace(day=1)
    return int(first.timestamp()) * 1000


def period_end_ms(period: LimitPeriod, moment_ms: int) -> int | None:
    """Return the start of the period after the one that holds the moment; None for a limit without reset."""
    if period is LimitPeriod.NO_RESET:
        return None
    # Longer than any period, and shorter than two of the shortest that is longer than a day.
    beyond_days = {LimitPeriod.DAY: 1, LimitPeriod.WEEK: 7, LimitPeriod.MONTH: 31}[period]
    return period_start_ms(period, period_start_ms(period, moment_ms) + beyond_days * DAY_MS)
