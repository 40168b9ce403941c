"""Which connection carries a request, and what becomes of it."""

import asyncio

import pytest

from tests.integration.http_client_support import (
    HeldTime,
    Peer,
    eventually,
    make_client,
    on_both_loops,
    once,
    once_and_wait,
    repeat,
    serve,
    with_length,
)
from tests.support.closed_port import closed_port
from tollway.kit.http_client import (
    Aborted,
    ConnectFailed,
    ConnectionLost,
    HttpClient,
    HttpResponse,
    Origin,
    RequestHead,
    Timeout,
    Timeouts,
)

OK = with_length(b"ok")
PATIENT = Timeouts(connect_s=120)
"""For requests that wait for others to end."""


async def fetch(client: HttpClient, origin: Origin) -> bytes:
    response = await client.request("POST", origin, "/v1/x?y=z", body=b"{}")
    return await response.read()


@on_both_loops
async def test_what_the_server_sees() -> None:
    async with serve(repeat(OK)) as server, make_client() as client:
        head = RequestHead("POST", server.origin, "/v1/x", [(b"Authorization", b"Bearer k")])
        await (await client.send(head, headers=[(b"x-id", b"1")], body=b'{"a":1}')).read()
        await (await client.send(head)).read()
        await (await client.request("GET", server.origin, "/")).read()

        prefix = f"POST /v1/x HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer k\r\n".encode()
        assert server.peers[0].requests == [
            prefix + b'x-id: 1\r\ncontent-length: 7\r\n\r\n{"a":1}',
            prefix + b"content-length: 0\r\n\r\n",
            f"GET / HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n\r\n".encode(),
        ]


@on_both_loops
async def test_the_connection_used_last_is_used_first() -> None:
    async with serve(repeat(OK)) as server, make_client() as client:
        await asyncio.gather(*[fetch(client, server.origin) for _ in range(5)])
        assert client.open_connections(server.origin) == 5
        for _ in range(20):
            await fetch(client, server.origin)
        assert sorted(server.request_counts) == [1, 1, 1, 1, 21]


@on_both_loops
async def test_a_connection_that_closed_while_idle_is_replaced() -> None:
    async with serve(once(OK)) as server, make_client() as client:
        for _ in range(3):
            assert await fetch(client, server.origin) == b"ok"
            await eventually(lambda: client.open_connections(server.origin) == 0)
        assert server.request_counts == [1, 1, 1]


@on_both_loops
async def test_a_request_that_met_a_closing_connection_is_not_repeated() -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(OK)
        await peer.receive()

    async with serve(script) as server, make_client() as client:
        assert await fetch(client, server.origin) == b"ok"
        with pytest.raises(ConnectionLost) as caught:
            await fetch(client, server.origin)
        assert (caught.value.phase, caught.value.sent) == ("head", True)
        assert server.request_counts == [2]


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-le"], ids=["silent", "half a head"])
@pytest.mark.parametrize("reset", [False, True], ids=["end of file", "reset"])
@on_both_loops
async def test_a_close_before_the_head_is_complete(answer: bytes, reset: bool) -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(answer)
        if reset:
            peer.reset()

    async with serve(script) as server, make_client() as client:
        with pytest.raises(ConnectionLost) as caught:
            await fetch(client, server.origin)
        assert (caught.value.phase, caught.value.sent) == ("head", True)
        assert client.open_connections(server.origin) == 0


