"""Usage as a caller meets it: sums that equal the log's own rows in every window, grouping and time zone."""

import random
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.contract import response_validator
from tests.support.usage_history import DAY_MS, History, refused, usage_history
from tests.support.usage_sums import Row, credits_of, group_of, grouped, moment, told_groups
from tollway.flows.keep_usage import KeepUsage
from tollway.keys.types import KeyKind

USAGE, DETAIL = "/v2/usage", "/v2/usage/detail"
GROUPINGS = ("day", "model", "day,model")
# Clocks were put back on 26 October and on 2 November of the year; India is half an hour off, Nepal a quarter.
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu")
validate_usage = response_validator("usage-v2.json", USAGE)
validate_detail = response_validator("usage-detail-v2.json", DETAIL)


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    async with usage_history(tmp_path) as one:
        yield one


async def detail(history: History, key: str, **query: str | int | list[str]) -> dict[str, Any]:
    found: dict[str, Any] = await history.told(key, DETAIL, **query)
    validate_detail(found)
    return found


async def total(history: History, key: str, **query: str | int | list[str]) -> dict[str, Any]:
    found: dict[str, Any] = await history.told(key, USAGE, **query)
    validate_usage(found)
    return found


def within(rows: list[Row], from_ms: int, to_ms: int) -> list[Row]:
    return [row for row in rows if from_ms <= row["started_at_ms"] < to_ms]


async def test_every_grouping_in_every_zone_is_what_the_log_says(history: History) -> None:
    rows = within(history.log_of(history.busy), history.now_ms - 92 * DAY_MS, history.now_ms)
    assert len({row["model_id"] for row in rows}) == 3
    whole = group_of(rows)
    for grouping in GROUPINGS:
        for zone in ZONES:
            found = await detail(history, history.busy, period="92d", group_by=grouping, tz=zone)
            assert told_groups(found, grouping) == grouped(rows, grouping, zone), (grouping, zone)
            assert (credits_of(found["spend"]), found["requests"]) == (whole["credits"], whole["requests"]["charged"])
            assert (found["start"], found["end"]) == (moment(history.now_ms - 92 * DAY_MS), moment(history.now_ms))


async def test_windows_begin_and_end_at_the_millisecond(history: History) -> None:
    rows, chance = history.log_of(history.busy), random.Random(5)
    borders = [chance.choice(rows)["started_at_ms"] + chance.choice((-1, 0, 1)) for _ in range(12)]
    borders += [history.now_ms - chance.randrange(92 * DAY_MS) for _ in range(12)]
    for first, second in zip(borders[::2], borders[1::2], strict=True):
        from_ms, to_ms = min(first, second), max(first, second)
        zone, grouping = chance.choice(ZONES), chance.choice(GROUPINGS)
        query = {"start": moment(from_ms), "end": moment(to_ms)}
        found = await detail(history, history.busy, **query, group_by=grouping, tz=zone)
        expected = within(rows, from_ms, to_ms)
        assert told_groups(found, grouping) == grouped(expected, grouping, zone)
        flat = await total(history, history.busy, **query)
        assert (credits_of(flat["spend"]), flat["requests"]) == (credits_of(found["spend"]), found["requests"])
        assert credits_of(flat["spend"]) == group_of(expected)["credits"]


async def test_models_and_groups_are_in_order(history: History) -> None:
    found = await detail(history, history.busy, period="92d", group_by="day,model", tz="Europe/Berlin")

    spends = [one["spend"] for one in found["models"]]
    assert spends == sorted(spends, reverse=True)
    assert sum(map(credits_of, spends)) == credits_of(found["spend"])
    places = [(group["day"], -group["spend"]) for group in found["groups"]]
    assert places == sorted(places)


async def test_without_grouping_there_are_no_groups_and_groups_name_only_what_made_them(history: History) -> None:
    assert "groups" not in await detail(history, history.busy, period="7d")
    for grouping in ("day", "model"):
        found = await detail(history, history.busy, period="7d", group_by=grouping)
        assert {name for group in found["groups"] for name in group} & {"day", "model"} == {grouping}


