"""Windows of time in query parameters: ``period``, or ``start`` with ``end``."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar.params import QueryParameter

from tollway.http.service.moments import moment_ms
from tollway.http.service.requests import query_error
from tollway.kit.clock import DAY_MS, HOUR_MS
from tollway.usage.calendar import find_zone
from tollway.usage.errors import UnknownTimeZoneError
from tollway.usage.slots import Span
from tollway.wire.refusals import describe

DAYS_MAX = 92
_WINDOW_MS_MAX = DAYS_MAX * DAY_MS
_PERIOD = re.compile(r"([1-9][0-9]{0,5})([hd])", re.ASCII)
_YEAR_9999_MS = 253_370_764_800_000
"""From then on the calendar has no next day, in some time zone or other."""
_UNITS_MS = {"h": HOUR_MS, "d": DAY_MS}

Period = Annotated[
    str | None,
    QueryParameter(
        name="period",
        schema_extra={"pattern": "^[1-9][0-9]{0,5}[hd]$"},
        description=f"The last hours or days until now, such as `24h` or `7d`; at most {DAYS_MAX} days. Either this, "
        "or `start` and `end`.",
    ),
]
Start = Annotated[
    str | None,
    QueryParameter(name="start", description="First moment, in ISO 8601; UTC where it has no offset. Needs `end`."),
]
End = Annotated[
    str | None,
    QueryParameter(
        name="end",
        description="The end, itself not included, in ISO 8601; UTC where it has no offset. Not before `start`, and at "
        f"most {DAYS_MAX} days after it.",
    ),
]


Timezone = Annotated[
    str,
    QueryParameter(
        name="timezone",
        description="Whose days and months are meant: the name of a time zone in the IANA database, in its exact "
        "spelling, such as `Europe/Berlin`.",
    ),
]


def read_window(period: str | None, start: str | None, end: str | None, now_ms: int) -> Span:
    """Read the window that a query asks for.

    Raises:
        InvalidQueryError: none is given, or both ways are mixed, or the window is wrong or too long.
    """
    if period is not None:
        if start is not None or end is not None:
            raise query_error("period", "either period, or start and end", "both")
        return Span(now_ms - _period_ms(period), now_ms)
    if start is None and end is None:
        raise query_error("period", "either period, such as 24h, or start and end", "neither")
    if start is None or end is None:
        missing = "start" if start is None else "end"
        raise query_error(missing, "a moment, as start and end belong together", "nothing")
    span = Span(moment_ms("start", start), moment_ms("end", end))
    if span.to_ms >= _YEAR_9999_MS:
        raise query_error("end", "a moment before the year 9999", describe(end))
    if span.to_ms < span.from_ms:
        raise query_error("end", f"a moment not before start ({start})", describe(end))
    if span.to_ms - span.from_ms > _WINDOW_MS_MAX:
        raise query_error("end", f"a moment at most {DAYS_MAX} days after start ({start})", describe(end))
    return span


def read_zone(parameter: str, name: str) -> ZoneInfo:
    """Read the time zone that a query names.

    Raises:
        InvalidQueryError: there is none of that name.
    """
    try:
        return find_zone(name)
    except UnknownTimeZoneError as error:
        expected = "the exact name of a time zone in the IANA database, such as Europe/Berlin"
        raise query_error(parameter, expected, describe(error.name)) from error


def _period_ms(period: str) -> int:
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise query_error("period", "a whole number of hours or days, such as 24h or 7d", describe(period))
    period_ms = int(found[1]) * _UNITS_MS[found[2]]
    if period_ms > _WINDOW_MS_MAX:
        raise query_error("period", f"at most {DAYS_MAX} days", describe(period))
    return period_ms
