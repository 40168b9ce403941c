"""The log and its receipts as a caller meets them."""

import math
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.calls import CHEAP, DEAR, Call, make_call
from tests.support.contract import response_validator
from tests.support.ledger import faults
from tests.support.usage_history import DAY_MS, History, refused, usage_history
from tests.support.usage_sums import Row, credits_of, group_of, moment
from tollway.credits.pricing import Meters, charge_credits
from tollway.flows.keep_usage import KeepUsage
from tollway.http.service.log_routes import REQUESTS_PER_MINUTE

LOGS = "/v2/logs"
FLAGSHIP = "baidu/ernie-x1-turbo-32k"
validate_logs = response_validator("logs-v2.json", LOGS)


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    async with usage_history(tmp_path) as one:
        yield one


async def page(history: History, key: str, **query: str | int | list[str]) -> dict[str, Any]:
    found: dict[str, Any] = await history.told(key, LOGS, **query)
    validate_logs(found)
    return found


async def every_page(history: History, key: str, *, limit: int, **query: str | list[str]) -> list[str]:
    """The ids of all pages, one after the other; each page says truthfully where it stands."""
    ids: list[str] = []
    while True:
        found = await page(history, key, limit=limit, offset=len(ids), **query)
        paging = found["pagination"]
        assert (paging["limit"], paging["offset"]) == (limit, len(ids))
        ids += [entry["inference_id"] for entry in found["data"]]
        assert paging["has_more"] is (len(ids) < paging["total"])
        if not paging["has_more"]:
            assert len(ids) == paging["total"]
            return ids
        assert len(found["data"]) == limit


def always(_row: Row) -> bool:
    return True


def never(_row: Row) -> bool:
    return False


Keep = Callable[[Row], bool]
FILTERS: list[tuple[dict[str, Any], Keep]] = [
    ({}, always),
    ({"status": "failed"}, lambda row: row["status"] == "failed"),
    ({"status": "succeeded"}, lambda row: row["status"] == "succeeded"),
    ({"status": ["failed", "succeeded"]}, always),
    ({"model": CHEAP.model_id}, lambda row: row["model_id"] == CHEAP.model_id),
    ({"model": [CHEAP.model_id, DEAR.model_id]}, lambda row: row["model_id"] in {CHEAP.model_id, DEAR.model_id}),
    (
        {"model": [DEAR.model_id, "gone/model"], "status": "failed"},
        lambda row: row["model_id"] == DEAR.model_id and row["status"] == "failed",
    ),
    ({"model": f"{CHEAP.model_id},{DEAR.model_id}"}, never),
    ({"model": FLAGSHIP}, never),
]


@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_pages_show_every_row_once_newest_first(tmp_path: Path, limit: int) -> None:
    # The window begins and ends within a slot; a page of one row stops at each border of slots.
    async with usage_history(tmp_path, calls=150 if limit == 1 else 500) as history:
        to_ms = history.now_ms - 300_000
        from_ms = to_ms - 80 * DAY_MS
        rows = [row for row in history.log_of(history.busy) if from_ms <= row["started_at_ms"] < to_ms]
        for query, keep in FILTERS:
            history.clock.moment_ms += 3_600_000  # The log may be read only so often.
            expected = [row["inference_id"] for row in rows if keep(row)]
            window = {"start": moment(from_ms), "end": moment(to_ms)}
            assert await every_page(history, history.busy, limit=limit, **window, **query) == expected, query


async def test_an_entry_says_what_the_row_says(history: History) -> None:
    rows = {row["inference_id"]: row for row in history.log_of(history.busy)}
    found = await page(history, history.manager, period="92d", key_prefix=history.busy[:8], limit=100)
    assert {entry["status"] for entry in found["data"]} == {"succeeded", "failed"}
    for entry in found["data"]:
        row = rows[entry["inference_id"]]
        assert entry == {
            "created": moment(row["started_at_ms"]),
            "status": row["status"],
            "origin": row["origin"],
            "model": row["model_id"],
            "cost": entry["cost"],
            "tokens": group_of([row])["tokens"],
            "request_id": row["inference_id"],
            "inference_id": row["inference_id"],
            "client_request_id": row["client_request_id"],
        }
        assert entry["cost"]["credits"] == credits_of(entry["cost"]["usd"]) == row["charged_credits"]