async def test_an_empty_window_and_an_idle_key_are_no_fault(history: History) -> None:
    now = moment(history.now_ms)
    for key, query in ((history.busy, {"start": now, "end": now}), (history.idle, {"period": "92d"})):
        found = await detail(history, key, **query, group_by="day")
        assert (found["spend"], found["requests"], found["models"], found["groups"]) == (0, 0, [], [])
        assert (await total(history, key, **query))["api_key_prefix"] is None


async def test_a_management_key_reads_every_key_of_its_account(history: History) -> None:
    for key in (history.busy, history.second, history.idle):
        own = await total(history, key, period="92d")
        found = await total(history, history.manager, period="92d", key_prefix=key[:8])
        assert found == own | {"api_key_prefix": key[:8]}
        assert found == await total(history, key, period="92d", key_prefix=key[:8])
    # Its own numbers are those of a key that calls no models.
    assert (await total(history, history.manager, period="92d"))["requests"] == 0


async def test_a_deleted_key_leaves_its_usage_behind(history: History) -> None:
    before = await total(history, history.manager, period="92d", key_prefix=history.second[:8])
    answer = await history.world.client.delete(
        f"/v1/keys/{history.second[:8]}", headers=history.world.auth(history.manager)
    )
    assert answer.status_code == 200

    assert before["requests"] > 0
    assert await total(history, history.manager, period="92d", key_prefix=history.second[:8]) == before


@pytest.mark.parametrize("path", [USAGE, DETAIL, "/v2/logs"])
async def test_nobody_reads_what_is_not_theirs(history: History, path: str) -> None:
    operator = await history.world.key("op@example.com", KeyKind.OPERATOR)
    cases = (
        (history.busy, history.second[:8], 403, "management key"),
        (history.busy, history.foreign[:8], 403, "management key"),
        (history.busy, "twk00000", 403, "management key"),
        (history.manager, history.foreign[:8], 404, f"'{history.foreign[:8]}'"),
        (history.manager, "twk00000", 404, "'twk00000'"),
        (history.manager, history.busy, 404, f"no key with the prefix '{history.busy[:8]}'"),
        (history.foreign_manager, history.busy[:8], 404, f"'{history.busy[:8]}'"),
        (operator, history.busy[:8], 403, "operator key"),
    )
    for key, prefix, status, word in cases:
        answer = await history.ask(key, path, period="24h", key_prefix=prefix)
        refused(answer, status, word)
        assert history.busy not in answer.text


WINDOW = {"start": "2025-11-01T00:00:00Z", "end": "2025-11-02T00:00:00Z"}


WRONG_WINDOWS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({}, ("period", "either period", "neither")),
    ({"period": "24h", **WINDOW}, ("period", "both")),
    ({"period": "24h", "start": WINDOW["start"]}, ("period", "both")),
    ({"start": WINDOW["start"]}, ("end", "nothing")),
    ({"end": WINDOW["end"]}, ("start", "nothing")),
    *[({"period": text}, ("period", "whole number of hours or days")) for text in ("", "h", "0h", "-1d", "1w")],
    *[({"period": text}, ("period", f"'{text}'")) for text in ("1.5h", "24H", "24 h", "\u0661h", "024h")],
    *[({"period": text}, ("period", "at most 92 days")) for text in ("93d", "2209h", "999999d")],
    ({"start": WINDOW["end"], "end": WINDOW["start"]}, ("end", "not before start")),
    ({"start": "2025-08-01", "end": "2025-11-01T00:00:00.001Z"}, ("end", "92 days after start")),
    *[
        ({"start": f"9999-12-30T{hour}:00:00Z", "end": f"9999-12-31T{hour}:00:00Z"}, ("end", "before the year 9999"))
        for hour in ("00", "12", "23")
    ],
    ({"start": "yesterday", "end": WINDOW["end"]}, ("start", "ISO 8601", "'yesterday'")),
    ({"start": "2025-02-30", "end": WINDOW["end"]}, ("start", "calendar", "string '2025-02-30'")),
    ({"start": "2025-11-01T00:00:00 01:00", "end": WINDOW["end"]}, ("start", "%2B")),
    ({"start": "1969-12-31", "end": "1970-01-01"}, ("start", "1970")),
    ({"period": "24h", "prefix": "x"}, ("prefix", "an unknown parameter", "key_prefix")),
    ({"period": ["24h", "7d"]}, ("period", "one value", "2 values")),
]