@pytest.mark.parametrize(
    "garbage", [b"x", b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad"], ids=["byte", "response"]
)
@on_both_loops
async def test_bytes_behind_a_response_never_answer_the_next_request(garbage: bytes) -> None:
    async with serve(once_and_wait(OK + garbage)) as server, make_client() as client:
        for _ in range(3):
            assert await fetch(client, server.origin) == b"ok"
        assert server.request_counts == [1, 1, 1]
        await eventually(lambda: all(peer.left.is_set() for peer in server.peers))


@pytest.mark.parametrize("garbage", [with_length(b"bad"), b"\r\n", b"x"])
@on_both_loops
async def test_bytes_on_an_idle_connection_close_it(garbage: bytes) -> None:
    async with serve(once_and_wait(OK)) as server, make_client() as client:
        assert await fetch(client, server.origin) == b"ok"
        await server.peers[0].send(garbage)
        await eventually(server.peers[0].left.is_set)
        assert client.open_connections(server.origin) == 0
        assert await fetch(client, server.origin) == b"ok"


@on_both_loops
async def test_idle_connections_are_closed_after_a_while() -> None:
    async with serve(once_and_wait(OK)) as server, make_client(idle_keep_alive_s=0.1) as client:
        time = HeldTime(client)
        await asyncio.gather(*[fetch(client, server.origin) for _ in range(3)])
        time.advance(0.09)
        assert client.open_connections(server.origin) == 3
        time.advance(0.02)
        assert client.open_connections(server.origin) == 0
        await eventually(lambda: all(peer.left.is_set() for peer in server.peers))


@on_both_loops
async def test_connections_in_use_are_not_taken_for_idle() -> None:
    async with make_client(idle_keep_alive_s=0.08) as client:
        time = HeldTime(client)

        async def script(peer: Peer) -> None:
            for _ in range(5):
                await peer.receive()
                time.advance(0.1)
                await peer.send(OK)

        async with serve(script) as server:
            for _ in range(5):
                assert await fetch(client, server.origin) == b"ok"
                time.advance(0.05)
            assert server.request_counts == [5]


@on_both_loops
async def test_no_more_connections_than_allowed() -> None:
    busiest = 0
    serving = 0
    all_busy = asyncio.Event()

    async def script(peer: Peer) -> None:
        nonlocal busiest, serving
        while True:
            await peer.receive()
            serving += 1
            busiest = max(busiest, serving)
            if serving == 3:
                all_busy.set()
            # Nobody is answered before all places are taken, so that a fourth one would show.
            await all_busy.wait()
            await asyncio.sleep(0.001)
            serving -= 1
            await peer.send(OK)

    async with serve(script) as server, make_client(max_connections_per_origin=3, timeouts=PATIENT) as client:
        bodies = await asyncio.gather(*[fetch(client, server.origin) for _ in range(50)])
        assert bodies == [b"ok"] * 50
        assert busiest == 3
        assert len(server.peers) == 3


@on_both_loops
async def test_waiting_for_a_place_ends_with_the_connect_timeout() -> None:
    async with serve(once_and_wait(OK[:-1])) as server, make_client(max_connections_per_origin=1) as client:
        held = await client.request("POST", server.origin, "/")
        with pytest.raises(Timeout) as caught:
            await client.request("POST", server.origin, "/", timeouts=Timeouts(connect_s=0.05))
        assert (caught.value.phase, caught.value.sent) == ("connect", False)

        waiting = asyncio.create_task(client.request("POST", server.origin, "/"))
        await asyncio.sleep(0)
        held.abort()
        assert (await waiting).status == 200
        assert len(server.peers) == 2


@on_both_loops
async def test_places_survive_waiters_that_give_up() -> None:
    async def script(peer: Peer) -> None:
        while True:
            await peer.receive()
            await asyncio.sleep(0)
            await peer.send(OK)

    async with serve(script) as server, make_client(max_connections_per_origin=2) as client:
        for turn in range(60):
            tasks = [asyncio.create_task(fetch(client, server.origin)) for _ in range(6)]
            for _ in range(turn % 12):
                await asyncio.sleep(0)
            for task in tasks[turn % 2 :: 2]:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(result == b"ok" for result in results[1 - turn % 2 :: 2])
        assert client.open_connections(server.origin) <= 2
        assert await asyncio.gather(*[fetch(client, server.origin) for _ in range(4)]) == [b"ok"] * 4


@on_both_loops
async def test_refused_connections_are_certainly_not_sent() -> None:
    async with make_client() as client:
        with closed_port() as port:
            origin = Origin("http", "127.0.0.1", port)
            for _ in range(3):
                with pytest.raises(ConnectFailed) as caught:
                    await fetch(client, origin)
                assert (caught.value.phase, caught.value.sent) == ("connect", False)
        assert client.open_connections(origin) == 0


@on_both_loops
async def test_closing_the_client_ends_everything() -> None:
    async with serve(once_and_wait(OK[:-1])) as server:
        client = HttpClient(max_connections_per_origin=1)
        reading = await client.request("POST", server.origin, "/")
        assert await reading.next_chunk() == b"o"
        pending_body = asyncio.create_task(reading.next_chunk())
        pending_place = asyncio.create_task(client.request("POST", server.origin, "/"))
        await asyncio.sleep(0)
        await client.close()

        with pytest.raises(Aborted):
            await pending_body
        with pytest.raises(Aborted) as caught:
            await pending_place
        assert (caught.value.phase, caught.value.sent) == ("connect", False)
        with pytest.raises(Aborted):
            await fetch(client, server.origin)
        await eventually(server.peers[0].left.is_set)


@on_both_loops
async def test_two_origins_do_not_share_connections() -> None:
    async with serve(repeat(with_length(b"a"))) as a, serve(repeat(with_length(b"b"))) as b, make_client() as client:
        for _ in range(3):
            assert await fetch(client, a.origin) == b"a"
            assert await fetch(client, b.origin) == b"b"
        assert (a.request_counts, b.request_counts) == ([3], [3])


@on_both_loops
async def test_many_requests_get_their_own_answers() -> None:
    async def echo(peer: Peer) -> None:
        while True:
            body = (await peer.receive()).partition(b"\r\n\r\n")[2]
            await peer.send(with_length(body))

    async def ask(client: HttpClient, origin: Origin, number: int) -> None:
        body = b"%d;" % number * (number % 300 + 1)
        response: HttpResponse = await client.request("POST", origin, "/", body=body)
        assert await response.read() == body

    async with serve(echo) as server, make_client(max_connections_per_origin=16, timeouts=PATIENT) as client:
        await asyncio.gather(*[ask(client, server.origin, number) for number in range(600)])
        assert len(server.peers) == 16
