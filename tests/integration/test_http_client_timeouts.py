"""Every wait has an end, and the error says which wait it was."""

import asyncio

import pytest

from tests.integration.http_client_support import (
    HeldTime,
    Peer,
    eventually,
    make_client,
    on_both_loops,
    once_and_wait,
    serve,
    with_length,
)
from tollway.kit.http_client import Timeout, Timeouts, make_ssl_context

HALF_BODY = with_length(b"hello")[:-1]


async def silent(peer: Peer) -> None:
    await peer.until_left()


async def deaf(peer: Peer) -> None:
    peer.writer.transport.pause_reading()  # type: ignore[attr-defined] # it reads as well.
    await peer.left.wait()


async def dripping(peer: Peer) -> None:
    await peer.receive()
    await peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        await peer.send(b"1\r\nx\r\n")
        await asyncio.sleep(0.02)


@on_both_loops
async def test_tls_handshake_that_is_not_answered() -> None:
    settings = {"timeouts": Timeouts(connect_s=0.2), "ssl_context": make_ssl_context()}
    async with serve(silent) as server, make_client(**settings) as client:
        origin = type(server.origin)("https", "127.0.0.1", server.port)
        with pytest.raises(Timeout) as caught:
            await client.request("POST", origin, "/")
        assert (caught.value.phase, caught.value.sent) == ("connect", False)
        await eventually(lambda: [peer.left.is_set() for peer in server.peers] == [True])


@on_both_loops
async def test_request_that_the_server_does_not_read() -> None:
    timeouts = Timeouts(send_s=0.1)
    async with serve(deaf, receive_buffer_bytes=4096) as server, make_client(timeouts=timeouts) as client:
        with pytest.raises(Timeout) as caught:
            await client.request("POST", server.origin, "/", body=bytes(32 * 1024 * 1024))
        assert (caught.value.phase, caught.value.sent) == ("send", True)
        server.peers[0].left.set()


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nx: y"], ids=["silent", "half a head"])
@on_both_loops
async def test_head_that_does_not_come(beginning: bytes) -> None:
    async with serve(once_and_wait(beginning)) as server, make_client(timeouts=Timeouts(first_byte_s=0.1)) as client:
        with pytest.raises(Timeout) as caught:
            await client.request("POST", server.origin, "/")
        assert (caught.value.phase, caught.value.sent) == ("head", True)
        # The server may take the connection up only after the client has given it up.
        await eventually(lambda: [peer.left.is_set() for peer in server.peers] == [True])


@on_both_loops
async def test_body_that_falls_silent() -> None:
    async with serve(once_and_wait(HALF_BODY)) as server, make_client(timeouts=Timeouts(idle_s=0.1)) as client:
        response = await client.request("POST", server.origin, "/")
        assert await response.next_chunk() == b"hell"
        with pytest.raises(Timeout) as caught:
            await response.next_chunk()
        assert (caught.value.phase, caught.value.sent) == ("body", True)
        await eventually(server.peers[0].left.is_set)


@on_both_loops
async def test_a_slow_body_may_last_longer_than_the_silence_allowed() -> None:
    begun = once_and_wait(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    async with serve(begun) as server, make_client(timeouts=Timeouts(idle_s=0.4)) as client:
        time = HeldTime(client)
        response = await client.request("POST", server.origin, "/")
        for _ in range(5):
            time.advance(0.3)
            await server.peers[0].send(b"1\r\nx\r\n")
            assert await response.next_chunk() == b"x"
        time.advance(0.5)
        with pytest.raises(Timeout):
            await response.next_chunk()


@on_both_loops
async def test_the_whole_request_has_an_end_even_if_the_body_keeps_coming() -> None:
    async with serve(dripping) as server, make_client() as client:
        time = HeldTime(client)
        response = await client.request("POST", server.origin, "/", timeouts=Timeouts(total_s=0.2))
        time.advance(0.15)
        assert await response.next_chunk()
        time.advance(0.06)
        with pytest.raises(Timeout, match="not complete after") as caught:
            await response.read()
        assert caught.value.phase == "body"
        await eventually(server.peers[0].left.is_set)


@on_both_loops
async def test_the_whole_request_has_an_end_before_the_head() -> None:
    async with serve(silent) as server, make_client() as client:
        with pytest.raises(Timeout, match="not complete after"):
            await client.request("POST", server.origin, "/", timeouts=Timeouts(total_s=0.1))


@on_both_loops
async def test_timeouts_of_one_request_do_not_touch_the_next_on_its_connection() -> None:
    asked, answered = asyncio.Event(), asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(with_length(b"ok"))
        await peer.receive()
        asked.set()
        await answered.wait()
        await peer.send(with_length(b"ok"))

    short = Timeouts(send_s=0.5, first_byte_s=0.5, idle_s=0.5, total_s=0.5)
    async with serve(script) as server, make_client() as client:
        time = HeldTime(client)
        first = await client.request("POST", server.origin, "/", timeouts=short)
        assert await first.read() == b"ok"
        second = asyncio.create_task(client.request("POST", server.origin, "/"))
        await asked.wait()
        time.advance(0.7)
        answered.set()
        assert await (await second).read() == b"ok"
        assert server.request_counts == [2]


@pytest.mark.parametrize("timeouts", [Timeouts(idle_s=0.8), Timeouts(total_s=0.8)], ids=["idle", "total"])
@on_both_loops
async def test_a_reader_that_holds_the_server_back_uses_up_its_own_time(timeouts: Timeouts) -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(with_length(b"x" * 8_000_000))

    async with serve(script) as server, make_client(timeouts=timeouts) as client:
        time = HeldTime(client)
        response = await client.request("POST", server.origin, "/")
        await eventually(lambda: response.unread_bytes > 256 * 1024)
        time.advance(1.2)
        assert len(await response.read()) == 8_000_000
