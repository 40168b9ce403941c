"""Days of time zones, where clocks are changed too."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tollway.usage.calendar import days_of, find_zone
from tollway.usage.errors import UnknownTimeZoneError
from tollway.usage.slots import Span

HOUR_MS = 3_600_000


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", "2026-10-25", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        # Midnight itself is left out: the day begins at one o'clock.
        ("America/Sao_Paulo", "2018-11-04", 23),
        # Midnight comes twice: the day begins with the first of both.
        ("America/Havana", "2026-11-01", 25),
    ],
)
def test_days_have_as_many_hours_as_clocks_give_them(zone: str, day: str, hours: float) -> None:
    noon_ms = at(f"{day}T12:00:00")
    found = dict(days_of(Span(noon_ms - 72 * HOUR_MS, noon_ms + 72 * HOUR_MS), find_zone(zone)))

    span = found[date.fromisoformat(day)]
    assert (span.to_ms - span.from_ms) / HOUR_MS == hours


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"])
def test_each_moment_lies_in_the_day_that_its_clock_shows(zone: str) -> None:
    span = Span(at("2011-12-20T03:04:05"), at("2012-04-20T06:07:08"))
    found = list(days_of(span, find_zone(zone)))

    assert (found[0][1].from_ms, found[-1][1].to_ms) == (span.from_ms, span.to_ms)
    assert all(one.to_ms == other.from_ms for (_, one), (_, other) in pairwise(found))
    for day, part in found:
        for moment_ms in (part.from_ms, part.to_ms - 1):
            assert datetime.fromtimestamp(moment_ms / 1000, tz=ZoneInfo(zone)).date() == day


def test_a_day_that_was_left_out_is_left_out() -> None:
    """Samoa crossed the date line at the end of 2011."""
    found = [
        day.day for day, _ in days_of(Span(at("2011-12-28T12:00:00"), at("2012-01-02")), find_zone("Pacific/Apia"))
    ]

    assert found == [28, 29, 31, 1, 2]


def test_an_empty_span_has_no_days() -> None:
    assert list(days_of(Span(5, 5), find_zone("UTC"))) == []


@pytest.mark.parametrize("name", ["utc", "Europe", "+05:00", "../UTC", "", "Factory2", "europe/berlin", "posixrules"])
def test_other_names_are_no_zones(name: str) -> None:
    with pytest.raises(UnknownTimeZoneError) as caught:
        find_zone(name)

    assert caught.value.name == name
