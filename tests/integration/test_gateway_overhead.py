"""What a server tells of the time that it takes itself: in a header, where that is switched on, and to Prometheus."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.chat_caller import ChatCaller, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream

HEADER = "x-tollway-overhead-ms"
UPSTREAM_HEAD_MS = 500
"""How long the script ``slow-head`` waits before it answers."""


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as one:
        yield one


async def test_the_header_leaves_out_the_wait_for_the_upstream(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    settings = upstream_settings(upstream.base_url, more="[server]\noverhead_header = true\n")
    async with Gateway(tmp_path, settings=settings) as server:
        caller = ChatCaller(server.url, server.key)
        upstream.play("slow-head", "slow-head")
        whole, stream = await caller.call(chat_body()), await caller.call(chat_body(stream=True))
        refused = await ChatCaller(server.url, "wrong").call(chat_body())
    for answer in (whole, stream, refused):
        assert re.fullmatch(r"\d+\.\d{3}", answer.headers[HEADER])
        assert 0 < float(answer.headers[HEADER]) < UPSTREAM_HEAD_MS
    assert (whole.status, stream.status, refused.status) == (200, 200, 401)


async def test_without_the_setting_nothing_is_told_but_to_prometheus(
    tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    async with Gateway(tmp_path, settings=upstream_settings(upstream.base_url)) as server:
        caller = ChatCaller(server.url, server.key)
        upstream.play("page", "slow-head")
        whole, stream = await caller.call(chat_body()), await caller.call(chat_body(stream=True))
        async with httpx.AsyncClient(base_url=server.url) as client:
            told = (await client.get("/metrics")).text
    assert HEADER not in whole.headers
    assert HEADER not in stream.headers
    labels = 'model="baidu/ernie-x1-turbo-32k"'
    assert f"tollway_inference_first_token_seconds_count{{{labels}}} 1.0" in told
    assert f'tollway_inference_first_token_seconds_bucket{{le="0.25",{labels}}} 0.0' in told
    assert "tollway_inference_overhead_seconds_count 2.0" in told
    assert "tollway_ledger_hold_seconds_count 2.0" in told
    assert "tollway_ledger_settle_seconds_count 2.0" in told
