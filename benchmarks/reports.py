"""How long reports over a long history take: one key with millions of calls in 92 days, asked over HTTP.

The key asks for its own, and the signed-in owner for those of the account.
"""

import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

from msgspec import Struct

from benchmarks import many_rows
from benchmarks.peers import TOLLWAY, tollway_json
from benchmarks.processes import GATEWAY_CORE, free_port, running
from tollway.catalog.loader import load_models
from tollway.credits.statement import Position, StatementFilter
from tollway.flows.read_billing import CURSOR_LABEL, issue_cursor
from tollway.keys.digest import KeyDigest, load_pepper
from tollway.kit.cursor import CursorSigner
from tollway.kit.database import database_path

ROWS = 10_000_000
LIMIT_MS = 50.0
"""Median that each of these answers has to stay under."""
_PAGE = 100
# The log may be read 200 times a minute, and five of these requests read it.
_TIMES = 35
_START_DEADLINE_S = 120.0
_EMAIL = "bench@example.com"
_CONFIG = "[engine]\nenabled = false\n"


class ReportTime(Struct, frozen=True):
    """One request with the median and the slowest of its answers, in milliseconds."""

    name: str
    median_ms: float
    slowest_ms: float


def measure_reports(folder: Path, rows: int) -> tuple[list[ReportTime], float]:
    """Fill a data folder, run the product on it and time its answers.

    Returns:
        The times, and the size of the database in GB.
    """
    data, config = folder / "data", folder / "tollway.toml"
    config.write_text(_CONFIG)
    options = ["--data-dir", str(data), "--config", str(config)]
    password = str(tollway_json("account", "create", _EMAIL, *options)["password"])
    key = str(tollway_json("key", "create", "--account", _EMAIL, *options)["key"])
    with closing(sqlite3.connect(database_path(data))) as connection:
        key_id, account_id = connection.execute("SELECT id, account_id FROM keys").fetchone()
    models = [model.id for model in load_models() if model.price is not None]
    took_s = many_rows.fill(data, account_id=account_id, key_id=key_id, models=models, rows=rows)
    sys.stderr.write(f"{rows:,} calls written in {took_s:.0f} s\n")
    port = free_port()
    command = [str(TOLLWAY), "up", "--port", str(port), "--no-browser", *options]
    with running(command, core=GATEWAY_CORE, port=port, log=folder / "tollway.log"):
        queries = list(_queries(data, account_id, rows))
        headers = {"Authorization": f"Bearer {key}", "Cookie": _sign_in(port, password)}
        return [_time(port, headers, name, path) for name, path in queries], database_path(data).stat().st_size / 1e9


def report_lines(times: list[ReportTime], *, rows: int, size_gb: float) -> list[str]:
    """Return the table as lines of Markdown."""
    lines = [
        f"Reports of one key with {rows:,} calls of 92 days ({size_gb:.1f} GB of SQLite), {_TIMES} times each.",
        f"The median has to stay under {LIMIT_MS:.0f} ms.",
        "",
        "| request | median | slowest |",
        "| --- | --- | --- |",
    ]
    for one in times:
        mark = "" if one.median_ms < LIMIT_MS else " (over the limit)"
        lines.append(f"| {one.name} | {one.median_ms:.1f} ms{mark} | {one.slowest_ms:.1f} ms |")
    return lines


def _queries(data: Path, account_id: int, rows: int) -> Iterator[tuple[str, str]]:
    berlin = "period=92d&group_by=day,model&tz=Europe/Berlin"
    yield "usage, 92 days", "/v2/usage?period=92d"
    yield "usage by day and model, 92 days", "/v2/usage/detail?period=92d&group_by=day,model"
    yield "the same in another time zone", f"/v2/usage/detail?{berlin}"
    for name, offset in (("first", 0), ("middle", rows // 2), ("last", rows - _PAGE)):
        yield f"log, {name} page of {_PAGE}", f"/v2/logs?period=92d&limit={_PAGE}&offset={offset}"
    last_failed = f"/v2/logs?period=92d&limit={_PAGE}&offset={rows // 50 - _PAGE}&status=failed"
    yield f"log, last page of {_PAGE} failed calls", last_failed
    yield f"transactions, first page of {_PAGE}", f"/v2/billing/transactions?limit={_PAGE}"
    yield (
        f"transactions, last page of {_PAGE}",
        f"/v2/billing/transactions?limit={_PAGE}&cursor={_last(data, account_id)}",
    )
    owners = "/console/v1"
    by_all = "period=92d&group_by=day,model,key&timezone=Europe/Berlin"
    yield "account: usage by day, model and key, 92 days", f"{owners}/usage/detail?{by_all}"
    yield f"account: log, first page of {_PAGE}", f"{owners}/logs?period=92d&limit={_PAGE}"
    yield f"account: log, {_PAGE} failed calls", f"{owners}/logs?period=92d&limit={_PAGE}&status=failed"
    yield "account: log of an origin without calls", f"{owners}/logs?period=92d&limit={_PAGE}&origin=playground"
    yield "account: statement of this month", f"{owners}/billing/statement?month={time.strftime('%Y-%m')}"
    yield "account: keys", f"{owners}/keys"


def _last(data: Path, account_id: int) -> str:
    """Make the cursor of the last page, which is what a client gets that has followed all cursors before it."""
    with closing(sqlite3.connect(database_path(data))) as connection:
        place = connection.execute(
            "SELECT created_at_ms, id FROM transfers WHERE amount_credits > 0 "
            "ORDER BY created_at_ms, id LIMIT 1 OFFSET ?",
            (_PAGE,),
        ).fetchone()
    cursor_key = KeyDigest(load_pepper(data, {})).derived_key(CURSOR_LABEL)
    return issue_cursor(CursorSigner(cursor_key), account_id, StatementFilter(), Position(*place))


def _sign_in(port: int, password: str) -> str:
    """Return the cookie of a session of the account's owner."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_START_DEADLINE_S)
    body = json.dumps({"email": _EMAIL, "password": password})
    connection.request("POST", "/console/v1/session", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    cookie = answer.getheader("set-cookie")
    answer.read()
    connection.close()
    if cookie is None:
        raise RuntimeError(f"Signing in was answered {answer.status}")
    return cookie.partition(";")[0]


def _time(port: int, headers: dict[str, str], name: str, path: str) -> ReportTime:
    connection = HTTPConnection("127.0.0.1", port, timeout=_START_DEADLINE_S)
    times_ms = []
    for number in range(_TIMES + 1):
        began_s = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        took_ms = (time.perf_counter() - began_s) * 1000
        if answer.status != 200:
            raise RuntimeError(f"GET {path} was answered {answer.status}: {content[:500]!r}")
        if number:  # The first one also waits for the app to be loaded.
            times_ms.append(took_ms)
    connection.close()
    return ReportTime(name, statistics.median(times_ms), max(times_ms))
