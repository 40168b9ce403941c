"""Days and months of time zones."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from tollway.usage.errors import UnknownTimeZoneError
from tollway.usage.slots import Span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DAY = timedelta(days=1)


def find_zone(name: str) -> ZoneInfo:
    """Find a time zone by its name in the IANA database, in exactly that spelling.

    Raises:
        UnknownTimeZoneError: there is none of that name.
    """
    if name not in _zone_names():
        raise UnknownTimeZoneError(name)
    return ZoneInfo(name)


def days_of(span: Span, zone: ZoneInfo) -> Iterator[tuple[date, Span]]:
    """Cut a span at each midnight of a zone, and name the day of each part; oldest first.

    A day begins at its first moment: where the clock is put forward over midnight, that is when it is put forward, and
    where midnight comes twice, it is the first of both. A day that a zone left out has no part.
    """
    if span.from_ms >= span.to_ms:
        return
    day = (_EPOCH + span.from_ms * _MILLISECOND).astimezone(zone).date()
    from_ms = span.from_ms
    while from_ms < span.to_ms:
        to_ms = min(_begins_ms(day + _DAY, zone), span.to_ms)
        if from_ms < to_ms:
            yield day, Span(from_ms, to_ms)
            from_ms = to_ms
        day += _DAY


def month_span(year: int, month: int, zone: ZoneInfo) -> Span:
    """Return the span of a calendar month of a zone, which begins at the first moment of its first day."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return Span(_begins_ms(date(year, month, 1), zone), _begins_ms(following, zone))


def _begins_ms(day: date, zone: ZoneInfo) -> int:
    # A midnight that the clock leaves out is read with the offset before, which makes it the moment of the change.
    return (datetime.combine(day, time.min, zone) - _EPOCH) // _MILLISECOND


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())
