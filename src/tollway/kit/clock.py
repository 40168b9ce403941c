"""Time as a port, so that tests and simulations can hold the clock."""

import time
from datetime import UTC, datetime
from typing import Annotated, Protocol

from msgspec import Meta

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Clock(Protocol):
    """What the product asks of time."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds of a clock that never goes back; only differences have a meaning."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        return time.time_ns() // 1_000_000

    monotonic_s = staticmethod(time.monotonic)
    """Seconds of the machine's monotonic clock; no call of ours lies between, as requests ask for it all the time."""


MomentText = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""A moment as `iso_utc` writes it, for the fields of answers."""


def iso_utc(moment_ms: int) -> str:
    """Write a moment as ISO 8601 in UTC with milliseconds and ``Z``."""
    moment = datetime.fromtimestamp(moment_ms / 1000, tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment_ms % 1000:03d}Z"
