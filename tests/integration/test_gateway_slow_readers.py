"""A client that does not read holds its upstream back, so that no answer piles up in the server."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

import pytest
import pytest_asyncio

from tests.support.chat_caller import ChatCaller, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.stored_books import StoredBooks
from tests.support.upstream_answers import Answer, stream_events

pytestmark = pytest.mark.asyncio(loop_scope="module")

PIECE_CHARS = 64 * 1024
TOTAL_BYTES = 64 * 1024 * 1024
IN_FLIGHT_BYTES_MAX = 32 * 1024 * 1024
"""More than the socket buffers between upstream and client take together, and far less than the answer."""
STILL_S = 0.5
DEADLINE_S = 60.0
LEFT_WITHIN_S = 10.0
"""Less than the 15 s after which a comment would be written to a client that is gone."""
ANSWER = Answer(content="x" * PIECE_CHARS, prompt_tokens=13, completion_tokens=601)
FIRST, PIECE, *END = stream_events(ANSWER, piece_chars=None)
PIECES = TOTAL_BYTES // len(PIECE)


class Flood:
    """An upstream that sends as fast as it is read, and counts what it got rid of."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self.sent_bytes = 0
        self.was_left = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def base_url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def until_still(self) -> int:
        """Wait until nothing was sent for a while, and return how much was."""
        async with asyncio.timeout(DEADLINE_S):
            sent = -1
            while sent != self.sent_bytes or sent == 0:
                sent = self.sent_bytes
                await asyncio.sleep(STILL_S)
        return sent

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.sent_bytes = 0
        self.was_left.clear()
        try:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + FIRST)
            for _ in range(PIECES):
                writer.write(PIECE)
                await writer.drain()
                self.sent_bytes += len(PIECE)
            writer.write(b"".join(END))
            await writer.drain()
        except ConnectionError:
            self.was_left.set()
        finally:
            writer.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def flood() -> AsyncIterator[Flood]:
    async with Flood() as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(flood: Flood, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    settings = upstream_settings(flood.base_url)
    async with Gateway(tmp_path_factory.mktemp("slow_readers"), settings=settings) as one:
        yield one


async def test_the_upstream_waits_for_a_client_that_does_not_read(gateway: Gateway, flood: Flood) -> None:
    async with ChatCaller(gateway.url, gateway.key).begin(chat_body(stream=True), receive_buffer_bytes=65536) as call:
        await call.until_text(b"data:")
        assert await flood.until_still() < IN_FLIGHT_BYTES_MAX
        received = await call.until_end()
    assert received.body.count(b"x") > PIECES * PIECE_CHARS
    assert received.is_delivered
    assert received.credits_used == 840
    await gateway.assert_books_balance()


async def test_a_client_that_leaves_without_having_read_ends_the_upstream(gateway: Gateway, flood: Flood) -> None:
    books = StoredBooks(gateway.data)
    async with ChatCaller(gateway.url, gateway.key).begin(chat_body(stream=True), receive_buffer_bytes=65536) as call:
        await call.until_text(b"data:")
        await flood.until_still()
    async with asyncio.timeout(LEFT_WITHIN_S):
        await flood.was_left.wait()
    await books.nothing_held()
    receipt = books.receipt(call.received.inference_id)
    assert (receipt["status"], receipt["client_disconnected"]) == ("succeeded", 1)
    assert receipt["charged_credits"] > 0