@pytest.mark.parametrize("path", [USAGE, DETAIL, "/v2/logs"])
async def test_wrong_windows(tmp_path: Path, path: str) -> None:
    async with usage_history(tmp_path, calls=1) as history:
        for query, words in WRONG_WINDOWS:
            refused(await history.ask(history.busy, path, **query), 400, "Query validation error: ", *words)


MOMENTS = [
    ("2025-11-01", "2025-11-02T00:00", ("2025-11-01T00:00:00.000Z", "2025-11-02T00:00:00.000Z")),
    ("2025-11-01T02:00:00+02:00", "2025-11-01T05:30:00+05:30", ("2025-11-01T00:00:00.000Z",) * 2),
    ("2025-11-01t00:00:00.25z", "2025-11-01T00:00:01", ("2025-11-01T00:00:00.250Z", "2025-11-01T00:00:01.000Z")),
    ("2025-08-01", "2025-11-01", ("2025-08-01T00:00:00.000Z", "2025-11-01T00:00:00.000Z")),
]


async def test_how_moments_may_be_written(tmp_path: Path) -> None:
    async with usage_history(tmp_path, calls=1) as history:
        for start, end, read in MOMENTS:
            found = await total(history, history.busy, start=start, end=end)
            assert (found["start"], found["end"]) == read


WRONG_BREAKDOWNS: list[tuple[dict[str, str], tuple[str, ...]]] = [
    *[
        ({"group_by": "day", "tz": name}, ("tz", "exact name of a time zone", f"'{name}'"))
        for name in ("utc", "+05:00", "europe/berlin", "Mars/Base", "../etc/passwd", "", "Europe", "EUROPE/BERLIN")
    ],
    ({"tz": "Nowhere"}, ("tz", "exact name")),
    *[
        ({"group_by": name}, ("group_by", "day, model, day,model", f"'{name}'"))
        for name in ("model,day", "key", "", "Day")
    ],
]


async def test_wrong_breakdowns(tmp_path: Path) -> None:
    async with usage_history(tmp_path, calls=1) as history:
        for query, words in WRONG_BREAKDOWNS:
            refused(await history.ask(history.busy, DETAIL, period="24h", **query), 400, *words)
        # A total has nowhere to put a breakdown.
        for name in ("group_by", "tz"):
            refused(await history.ask(history.busy, USAGE, period="24h", **{name: "day"}), 400, name, DETAIL)


async def test_sums_outlive_the_rows_that_they_were_made_of(history: History) -> None:
    """Windows that follow each other still add up, wherever in a slot they meet."""
    rows = history.log_of(history.busy)
    whole = {"start": moment(history.now_ms - 92 * DAY_MS), "end": moment(history.now_ms)}
    before = await total(history, history.busy, **whole)
    history.clock.moment_ms += 60 * DAY_MS
    deleted = await KeepUsage(history.world.database, history.clock, keep_days=92).run_once()
    left = history.log_of(history.busy)
    assert deleted >= len(rows) - len(left) > len(rows) // 3

    assert await total(history, history.busy, **whole) == before
    chance = random.Random(11)
    inner = sorted(history.now_ms - chance.randrange(92 * DAY_MS) for _ in range(30))
    borders = [history.now_ms - 92 * DAY_MS, *inner, history.now_ms]
    parts = [
        await total(history, history.busy, start=moment(from_ms), end=moment(to_ms))
        for from_ms, to_ms in pairwise(borders)
    ]
    assert sum(credits_of(part["spend"]) for part in parts) == credits_of(before["spend"])
    assert sum(part["requests"] for part in parts) == before["requests"]
