"""What a stop of the server does to answers under way, and to their money."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.chat_caller import Call, ChatCaller, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.stored_books import StoredBooks
from tests.support.upstream_answers import page_answer, stream_events
from tests.support.upstream_scripts import stream_script

SHORT = stream_script(stream_events(page_answer(), piece_chars=200), pause_s=0.06)
"""A stream of about 1.5 s."""
LONG = stream_script(stream_events(page_answer()), pause_s=0.5)
"""A stream of minutes."""
DEADLINE_S = 60.0
LONGER_S = 10 * DEADLINE_S
"""A drain that no test waits for."""


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as one:
        yield one


def gateway(folder: Path, upstream: ScriptedUpstream, *, drain_s: float) -> Gateway:
    return Gateway(folder, settings=upstream_settings(upstream.base_url, more=f"[server]\ndrain_s = {drain_s}\n"))


async def until_refused(url: str) -> None:
    """Wait until the server takes no new connections."""
    address = urlsplit(url)
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection(address.hostname, address.port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.02)


def assert_ended_by_the_stop(call: Call) -> None:
    """The stream ends with an honest error, never with a stop, and names no cost."""
    received = call.received
    assert received.events[-1] == "[DONE]"
    error = received.chunks[-1]
    assert (error["statusCode"], error["error"]["code"]) == (503, "shutting_down")
    assert all(choice["finish_reason"] is None for chunk in received.chunks[:-1] for choice in chunk["choices"])


async def test_a_stop_lets_short_answers_end_and_takes_no_new_ones(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    async with gateway(tmp_path, upstream, drain_s=LONGER_S) as server:
        caller, books = ChatCaller(server.url, server.key), StoredBooks(server.data)
        upstream.play(SHORT, "slow-head")
        async with caller.begin(chat_body(stream=True)) as stream:
            # The upstream plays its scripts in the order of arrival.
            await stream.until_text(b"reasoning_content")
            async with caller.begin(chat_body()) as json:
                await upstream.request(1)
                server.send_signal(signal.SIGTERM)
                await until_refused(server.url)
                streamed, answered = await asyncio.gather(stream.until_end(), json.until_end())
        assert streamed.content == page_answer().content
        assert (streamed.credits_used, answered.credits_used) == (391, 391)
        assert await server.ended() == 0
        assert books.charges() == {streamed.inference_id: 391, answered.inference_id: 391}
        assert books.open_holds() == []
        await server.assert_books_balance()


async def test_answers_longer_than_the_drain_end_with_an_error_and_cost_nothing(
    tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    async with gateway(tmp_path, upstream, drain_s=0.5) as server:
        caller, books = ChatCaller(server.url, server.key), StoredBooks(server.data)
        upstream.play(LONG, "never")
        async with caller.begin(chat_body(stream=True)) as stream:
            # The upstream plays its scripts in the order of arrival.
            await stream.until_text(b"reasoning_content")
            async with caller.begin(chat_body()) as json:
                await upstream.request(1)
                server.send_signal(signal.SIGTERM)
                _, refused = await asyncio.gather(stream.until_end(), json.until_end())
        assert_ended_by_the_stop(stream)
        assert (refused.status, refused.code) == (503, "shutting_down")
        assert "retry-after" in refused.headers
        assert await server.ended() == 0
        for asked in upstream.requests:
            await asked.until_aborted()
        broken = stream.received.inference_id
        assert set(books.hold_states().values()) == {"voided"}
        assert books.charges() == {}
        receipt, exposure = books.receipt(broken), books.exposures()[broken]
        assert (receipt["status"], receipt["error_code"], receipt["charged_credits"]) == ("failed", "shutting_down", 0)
        assert exposure["reason"] == "shutting_down"
        assert exposure["reasoning_tokens"] > 0
        assert exposure["amount_credits"] > 0
        await server.assert_books_balance()


async def test_an_answer_that_nothing_had_come_of_leaves_an_exposure_too(
    tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    async with gateway(tmp_path, upstream, drain_s=0) as server:
        upstream.play("never")
        async with ChatCaller(server.url, server.key).begin(chat_body()) as call:
            await upstream.request()
            server.send_signal(signal.SIGTERM)
            refused = await call.until_end()
        assert await server.ended() == 0
        assert StoredBooks(server.data).exposures()[refused.inference_id]["reason"] == "shutting_down"


async def test_a_second_signal_waits_for_nobody(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    async with gateway(tmp_path, upstream, drain_s=LONGER_S) as server:
        upstream.play(LONG)
        async with ChatCaller(server.url, server.key).begin(chat_body(stream=True)) as stream:
            await stream.until_text(b"reasoning_content")
            server.send_signal(signal.SIGTERM)
            await until_refused(server.url)
            server.send_signal(signal.SIGTERM)
            async with asyncio.timeout(DEADLINE_S):
                await stream.until_end()
                assert await server.ended() == 0
        assert_ended_by_the_stop(stream)
        assert StoredBooks(server.data).open_holds() == []
        await server.assert_books_balance()
