"""An account's calls as its signed-in owner meets them: pages behind cursors, receipts, and the log as a table."""

import csv
import io
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.support.operator import refused
from tests.support.owner import Owner
from tests.support.stored_books import StoredBooks
from tests.support.usage_history import OTHER, History, usage_history
from tests.support.usage_sums import Row, moment
from tollway.http.console import log_routes
from tollway.http.console.log_routes import EXPORTS_PER_MINUTE
from tollway.http.console.log_views import CSV_COLUMNS, harmless

LOGS, TABLE = "/logs", "/logs.csv"


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    async with usage_history(tmp_path, calls=400) as one:
        yield one


def change(history: History, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(history.world.path)) as connection, connection:
        connection.execute(statement, values)


def rows_of_owner(history: History, keep: Callable[[Row], bool] = lambda _: True) -> list[Row]:
    """The account's rows, newest first."""
    ids = {history.id(history.busy), history.id(history.second)}
    stored = StoredBooks(history.world.path.parent).receipts().values()
    found = [row for row in stored if row["key_id"] in ids and keep(row)]
    return sorted(found, key=lambda row: (row["started_at_ms"], row["inference_id"]), reverse=True)


async def all_pages(owner: Owner, limit: int, **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any filter
    """Every call, as the cursors lead from page to page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await owner.told(LOGS, **{"period": "92d", "limit": limit, **query, **cursor})
        found += page["data"]
        paging = page["pagination"]
        assert paging["has_more"] == (paging["next_cursor"] is not None)
        if not paging["has_more"]:
            return found
        assert len(page["data"]) == limit
        cursor = {"cursor": paging["next_cursor"]}


def ids(entries: list[dict[str, Any]] | list[Row]) -> list[str]:
    return [entry["inference_id"] for entry in entries]


async def test_pages_of_every_size_are_the_whole_log(history: History) -> None:
    # Several calls of one millisecond, at the border of pages and of slots.
    tied = ids(rows_of_owner(history))[100:109]
    border_ms = rows_of_owner(history)[104]["started_at_ms"] // 900_000 * 900_000
    for name in ("started_at_ms", "finished_at_ms"):
        for inference_id in tied:
            change(history, f"UPDATE inferences SET {name} = ? WHERE inference_id = ?", border_ms, inference_id)  # noqa: S608
    _count_anew(history)
    expected = rows_of_owner(history)
    owner = await Owner.sign_in(history.world)
    for limit in (1, 7, 100):
        assert ids(await all_pages(owner, limit)) == ids(expected), limit


def _count_anew(history: History) -> None:
    """Make the sums from the rows again."""
    sums = (
        "SELECT key_id, started_at_ms - started_at_ms % {length}, model_id, sum(status = 'succeeded'),"
        " sum(status = 'failed'), sum(charged_credits > 0), sum(input_tokens), sum(cached_input_tokens),"
        " sum(output_tokens), sum(reasoning_tokens), sum(charged_credits) FROM inferences GROUP BY 1, 2, 3"
    )
    for table, length in (("usage_rollups", 900_000), ("usage_wide_rollups", 12 * 900_000)):
        change(history, f"DELETE FROM {table}")  # noqa: S608
        change(history, f"INSERT INTO {table} {sums.format(length=length)}")


async def test_a_cursor_behind_what_is_kept_leads_to_an_end(history: History) -> None:
    owner = await Owner.sign_in(history.world)
    newest = await owner.told(LOGS, period="92d", limit=5)
    last = rows_of_owner(history)[4]
    change(history, "UPDATE usage_horizon SET kept_from_ms = ?", (last["started_at_ms"] // 900_000 + 1) * 900_000)

    page = await owner.told(LOGS, period="92d", limit=5, cursor=newest["pagination"]["next_cursor"])
    assert page == {"data": [], "pagination": {"next_cursor": None, "has_more": False}}


async def test_every_filter_keeps_what_it_says(history: History) -> None:
    change(history, "UPDATE keys SET kind = 'playground' WHERE id = ?", history.id(history.second))
    second = history.id(history.second)
    owner = await Owner.sign_in(history.world)
    cases: list[tuple[dict[str, Any], Callable[[Row], bool]]] = [
        ({"status": "failed"}, lambda row: row["status"] == "failed"),
        ({"status": ["failed", "succeeded"]}, lambda _: True),
        ({"model": "acme/dear"}, lambda row: row["model_id"] == "acme/dear"),
        ({"model": ["acme/dear", "acme/free"]}, lambda row: row["model_id"] in {"acme/dear", "acme/free"}),
        ({"key_prefix": history.busy[:8]}, lambda row: row["key_id"] != second),
        ({"origin": "playground"}, lambda row: row["key_id"] == second),
        ({"origin": "api"}, lambda row: row["key_id"] != second),
        (
            {"origin": "playground", "status": "failed", "model": "acme/dear"},
            lambda row: row["key_id"] == second and row["status"] == "failed" and row["model_id"] == "acme/dear",
        ),
        ({"origin": "api", "key_prefix": history.second[:8]}, lambda _: False),
        ({"key_prefix": history.idle[:8]}, lambda _: False),
        ({"model": "acme/unknown"}, lambda _: False),
    ]
    for query, keep in cases:
        expected = ids(rows_of_owner(history, keep))
        for limit in (5, 100):
            assert ids(await all_pages(owner, limit, **query)) == expected, query
    assert len(rows_of_owner(history, cases[7][1])) > 3


async def test_a_call_is_shown_with_its_key_and_its_cost(history: History) -> None:
    owner = await Owner.sign_in(history.world)
    [row, *_] = rows_of_owner(history)
    [entry] = (await owner.told(LOGS, period="92d", limit=1))["data"]

    tokens_in = row["input_tokens"] + row["cached_input_tokens"]
    tokens_out = row["output_tokens"] + row["reasoning_tokens"]
    assert entry == {
        "created": moment(row["started_at_ms"]),
        "status": row["status"],
        "origin": "api",
        "model": row["model_id"],
        "key_prefix": row["key_prefix"],
        "cost": {"usd": row["charged_credits"] / 2_000_000, "credits": row["charged_credits"]},
        "tokens": {"input": tokens_in, "output": tokens_out, "total": tokens_in + tokens_out},
        "duration_ms": 700,
        "ttft_ms": None,
        "error_code": row["error_code"],
        "inference_id": row["inference_id"],
        "client_request_id": None,
    }


async def test_a_cursor_keeps_its_window_and_belongs_to_its_question(history: History) -> None:
    owner = await Owner.sign_in(history.world)
    query: dict[str, Any] = {"period": "92d", "limit": 10}
    first = await owner.told(LOGS, **query)
    cursor = first["pagination"]["next_cursor"]
    oldest = ids(rows_of_owner(history))[-1]
    history.clock.moment_ms += 10 * 3_600_000
    owner, stranger = await Owner.sign_in(history.world), await Owner.sign_in(history.world, OTHER)
    # The window of the next page is that of the first one: nothing has left it meanwhile.
    rest = await owner.told(LOGS, **{**query, "limit": 100}, cursor=cursor)
    assert ids(first["data"] + rest["data"]) == ids(rows_of_owner(history))[:110]
    while rest["pagination"]["has_more"]:
        rest = await owner.told(LOGS, **{**query, "limit": 100}, cursor=rest["pagination"]["next_cursor"])
    assert ids(rest["data"])[-1] == oldest
    for asker, wanted in ((stranger, query), (owner, {**query, "status": "failed"})):
        answer = await asker.ask("GET", LOGS, params={**wanted, "cursor": cursor})
        refused(answer, 400, "cursor", code="invalid_query")


async def test_a_receipt_is_for_the_owner_of_the_account(history: History) -> None:
    owner = await Owner.sign_in(history.world)
    for key in (history.busy, history.second):
        own = history.log_of(key)[0]["inference_id"]
        told = await owner.told(f"{LOGS}/{own}")
        assert told == await history.told(history.manager, f"/v2/logs/{own}")
    foreign = history.log_of(history.foreign)[0]["inference_id"]
    for unknown in (foreign, "A" * 21, "x" * 500):
        refused(await owner.ask("GET", f"{LOGS}/{unknown}"), 404, "no receipt", code="inference_not_found")


async def test_a_key_of_another_account_is_not_there(history: History) -> None:
    owner = await Owner.sign_in(history.world)
    for place in (LOGS, TABLE):
        answer = await owner.ask("GET", place, params={"period": "92d", "key_prefix": history.foreign[:8]})
        refused(answer, 404, code="key_not_found")


async def table(owner: Owner, **query: str) -> list[list[str]]:
    answer = await owner.ask("GET", TABLE, params={"period": "92d", **query})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="tollway-logs.csv"'
    assert answer.content.endswith(b"\r\n")
    return list(csv.reader(io.StringIO(answer.text, newline=""), strict=True))


async def test_the_table_holds_the_same_calls(history: History) -> None:
    owner = await Owner.sign_in(history.world)
    head, *lines = await table(owner, timezone="Asia/Kathmandu")
    expected = rows_of_owner(history)
    plain = (await owner.ask("GET", TABLE, params={"period": "92d"})).content

    assert plain.count(b"\r\n") == plain.count(b"\n") == len(expected) + 1
    assert tuple(head) == CSV_COLUMNS
    found = [dict(zip(head, line, strict=True)) for line in lines]
    assert ids(found) == ids(expected)
    for line, row in zip(found, expected, strict=True):
        assert line["created"].endswith("+05:45")
        assert round(datetime.fromisoformat(line["created"]).timestamp() * 1000) == row["started_at_ms"]
        for name in ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens"):
            assert int(line[name]) == row[name]
        assert int(line["credits"]) == row["charged_credits"] == round(float(line["usd"]) * 2_000_000)
        assert (line["status"], line["error_code"]) == (row["status"], row["error_code"] or "")
    failed = await table(owner, status="failed", key_prefix=history.busy[:8])
    assert len(failed) - 1 == sum(row["status"] == "failed" for row in history.log_of(history.busy))
    assert await table(owner, model="acme/unknown") == [list(CSV_COLUMNS)]


async def test_callers_own_words_cannot_become_formulas(history: History) -> None:
    owner = await Owner.sign_in(history.world)
    texts = [
        '=HYPERLINK("http://evil","x")',
        "+1+1",
        "-1-1",
        "@SUM(1)",
        "\t=1",
        "-5",
        "+1.5e3",
        'a "b", c',
        "two\nlines",
    ]
    newest = ids(rows_of_owner(history))[: len(texts)]
    for inference_id, text in zip(newest, texts, strict=True):
        change(history, "UPDATE inferences SET client_request_id = ? WHERE inference_id = ?", text, inference_id)
    lines = (await table(owner))[1 : len(texts) + 1]

    shown = [line[CSV_COLUMNS.index("client_request_id")] for line in lines]
    assert shown == [f"'{text}" for text in texts[:5]] + texts[5:]
    assert not any(harmless(cell).startswith(("=", "@")) for line in lines for cell in line)


async def test_the_table_is_cut_where_it_is_too_long_and_goes_over_pages(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await Owner.sign_in(history.world)
    monkeypatch.setattr("tollway.flows.read_account_logs._EXPORT_PAGE", 30)
    expected = ids(rows_of_owner(history))
    place = CSV_COLUMNS.index("inference_id")
    assert [line[place] for line in (await table(owner))[1:]] == expected
    for rows_max in (60, 70):
        monkeypatch.setattr(log_routes, "EXPORT_ROWS_MAX", rows_max)
        assert [line[place] for line in (await table(owner))[1:]] == expected[:rows_max]


async def test_the_table_is_fetched_so_often_in_a_minute(history: History) -> None:
    owner = await Owner.sign_in(history.world)
    for _ in range(EXPORTS_PER_MINUTE):
        await table(owner, model="acme/unknown")
    answer = await owner.ask("GET", TABLE, params={"period": "92d"})
    refused(answer, 429)
    history.clock.moment_ms += 60_000
    await table(owner)


async def test_reports_of_an_account_go_by_indexes(history: History) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401
        asked.append((statement, parameters))

    owner = await Owner.sign_in(history.world)
    event.listen(history.world.database._engine.sync_engine, "before_cursor_execute", note)
    page = await owner.told(LOGS, period="92d", limit=10, status="failed", model="acme/dear")
    await owner.told(LOGS, period="92d", limit=10, status="failed", model="acme/dear",
                     cursor=page["pagination"]["next_cursor"])  # fmt: skip
    await owner.told("/usage/detail", period="92d", group_by="day,model,key", timezone="Asia/Kathmandu")
    await owner.told("/billing/statement", month="2025-11")
    await owner.told("/keys")
    big = ("inferences", "usage_rollups", "usage_wide_rollups", "transfers", "key_spend")
    with closing(sqlite3.connect(history.world.path)) as connection:
        steps = [
            step[3]
            for statement, parameters in asked
            if any(f" {name}" in statement for name in big)
            for step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    touched = [step for step in steps if any(name in step.split() for name in big)]

    assert {name for name in big if any(name in step.split() for step in touched)} == set(big)
    assert [step for step in touched if not step.startswith("SEARCH")] == []
    of_keys = [step for step in touched if not step.startswith("SEARCH transfers")]
    assert [step for step in of_keys if "key_id=?" not in step] == []
