"""What a server tells of the time that it takes itself: in a header, where that is switched on, and to Prometheus."""

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.chat_caller import ChatCaller, Received, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.served import plain_client

HEADER = "x-tollway-overhead-ms"
UPSTREAM_HEAD_MS = 500
"""How long the script ``slow-head`` waits before it answers."""
CLOCK_MS = 2
"""Event loops count in milliseconds, and may wake a sleeper that much early."""


async def timed(caller: ChatCaller, *, stream: bool = False) -> tuple[Received, float]:
    """Call, and say how many milliseconds it took altogether."""
    began_s = time.monotonic()
    received = await caller.call(chat_body(stream=stream))
    return received, (time.monotonic() - began_s) * 1000


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as one:
        yield one


async def test_the_header_leaves_out_the_wait_for_the_upstream(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    settings = upstream_settings(upstream.base_url, more="[server]\noverhead_header = true\n")
    async with Gateway(tmp_path, settings=settings) as server:
        caller = ChatCaller(server.url, server.key)
        upstream.play("slow-head", "slow-head")
        answers = [await timed(caller), await timed(caller, stream=True)]
        answers.append(await timed(ChatCaller(server.url, "wrong")))
    assert [answer.status for answer, _ in answers] == [200, 200, 401]
    # On a machine that takes its time the server's own share is large too, but the upstream's is never within it.
    for (answer, took_ms), upstream_ms in zip(answers, (UPSTREAM_HEAD_MS, UPSTREAM_HEAD_MS, 0), strict=True):
        assert re.fullmatch(r"\d+\.\d{3}", answer.headers[HEADER])
        assert 0 < float(answer.headers[HEADER]) < took_ms - upstream_ms + CLOCK_MS


async def test_without_the_setting_nothing_is_told_but_to_prometheus(
    tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    async with Gateway(tmp_path, settings=upstream_settings(upstream.base_url)) as server:
        caller = ChatCaller(server.url, server.key)
        upstream.play("page", "slow-head")
        whole, stream = await caller.call(chat_body()), await caller.call(chat_body(stream=True))
        async with plain_client(server.url) as client:
            told = (await client.get("/metrics")).text
    assert HEADER not in whole.headers
    assert HEADER not in stream.headers
    labels = 'model="baidu/ernie-x1-turbo-32k"'
    assert f"tollway_inference_first_token_seconds_count{{{labels}}} 1.0" in told
    assert f'tollway_inference_first_token_seconds_bucket{{le="0.25",{labels}}} 0.0' in told
    assert "tollway_inference_overhead_seconds_count 2.0" in told
    assert "tollway_ledger_hold_seconds_count 2.0" in told
    assert "tollway_ledger_settle_seconds_count 2.0" in told
