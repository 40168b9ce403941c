"""Sizes, deadlines, and clients that send or read too slowly."""

import asyncio
import re
import time

import pytest

from tests.integration.http_client_support import on_both_loops
from tests.support.lane_server import DEADLINE_S, LARGE, Client, LaneServer, eventually, lane_server

GET = b"GET /lane/now HTTP/1.1\r\nHost: x\r\n\r\n"


async def fill(head: bytes, to_length: int) -> bytes:
    """Pad a head with one header line."""
    return head[:-2] + b"A: " + b"a" * (to_length - len(head) - 5) + b"\r\n\r\n"


@on_both_loops
async def test_headers_up_to_the_limit() -> None:
    async with lane_server() as server:
        for path in (b"/lane/now", b"/x"):
            head = b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path
            client = await server.connect()

            await client.send(await fill(head, 32 * 1024))
            assert (await client.answer()).status == 200
            await client.send(await fill(head, 32 * 1024 + 1))
            assert (await client.answer()).status == 431
            assert await client.rest() == b""


@on_both_loops
async def test_bodies_up_to_the_limit() -> None:
    body = b"x" * 4 * 1024 * 1024
    async with lane_server() as server:
        for path in (b"/lane/now", b"/x"):
            post = b"POST %b HTTP/1.1\r\nHost: x\r\n" % path
            client = await server.connect()
            assert (await client.ask(post + b"Content-Length: 4194304\r\n\r\n" + body)).endswith(body)
            chunks = b"200000\r\n%b\r\n200000\r\n%b\r\n0\r\n\r\n" % (body[: 2**21], body[2**21 :])
            assert (await client.ask(post + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)).endswith(body)


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 50000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n2faf080\r\n"]
)
@on_both_loops
async def test_a_client_that_sends_on_can_read_why_it_was_refused(framing: bytes) -> None:
    """Closing at once would reset the connection while the client sends, and the refusal would be lost."""
    async with lane_server() as server:
        client = await server.connect()
        await client.send(b"POST /lane/now HTTP/1.1\r\nHost: x\r\n" + framing)
        for _ in range(50):
            await client.send(b"x" * 1_000_000)

        assert (await client.answer()).status == 413
        assert await client.rest() == b""
        assert server.requests == 0
        client.leave()
        await eventually(lambda: not server.host.connections)


@on_both_loops
async def test_lingering_ends_when_the_client_is_silent() -> None:
    async with lane_server() as server:
        client = await server.connect()
        began_s = asyncio.get_running_loop().time()
        await client.send(b"broken\r\n\r\n")
        assert (await client.answer()).status == 400

        server.sweep(1.5, since_s=began_s)
        assert server.host.connections
        server.sweep(2.5)
        await eventually(lambda: not server.host.connections)


@on_both_loops
async def test_lingering_ends_although_the_client_sends_on() -> None:
    async with lane_server() as server:
        client = await server.connect()
        await client.send(b"broken\r\n\r\n")
        connection = server.only_connection
        assert (await client.answer()).status == 400

        connection.deadline_s -= 1
        silent_until_s = connection.deadline_s
        await client.send(b"x")
        await eventually(lambda: connection.deadline_s > silent_until_s)
        connection._linger_until_s = silent_until_s
        await client.send(b"x")
        await eventually(lambda: connection.deadline_s == silent_until_s)
        server.sweep(2.5)
        await eventually(lambda: not server.host.connections)


@on_both_loops
async def test_slow_headers_time_out() -> None:
    async with lane_server(header_timeout_s=5) as server:
        client = await server.connect()
        began_s = asyncio.get_running_loop().time()
        await client.send(b"POST /lane/now HTTP/1.1\r\nHost: x\r\n")
        await eventually(lambda: [one.state for one in server.host.connections] == ["head"])
        server.only_connection.deadline_s -= 3

        # More bytes give no more time.
        await client.send(b"A: b\r\n")
        assert await client.is_silent()
        server.sweep(1.5, since_s=began_s)
        assert await client.is_silent()
        server.sweep(2.5)

        answer = await client.answer()
        assert (answer.status, answer.headers["x-inference-id"]) == (408, "1")
        assert await client.rest() == b""