async def test_an_alias_names_its_model(history: History) -> None:
    call = Call(started_at_ms=history.now_ms - 1_000, card=DEAR.__class__(FLAGSHIP, 1, 175, 175, 695, 0))
    account_id = (await history.world.accounts.get("owner@example.com")).id
    made = await make_call(
        history.world.ledger, history.clock, call, account_id=account_id, key_id=history.id(history.busy)
    )

    for name, ids in (
        (FLAGSHIP, [made]),
        ("ernie-x1-turbo-32k", [made]),
        ("ERNIE-X1-turbo-32k", []),
        ("x1-turbo", []),
    ):
        found = await page(history, history.busy, period="1h", model=name)
        assert [entry["inference_id"] for entry in found["data"]] == ids, name


async def test_beyond_the_end_a_page_is_empty(history: History) -> None:
    total = len(history.log_of(history.busy)) - 1  # The oldest one began with the window, 437 seconds too early.
    found = await page(history, history.busy, period="92d", offset=10**15)

    assert found["data"] == []
    assert found["pagination"]["total"] in {total, total + 1}
    assert found["pagination"]["has_more"] is False


async def test_rows_that_have_to_go_are_gone_at_once(history: History) -> None:
    """The horizon moves before the rows are deleted: nobody sees half of them."""
    history.clock.moment_ms += 40 * DAY_MS
    window = {"start": moment(history.now_ms - 90 * DAY_MS), "end": moment(history.now_ms)}
    await KeepUsage(history.world.database, history.clock, keep_days=92).run_once()
    left = [row["inference_id"] for row in history.log_of(history.busy)]

    assert await every_page(history, history.busy, limit=50, **window) == left
    assert len(left) > 100


WRONG_FILTERS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"status": "failed,succeeded"}, ("status", "succeeded, failed", "'failed,succeeded'")),
    ({"status": ["failed", "lost"]}, ("status", "succeeded, failed")),
    ({"limit": 0}, ("limit", "1", "'0'")),
    ({"limit": 101}, ("limit", "100", "'101'")),
    ({"limit": "ten"}, ("limit", "'ten'")),
    ({"limit": [1, 2]}, ("limit", "one value")),
    ({"offset": -1}, ("offset", "0", "'-1'")),
    ({"offset": 10**30}, ("offset",)),
    ({"model": [f"m{number}" for number in range(51)]}, ("model", "at most 50 values", "51 values")),
    ({"sort": "asc"}, ("sort", "an unknown parameter")),
]


async def test_wrong_filters(tmp_path: Path) -> None:
    async with usage_history(tmp_path, calls=1) as history:
        for query, words in WRONG_FILTERS:
            answer = await history.ask(history.busy, LOGS, period="24h", **query)
            refused(answer, 400, "Query validation error: ", *words)


async def test_the_log_has_a_rate_limit_of_its_own(tmp_path: Path) -> None:
    async with usage_history(tmp_path, calls=1) as history:
        left = []
        for _ in range(REQUESTS_PER_MINUTE):
            answer = await history.ask(history.busy, LOGS, period="24h")
            assert answer.status_code == 200
            left.append(int(answer.headers["x-ratelimit-remaining-requests"]))
        assert left == list(range(199, -1, -1))

        late = await history.ask(history.busy, LOGS, period="24h")
        refused(late, 429, "Too Many Requests")
        assert late.headers["x-ratelimit-limit-requests"] == "200"
        assert late.headers["x-ratelimit-remaining-requests"] == "0"
        # Others, and other endpoints, are not concerned.
        assert (await history.ask(history.second, LOGS, period="24h")).status_code == 200
        assert (await history.ask(history.busy, "/v2/usage", period="24h")).status_code == 200
        history.clock.moment_ms += int(late.headers["retry-after"]) * 1000
        assert (await history.ask(history.busy, LOGS, period="24h")).status_code == 200


