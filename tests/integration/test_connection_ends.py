"""Clients that leave, and servers that stop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from tests.integration.http_client_support import on_both_loops
from tests.support.lane_server import (
    DEADLINE_S,
    LARGE,
    Client,
    LaneServer,
    eventually,
    lane_server,
    listening_for_complaints,
)
from tollway.http.server import Server, listen, make_server
from tollway.kit.settings import LimitSettings, ServerSettings

LEAVING = pytest.mark.parametrize("leave", [Client.leave, Client.reset], ids=["close", "reset"])


async def asking(server: LaneServer, path: bytes, lines: bytes = b"") -> Client:
    """Ask, and wait until the request has arrived."""
    client = await server.connect()
    before = server.requests
    await client.send(b"GET %b HTTP/1.1\r\nHost: x\r\n%b\r\n" % (path, lines))
    await eventually(lambda: server.requests == before + 1)
    return client


@LEAVING
@pytest.mark.parametrize("lines", [b"", b"Connection: close\r\n"])
@on_both_loops
async def test_the_lane_is_told_at_once(lines: bytes, leave: Callable[[Client], None]) -> None:
    async with lane_server() as server:
        client = await asking(server, b"/lane/hold", lines)
        connection, answer = server.only_connection, server.lane.answers[0]
        assert not answer.client_has_left

        leave(client)

        await eventually(lambda: answer.client_has_left)
        # It may come to its end all the same.
        answer.finish()
        connection.cut()
        assert connection.state == "closed"


@LEAVING
@on_both_loops
async def test_the_app_is_told_at_once(leave: Callable[[Client], None]) -> None:
    async with lane_server() as server:
        client = await asking(server, b"/hold")

        leave(client)

        await eventually(lambda: server.app.disconnects == 1)


@LEAVING
@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET /lane/now HT",
        b"POST /lane/now HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe",
        b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
        b"broken",
        b"GET /lane/large HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /lane/now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /lane/hold HTTP/1.1\r\nHost: x\r\n\r\nGET /lane/now HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
@on_both_loops
async def test_clients_that_leave_at_any_time(beginning: bytes, leave: Callable[[Client], None]) -> None:
    async with lane_server() as server:
        client = await server.connect()
        await client.send(beginning)
        await eventually(lambda: len(server.host.connections) == 1 or server.requests == 1)

        leave(client)

        await eventually(lambda: not server.host.connections)
        assert all("smuggled" not in head.path for head in server.lane.heads)


@on_both_loops
async def test_an_answer_that_is_over_is_told_nothing() -> None:
    async with lane_server() as server:
        client = await server.connect()
        for path in (b"/lane/now", b"/lane/soon"):
            await client.ask(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path)

        client.leave()

        await eventually(lambda: not server.host.connections)
        assert not any(answer.client_has_left for answer in server.lane.answers)


class RunningServer(LaneServer):
    """The connections inside the server that the product runs."""

    uvicorn: Server
    served: asyncio.Task[None]

    def stop(self) -> None:
        self.uvicorn.stop()

    @property
    def has_stopped(self) -> bool:
        return self.served.done()


@contextlib.asynccontextmanager
async def running_server() -> AsyncIterator[RunningServer]:
    server = RunningServer(LimitSettings())
    settings = ServerSettings(port=0, drain_s=2 * DEADLINE_S)
    listener = listen(settings)
    server.port = listener.getsockname()[1]
    server.uvicorn = make_server(server.app, server.host, settings)
    server.served = asyncio.create_task(server.uvicorn.serve(sockets=[listener]))
    await eventually(lambda: server.uvicorn.started)
    with listening_for_complaints(server):
        try:
            yield server
            server.abort_clients()
            async with asyncio.timeout(DEADLINE_S):
                await server.served
            assert not server.host.connections
        finally:
            # After a test that failed, the server may still run.
            server.abort_clients()
            server.stop()
            server.stop()
            await server.served


@on_both_loops
async def test_a_stop_closes_idle_connections() -> None:
    async with running_server() as server:
        fresh, used = await server.connect(), await server.connect()
        for path in (b"/lane/now", b"/x"):
            await used.ask(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        half = await server.connect()
        await half.send(b"GET /lane/now HT")
        refused = await server.connect()
        await refused.send(b"broken\r\n\r\n")
        await refused.answer()

        server.stop()

        for client in (fresh, used, half, refused):
            assert await client.rest() == b""


@pytest.mark.parametrize(
    "before", [b"", b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /lane/now HTTP/1.1\r\nHost: x\r\n\r\n"]
)
@pytest.mark.parametrize("path", [b"/lane/hold", b"/hold"])
@on_both_loops
async def test_a_stop_waits_for_answers_under_way(path: bytes, before: bytes) -> None:
    async with running_server() as server:
        client = await server.connect()
        if before:
            await client.ask(before)
        count = server.requests
        await client.send(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\nGET /lane/now HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        await eventually(lambda: server.requests == count + 1)

        server.stop()
        await asyncio.sleep(0.3)
        assert not server.has_stopped
        server.app.release.set()
        if path == b"/lane/hold":
            server.lane.answers[-1].finish()

        answer = await client.answer()
        assert answer.status == 200
        assert answer.headers.get("connection") == ("close" if path == b"/hold" else None)
        assert await client.rest() == b""
        assert server.requests == count + 1


@on_both_loops
async def test_a_stop_waits_for_a_request_that_is_arriving() -> None:
    async with running_server() as server:
        client = await server.connect()
        await client.send(b"POST /lane/now HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe")
        await eventually(lambda: [one.state for one in server.host.connections] == ["body"])

        server.stop()
        await asyncio.sleep(0.3)
        assert not server.has_stopped
        await client.send(b"llo")

        assert (await client.answer()).body == b"lane POST /lane/now hello"
        assert await client.rest() == b""


@on_both_loops
async def test_a_stop_lets_a_slow_reader_finish() -> None:
    async with running_server() as server:
        client = await server.connect(receive_buffer=4096)
        await client.send(b"GET /lane/large HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: server.requests == 1)

        server.stop()
        await asyncio.sleep(0.3)
        assert not server.has_stopped

        assert (await client.answer()).body == LARGE
        assert await client.rest() == b""
