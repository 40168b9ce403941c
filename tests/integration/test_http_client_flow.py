"""Neither side makes the other hold more than it wants."""

import asyncio

import pytest

from tests.integration.http_client_support import (
    DEADLINE_S,
    Peer,
    eventually,
    make_client,
    on_both_loops,
    repeat,
    serve,
    with_length,
)
from tollway.kit.http_client import ConnectionLost, HttpClient, Origin
from tollway.kit.http_client.connection import Connection
from tollway.kit.http_client.request_writer import RequestWriter

MIB = 1024 * 1024
SIZE_BYTES = 48 * MIB
PIECE = bytes(64 * 1024)


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@on_both_loops
async def test_a_slow_reader_stalls_the_server_and_gets_everything_in_the_end(framing: str) -> None:
    stalled = asyncio.Event()
    head = {
        "length": b"content-length: %d\r\n\r\n" % SIZE_BYTES,
        "chunked": b"transfer-encoding: chunked\r\n\r\n",
        "close": b"\r\n",
    }[framing]

    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(b"HTTP/1.1 200 OK\r\n" + head)
        for _ in range(SIZE_BYTES // len(PIECE)):
            peer.writer.write(b"%x\r\n%b\r\n" % (len(PIECE), PIECE) if framing == "chunked" else PIECE)
            try:
                async with asyncio.timeout(0.3):
                    await peer.writer.drain()
            except TimeoutError:
                stalled.set()
                await peer.writer.drain()
        if framing == "chunked":
            await peer.send(b"0\r\n\r\n")

    async with serve(script) as server, make_client() as client:
        response = await client.request("POST", server.origin, "/")
        async with asyncio.timeout(DEADLINE_S):
            await stalled.wait()
        # A pause of the machine looks like a stall too.
        await eventually(lambda: response.unread_bytes > 256 * 1024)
        # The limit, and what one read of the socket may bring beyond it.
        assert response.unread_bytes <= 1 * MIB

        received_bytes = 0
        while chunk := await response.next_chunk():
            received_bytes += len(chunk)
            assert len(chunk) <= 1 * MIB
        assert received_bytes == SIZE_BYTES


@on_both_loops
async def test_a_connection_is_reusable_after_back_pressure() -> None:
    async def fetch_late(client: HttpClient, origin: Origin) -> bytes:
        response = await client.request("POST", origin, "/")
        await eventually(lambda: response.unread_bytes > 256 * 1024)
        return await response.read()

    async with serve(repeat(with_length(bytes(2 * MIB)))) as server, make_client() as client:
        for _ in range(3):
            assert len(await fetch_late(client, server.origin)) == 2 * MIB
        assert server.request_counts == [3]


@on_both_loops
async def test_large_request_bodies_arrive_whole() -> None:
    async def script(peer: Peer) -> None:
        while True:
            request = await peer.receive()
            await peer.send(with_length(b"%d" % (len(request) - request.index(b"\r\n\r\n") - 4)))

    async with serve(script) as server, make_client() as client:
        for size_bytes in (0, 1, 256 * 1024, 256 * 1024 + 1, 9 * MIB + 7):
            response = await client.request("POST", server.origin, "/", body=bytes(size_bytes))
            assert await response.read() == b"%d" % size_bytes
        assert server.request_counts == [5]


@on_both_loops
async def test_a_large_request_does_not_fill_memory_while_the_server_is_slow() -> None:
    go_on = asyncio.Event()

    async def script(peer: Peer) -> None:
        await go_on.wait()
        await peer.receive()
        await peer.send(with_length(b"ok"))

    async with serve(script, receive_buffer_bytes=65536) as server, make_client() as client:
        task = asyncio.create_task(client.request("POST", server.origin, "/", body=bytes(16 * MIB)))
        await eventually(lambda: any(writer.paused for writer in _writers(client)))
        [transport] = _transports(client)
        assert transport.get_write_buffer_size() <= 1 * MIB
        go_on.set()
        assert await (await task).read() == b"ok"


@on_both_loops
async def test_an_answer_before_the_whole_request_was_sent() -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.send(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
        await peer.left.wait()

    async with serve(script, receive_buffer_bytes=4096) as server, make_client() as client:
        response = await client.request("POST", server.origin, "/", body=bytes(SIZE_BYTES))
        assert response.status == 413
        assert await response.read() == b"no"
        # The rest of the request would be taken for the next one.
        assert client.open_connections(server.origin) == 0
        server.peers[0].left.set()


@on_both_loops
async def test_a_reset_while_the_request_is_sent() -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        peer.reset()

    async with serve(script, receive_buffer_bytes=4096) as server, make_client() as client:
        with pytest.raises(ConnectionLost) as caught:
            await client.request("POST", server.origin, "/", body=bytes(SIZE_BYTES))
        assert caught.value.sent


def _connections(client: HttpClient) -> list[Connection]:
    return [connection for pool in client._pools.values() for connection in pool._open]


def _writers(client: HttpClient) -> list[RequestWriter]:
    return [connection._writer for connection in _connections(client)]


def _transports(client: HttpClient) -> list[asyncio.Transport]:
    return [connection._transport for connection in _connections(client) if connection._transport is not None]