@pytest.mark.parametrize("framing", [b"Content-Length: 5\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
@on_both_loops
async def test_slow_body_times_out(framing: bytes) -> None:
    async with lane_server(header_timeout_s=1, body_timeout_s=5) as server:
        client = await server.connect()
        began_s = asyncio.get_running_loop().time()
        await client.send(b"POST /lane/now HTTP/1.1\r\nHost: x\r\n" + framing)
        await eventually(lambda: [one.state for one in server.host.connections] == ["body"])
        server.only_connection.deadline_s -= 3

        await client.send(b"1")
        assert await client.is_silent()
        server.sweep(1.5, since_s=began_s)
        assert await client.is_silent()
        server.sweep(2.5)

        answer = await client.answer()
        assert (answer.status, answer.headers["x-inference-id"]) == (408, "1")
        assert server.requests == 0


@pytest.mark.parametrize("first", [b"", b"\r\n", GET, b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"])
@on_both_loops
async def test_idle_connections_close_in_silence(first: bytes) -> None:
    async with lane_server(header_timeout_s=5, keep_alive_s=5) as server:
        began_s = asyncio.get_running_loop().time()
        client = await server.connect()
        await client.send(first)
        if first.strip():
            await client.answer()
        await eventually(lambda: len(server.host.connections) == 1)

        server.sweep(4, since_s=began_s)
        assert await client.is_silent()
        server.sweep(5.5)

        assert await client.rest() == b""


@pytest.mark.parametrize("path", [b"/lane/hold", b"/hold"])
@on_both_loops
async def test_a_long_answer_has_no_deadline_here(path: bytes) -> None:
    async with lane_server() as server:
        client = await server.connect()
        await client.send(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        await eventually(lambda: server.requests == 1)

        server.sweep(100_000)

        server.app.release.set()
        for answer in server.lane.answers:
            answer.finish()
        assert (await client.answer()).status == 200


async def stalled(server: LaneServer, path: bytes, lines: bytes = b"") -> Client:
    """Ask for more than the buffers hold, and read nothing."""
    client = await server.connect(receive_buffer=4096)
    await client.send(b"GET %b HTTP/1.1\r\nHost: x\r\n%b\r\n" % (path, lines))
    await eventually(lambda: any(one.is_congested for one in server.host.connections))
    return client


@pytest.mark.parametrize("lines", [b"", b"Connection: close\r\n"])
@pytest.mark.parametrize("path", [b"/lane/large", b"/large"])
@on_both_loops
async def test_a_client_that_reads_nothing_is_cut(path: bytes, lines: bytes) -> None:
    async with lane_server() as server:
        began_s = asyncio.get_running_loop().time()
        await stalled(server, path, lines)

        server.sweep(59, since_s=began_s)
        assert server.host.connections
        # The socket's own buffer may still have taken something, which counts once.
        for after_s in (61, 122, 183):
            server.sweep(after_s)
        await eventually(lambda: not server.host.connections)


@pytest.mark.parametrize("lines", [b"", b"Connection: close\r\n"])
@pytest.mark.parametrize("path", [b"/lane/large", b"/large"])
@on_both_loops
async def test_a_client_that_reads_slowly_gets_everything(path: bytes, lines: bytes) -> None:
    async with lane_server() as server:
        loop = asyncio.get_running_loop()
        with await server.connect_raw(receive_buffer=4096) as client:
            await loop.sock_sendall(client, b"GET %b HTTP/1.1\r\nHost: x\r\n%b\r\n" % (path, lines))
            await eventually(lambda: any(one.is_congested for one in server.host.connections))
            connection = server.only_connection
            received = bytearray()
            while connection.is_congested:
                unsent = connection.transport.get_write_buffer_size()
                while connection.transport.get_write_buffer_size() >= unsent:
                    received += await loop.sock_recv(client, 65536)
                server.sweep(61)
            while not received.endswith(LARGE):
                received += await loop.sock_recv(client, 65536)

            assert received.count(b"HTTP/1.1 200") == 1


@on_both_loops
async def test_the_next_request_waits_until_the_answer_was_read() -> None:
    async with lane_server() as server:
        client = await stalled(server, b"/lane/large")
        await client.send(GET)
        assert len(server.lane.heads) == 1

        assert (await client.answer()).body == LARGE
        assert (await client.answer()).body == b"lane GET /lane/now "


@on_both_loops
async def test_a_running_answer_is_told_when_it_may_write_on() -> None:
    async with lane_server() as server:
        client = await server.connect(receive_buffer=4096)
        await client.send(b"GET /lane/hold HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: len(server.lane.answers) == 1)
        connection, answer = server.only_connection, server.lane.answers[0]
        connection.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(LARGE) + 1, LARGE))
        assert connection.is_congested
        assert answer.resumed == 0

        async with asyncio.timeout(DEADLINE_S):
            head = await client.reader.readuntil(b"\r\n\r\n")
            assert await client.reader.readexactly(len(LARGE)) == LARGE
        assert re.match(rb"HTTP/1.1 200", head)
        await eventually(lambda: answer.resumed == 1)
        server.sweep(1000)
        assert server.host.connections


@on_both_loops
async def test_hundreds_of_slow_clients_do_not_hurt_a_healthy_one() -> None:
    async with lane_server() as server:
        slow = [await server.connect() for _ in range(300)]
        healthy = await server.connect()
        work_s = []
        for turn in range(20):
            for client in slow:
                client.writer.write(b"GET /lane/now HTTP/1.1\r\nA"[turn : turn + 1])
            # The work until the answer, which is all that the slow ones can put before it: a wait may be the machine's.
            started_s = time.thread_time()
            assert await healthy.ask(GET) == b"lane GET /lane/now "
            work_s.append(time.thread_time() - started_s)

        assert sorted(work_s)[10] < 1
        await eventually(lambda: len(server.host.connections) == 301)
        server.sweep(11)
        answers = await asyncio.gather(*(client.answer() for client in slow))
        assert {answer.status for answer in answers} == {408}
        assert await healthy.ask(GET) == b"lane GET /lane/now "
