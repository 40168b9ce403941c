"""What a crash in the middle of an answer leaves for the operator: how much the upstream had delivered."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from tests.support.gateway import FLAGSHIP, Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.upstream_answers import page_answer, stream_events
from tests.support.upstream_scripts import stream_script

_DEADLINE_S = 60.0


def exposures(gateway: Gateway) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(gateway.data / "tollway.db")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM exposures")]


def stream_body(script: str) -> dict[str, Any]:
    return {"model": FLAGSHIP, "messages": [{"role": "user", "content": f"script:{script}"}], "stream": True}


async def read_on(gateway: Gateway, script: str) -> None:
    async with httpx.AsyncClient(base_url=gateway.url, headers=gateway.headers, timeout=60) as client:
        await client.post("/v1/chat/completions", json=stream_body(script))


async def until_noted(gateway: Gateway) -> dict[str, Any]:
    async with asyncio.timeout(_DEADLINE_S):
        while True:
            found = exposures(gateway)
            if found and found[0]["reasoning_tokens"]:
                return found[0]
            await asyncio.sleep(0.05)


async def test_a_crash_leaves_what_had_been_received(tmp_path: Path) -> None:
    async with ScriptedUpstream() as upstream, Gateway(tmp_path, settings=upstream_settings(upstream.base_url)) as one:
        reader = asyncio.create_task(read_on(one, "slow-middle"))
        noted = await until_noted(one)
        assert noted["reason"] == "under_way"
        await one.kill()
        await asyncio.wait([reader])
        assert isinstance(reader.exception(), httpx.HTTPError)
        await one.start()
        (left,) = exposures(one)
        assert left["reason"] == "recovered"
        assert left["reasoning_tokens"] >= noted["reasoning_tokens"]
        assert left["amount_credits"] >= noted["amount_credits"]
        await one.assert_books_balance()


async def test_a_request_that_ends_well_leaves_no_exposure(tmp_path: Path) -> None:
    async with ScriptedUpstream() as upstream, Gateway(tmp_path, settings=upstream_settings(upstream.base_url)) as one:
        noted, events = asyncio.Event(), stream_events(page_answer())
        upstream.play(replace(stream_script(events), held_until=noted, held_from=len(events) // 2))
        reader = asyncio.create_task(read_on(one, "page"))
        await until_noted(one)
        noted.set()
        await reader
        assert exposures(one) == []
        await one.assert_books_balance()