async def test_no_minute_has_more_requests_than_the_rate(tmp_path: Path) -> None:
    async with usage_history(tmp_path, calls=1) as history:
        begins_ms = history.clock.moment_ms
        admitted_ms = []
        for step in range(400):
            history.clock.moment_ms = begins_ms + step * 250
            answer = await history.ask(history.busy, LOGS, period="24h")
            if answer.status_code == 200:
                admitted_ms.append(history.clock.moment_ms)

        for end_ms in admitted_ms:
            assert len([at for at in admitted_ms if end_ms - 60_000 < at <= end_ms]) <= REQUESTS_PER_MINUTE
        assert len(admitted_ms) > REQUESTS_PER_MINUTE


async def receipt(history: History, key: str, inference_id: str) -> dict[str, Any]:
    found: dict[str, Any] = await history.told(key, f"{LOGS}/{inference_id}")
    return found


async def test_a_receipt_shows_how_the_bill_came_about(history: History) -> None:
    kinds = set()
    for row in history.log_of(history.busy)[:120]:
        found = await receipt(history, history.busy, row["inference_id"])
        meters, card, rounding = found["meters"], found["rate_card"], found["rounding"]
        assert meters == {name: row[f"{name}_tokens"] for name in ("input", "cached_input", "output", "reasoning")}
        assert card["version"] == row["rate_card_version"]
        exact = sum(count * card[f"{name}_nanousd"] for name, count in meters.items())
        assert rounding == {
            "exact_nanousd": exact,
            "nanousd_per_credit": 500,
            "rounded_credits": math.ceil(exact / 500),
        }
        settled = found["settlement"]
        assert settled["charged_credits"] == found["cost"]["credits"] == row["charged_credits"]
        assert settled["charged_credits"] + settled["absorbed_credits"] == rounding["rounded_credits"]
        assert settled["charged_credits"] + settled["released_credits"] == found["hold"]["credits"]
        is_free = row["status"] == "failed" or (row["client_disconnected"] and not row["stream"])
        assert settled["kind"] == ("release" if is_free else "charge")
        assert found["hold"]["policy"] == row["hold_policy"]
        assert found["hold"]["output_limit_tokens"] == row["output_limit_tokens"]
        assert found["timings"]["duration_ms"] == row["finished_at_ms"] - row["started_at_ms"]
        assert (found["upstream"], found["finish_reason"]) == (row["upstream"], row["finish_reason"])
        assert (found["status"], found["error_code"]) == (row["status"], row["error_code"])
        assert found["client_disconnected"] is bool(row["client_disconnected"])
        kinds.add((settled["kind"], settled["absorbed_credits"] > 0, found["status"]))
    assert {("charge", False, "succeeded"), ("charge", True, "succeeded"), ("release", False, "failed")} <= kinds
    assert await faults(history.world.path) == []


async def test_the_contracts_own_example_on_a_receipt(history: History) -> None:
    """13 prompt tokens and 601 of the answer, of which 323 of reasoning, cost 391 credits."""
    card = DEAR.__class__(FLAGSHIP, 1, 175, 175, 695, 0)
    meters = Meters(13, 0, 278, 323)
    assert charge_credits(meters, card) == 391
    account_id = (await history.world.accounts.get("owner@example.com")).id
    call = Call(started_at_ms=history.now_ms, card=card, meters=meters)
    made = await make_call(
        history.world.ledger, history.clock, call, account_id=account_id, key_id=history.id(history.busy)
    )

    found = await receipt(history, history.busy, made)
    assert found["rounding"] == {"exact_nanousd": 195_485, "nanousd_per_credit": 500, "rounded_credits": 391}
    assert found["cost"] == {"usd": 0.0001955, "credits": 391}


async def test_a_receipt_is_for_its_owner(history: History) -> None:
    own = history.log_of(history.busy)[0]["inference_id"]
    foreign = history.log_of(history.foreign)[0]["inference_id"]
    assert await receipt(history, history.manager, own) == await receipt(history, history.busy, own)
    for key, inference_id in (
        (history.second, own),
        (history.foreign, own),
        (history.foreign_manager, own),
        (history.manager, foreign),
        (history.busy, "A" * 21),
        (history.busy, "x" * 500),
    ):
        refused(await history.ask(key, f"{LOGS}/{inference_id}"), 404, "no receipt", inference_id[:21])
