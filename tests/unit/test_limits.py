from datetime import UTC, datetime

import pytest

from tollway.credits.limits import period_start_ms
from tollway.credits.types import LimitPeriod


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("period", "moment", "start"),
    [
        (LimitPeriod.DAY, "2025-11-23T12:34:56", "2025-11-23"),
        (LimitPeriod.DAY, "2025-11-23T00:00:00", "2025-11-23"),
        (LimitPeriod.DAY, "2025-11-23T23:59:59.999", "2025-11-23"),
        (LimitPeriod.WEEK, "2025-11-23T23:59:59.999", "2025-11-17"),  # A Sunday belongs to the Monday before.
        (LimitPeriod.WEEK, "2025-11-24T00:00:00", "2025-11-24"),
        (LimitPeriod.WEEK, "2026-01-01T08:00:00", "2025-12-29"),  # Across the turn of the year.
        (LimitPeriod.MONTH, "2024-02-29T08:00:00", "2024-02-01"),
        (LimitPeriod.MONTH, "2025-12-31T23:59:59.999", "2025-12-01"),
        (LimitPeriod.MONTH, "2026-01-01T00:00:00", "2026-01-01"),
    ],
)
def test_periods_begin_at_midnight_utc(period: LimitPeriod, moment: str, start: str) -> None:
    assert period_start_ms(period, ms(moment)) == ms(start)


def test_a_limit_without_reset_counts_from_the_beginning() -> None:
    assert period_start_ms(LimitPeriod.NO_RESET, ms("2025-11-23T12:00:00")) == 0
