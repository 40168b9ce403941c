"""An account's usage as its signed-in owner meets it: all keys together equal the log's own rows."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.calls import Call, make_call
from tests.support.operator import refused
from tests.support.owner import Owner
from tests.support.service_world import OWNER
from tests.support.stored_books import StoredBooks
from tests.support.usage_history import DAY_MS, History, usage_history
from tests.support.usage_sums import Row, counted, group_of, grouped, moment, told_groups
from tollway.keys.playground import find_or_create_playground_key

USAGE, DETAIL = "/usage", "/usage/detail"
ZONES = ("UTC", "America/New_York", "Asia/Kathmandu")


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    async with usage_history(tmp_path, calls=300) as one:
        yield one


def rows_of_account(history: History, *keys: str) -> list[Row]:
    ids = {history.id(key) for key in keys}
    stored = StoredBooks(history.world.path.parent).receipts().values()
    return [row for row in stored if row["key_id"] in ids]


async def signed_in(history: History) -> Owner:
    return await Owner.sign_in(history.world)


async def test_all_keys_together_are_what_the_log_says(history: History) -> None:
    owner = await signed_in(history)
    rows = rows_of_account(history, history.busy, history.second)
    whole = group_of(rows)
    total = await owner.told(USAGE, period="92d")
    # A key that is gone has been used all the same.
    await owner.does("DELETE", f"/keys/{history.second[:8]}")
    for zone in ZONES:
        for grouping in ("day", "model", "day,model"):
            found = await owner.told(DETAIL, period="92d", group_by=grouping, timezone=zone)
            assert told_groups(found, grouping) == grouped(rows, grouping, zone), (grouping, zone)
            assert [group["credits"] / 2_000_000 for group in found["groups"]] == [
                group["spend"] for group in found["groups"]
            ]
    undivided = await owner.told(DETAIL, period="92d")
    assert {name: undivided[name] for name in total} == total
    assert total["tokens"].pop("thinking") == sum(row["reasoning_tokens"] for row in rows) > 0
    assert (total["credits"], total["tokens"], total["requests"]) == tuple(
        whole[name] for name in ("credits", "tokens", "requests")
    )
    assert total["start"] == moment(history.now_ms - 92 * DAY_MS)


@pytest.mark.parametrize("grouping", ["key", "day,key", "model,key", "day,model,key"])
async def test_groups_by_key_name_the_key(history: History, grouping: str) -> None:
    owner = await signed_in(history)
    await owner.does("PATCH", f"/keys/{history.busy[:8]}", {"name": "laptop"})
    found = await owner.told(DETAIL, period="92d", group_by=grouping, timezone="Asia/Kathmandu")

    rest = grouping.removesuffix("key").rstrip(",")
    for key, name in ((history.busy, "laptop"), (history.second, None)):
        groups = [group for group in found["groups"] if group["key"]["prefix"] == key[:8]]
        assert {(group["key"]["name"], group["key"]["kind"]) for group in groups} == {(name, "api")}
        rows = rows_of_account(history, key)
        told = told_groups({"groups": groups}, rest) if rest else {(): _plain(groups)}
        expected = grouped(rows, rest, "Asia/Kathmandu") if rest else {(): group_of(rows)}
        assert told == expected, grouping
    assert {group["key"]["prefix"] for group in found["groups"]} == {history.busy[:8], history.second[:8]}


def _plain(groups: list[dict[str, Any]]) -> dict[str, Any]:
    [group] = groups
    return {"credits": group["credits"], "tokens": counted(group["tokens"]), "requests": group["requests"]}


async def test_one_key_can_be_asked_about_and_only_an_own_one(history: History) -> None:
    owner = await signed_in(history)
    found = await owner.told(USAGE, period="92d", key_prefix=history.second[:8])
    assert found["credits"] == group_of(rows_of_account(history, history.second))["credits"]
    assert found["key_prefix"] == history.second[:8]
    unused = await owner.told(DETAIL, period="92d", key_prefix=history.idle[:8], group_by="day,key")
    assert (unused["credits"], unused["models"], unused["groups"]) == (0, [], [])
    for place in (USAGE, DETAIL):
        for prefix in (history.foreign[:8], "twkNobod", history.foreign):
            answer = await owner.ask("GET", place, params={"period": "92d", "key_prefix": prefix})
            refused(answer, 404, code="key_not_found")
            assert history.foreign not in answer.text


async def test_a_window_begins_and_ends_at_the_millisecond(history: History) -> None:
    owner = await signed_in(history)
    rows = rows_of_account(history, history.busy, history.second)
    moments = sorted(row["started_at_ms"] for row in rows)
    from_ms, to_ms = moments[40], moments[200]
    found = await owner.told(USAGE, start=moment(from_ms), end=moment(to_ms))
    inside = [row for row in rows if from_ms <= row["started_at_ms"] < to_ms]
    assert found["requests"] == group_of(inside)["requests"]
    assert found["credits"] == group_of(inside)["credits"]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({}, "period"),
        ({"period": "93d"}, "period"),
        ({"period": "1d", "group_by": "week"}, "group_by"),
        ({"period": "1d", "timezone": "Mars/Olympus"}, "timezone"),
        ({"period": "1d", "tz": "UTC"}, "tz"),
    ],
)
async def test_a_wrong_query_is_refused(history: History, query: dict[str, str], word: str) -> None:
    refused(await (await signed_in(history)).ask("GET", DETAIL, params=query), 400, word, code="invalid_query")


async def test_an_account_that_never_called_has_used_nothing(tmp_path: Path) -> None:
    async with usage_history(tmp_path, calls=1) as history:
        await history.world.account("new@example.com")
        owner = await Owner.sign_in(history.world, "new@example.com")
        found = await owner.told(DETAIL, period="92d", group_by="day,model,key")
        statement = await owner.told("/billing/statement", month="2025-11")

    assert (found["credits"], found["models"], found["groups"]) == (0, [], [])
    assert (statement["closing"]["credits"], statement["models"]) == (0, [])


async def test_the_playground_counts_and_is_no_key(history: History) -> None:
    world, clock = history.world, history.clock
    account_id = (await world.accounts.get(OWNER)).id
    async with world.database.begin() as connection:
        entry = await find_or_create_playground_key(connection, account_id, clock.now_ms())
    call = Call(started_at_ms=history.now_ms - 1_000)
    made = await make_call(world.ledger, clock, call, account_id=account_id, key_id=entry.key_id)
    clock.moment_ms = history.now_ms
    owner = await signed_in(history)
    groups = (await owner.told(DETAIL, period="1h", group_by="key"))["groups"]
    listed = (await owner.told("/keys"))["data"]
    by_origin = {
        origin: [one["inference_id"] for one in (await owner.told("/logs", period="1h", origin=origin))["data"]]
        for origin in ("api", "playground")
    }

    assert [group["key"] for group in groups] == [{"prefix": entry.prefix, "name": "playground", "kind": "playground"}]
    assert groups[0]["credits"] > 0
    assert (by_origin["playground"], made in by_origin["api"]) == ([made], False)
    assert entry.prefix not in {one["prefix"] for one in listed}
    refused(await owner.ask("PATCH", f"/keys/{entry.prefix}", {"disabled": True}), 404, code="key_not_found")
    refused(await owner.ask("DELETE", f"/keys/{entry.prefix}"), 404, code="key_not_found")
