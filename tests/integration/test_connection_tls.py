"""The same connections over TLS, where one side cannot be closed alone."""

import ssl
from collections.abc import Callable

import pytest
from msgspec import Struct

from tests.integration.http_client_support import on_both_loops
from tests.support.lane_server import LARGE, Client, eventually, lane_server, seen
from tests.support.self_signed import client_context, server_context, write_certificate

PATHS = pytest.mark.parametrize("path", ["/lane/now", "/x"])


class Tls(Struct, frozen=True):
    """The contexts of both sides."""

    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    certificate = write_certificate(tmp_path_factory.mktemp("tls") / "certificate.pem")
    return Tls(server_context(certificate), client_context(certificate))


@on_both_loops
async def test_lane_and_app_share_a_connection(tls: Tls) -> None:
    async with lane_server(tls=tls.server) as server:
        client = await server.connect(tls=tls.client)
        chunked = b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
        for path in ("/lane/now", "/x", "/lane/soon", "/y"):
            by = "lane" if path.startswith("/lane") else "app"
            for framing in (b"Content-Length: 2\r\n\r\nhi", chunked):
                body = await client.ask(b"POST %b HTTP/1.1\r\nHost: x\r\n%b" % (path.encode(), framing))
                assert body == seen(by, "POST", path, b"hi")
        assert {scope["scheme"] for scope in server.app.scopes} == {"https"}


@PATHS
@on_both_loops
async def test_pipelined_and_closed(tls: Tls, path: str) -> None:
    async with lane_server(tls=tls.server) as server:
        client = await server.connect(tls=tls.client)
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\n".encode()

        await client.send((request + b"\r\n") * 200 + request + b"Connection: close\r\n\r\n")

        assert (await client.rest()).count(b"HTTP/1.1 200 OK") == 201


@on_both_loops
async def test_a_client_that_sends_on_can_read_why_it_was_refused(tls: Tls) -> None:
    async with lane_server(tls=tls.server) as server:
        client = await server.connect(tls=tls.client)
        await client.send(b"POST /lane/now HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n")
        for _ in range(20):
            await client.send(b"x" * 1_000_000)

        assert (await client.answer()).status == 413
        assert server.requests == 0


@on_both_loops
async def test_lingering_ends(tls: Tls) -> None:
    async with lane_server(tls=tls.server) as server:
        client = await server.connect(tls=tls.client)
        await client.send(b"broken\r\n\r\n")
        assert (await client.answer()).status == 400
        assert await client.is_silent()

        server.sweep(2.5)

        assert await client.rest() == b""
        await eventually(lambda: not server.host.connections)


@PATHS
@on_both_loops
async def test_slow_headers_time_out(tls: Tls, path: str) -> None:
    async with lane_server(tls=tls.server) as server:
        client = await server.connect(tls=tls.client)
        await client.send(f"GET {path} HTTP/1.1\r\n".encode())
        await eventually(lambda: [one.state for one in server.host.connections] == ["head"])

        server.sweep(11)

        assert (await client.answer()).status == 408


@pytest.mark.parametrize("leave", [Client.leave, Client.reset], ids=["close", "reset"])
@on_both_loops
async def test_lane_and_app_are_told_when_the_client_leaves(tls: Tls, leave: Callable[[Client], None]) -> None:
    async with lane_server(tls=tls.server) as server:
        for path in (b"/lane/hold", b"/hold"):
            client = await server.connect(tls=tls.client)
            await client.send(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        await eventually(lambda: server.requests == 2)

        for client in server.clients:
            leave(client)

        await eventually(lambda: server.lane.answers[0].client_has_left)
        await eventually(lambda: server.app.disconnects == 1)


@pytest.mark.parametrize("path", ["/lane/large", "/large"])
@pytest.mark.parametrize("lines", ["", "Connection: close\r\n"])
@on_both_loops
async def test_large_answers_arrive_whole(tls: Tls, path: str, lines: str) -> None:
    async with lane_server(tls=tls.server) as server:
        client = await server.connect(tls=tls.client, receive_buffer=4096)

        await client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode() * 3)

        for _ in range(1 if lines else 3):
            assert (await client.answer()).body == LARGE


@pytest.mark.parametrize("path", ["/lane/large", "/large"])
@on_both_loops
async def test_a_client_that_reads_nothing_is_cut(tls: Tls, path: str) -> None:
    """A layer below takes the first answer whole, so that the connection seems idle at first."""
    async with lane_server(tls=tls.server) as server:
        client = await server.connect(tls=tls.client, receive_buffer=4096)
        await client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await eventually(lambda: server.requests == 1)

        for after_s in (76, 138, 200):
            server.sweep(after_s)

        await eventually(lambda: not server.host.connections)


@on_both_loops
async def test_answers_do_not_pile_up_for_a_client_that_reads_none(tls: Tls) -> None:
    async with lane_server(tls=tls.server) as server:
        client = await server.connect(tls=tls.client, receive_buffer=4096)
        await client.send(b"GET /lane/large HTTP/1.1\r\nHost: x\r\n\r\n" * 100)

        await eventually(lambda: any(one.is_congested for one in server.host.connections))

        assert server.requests < 5


@on_both_loops
async def test_speaking_plainly_to_a_tls_port(tls: Tls) -> None:
    async with lane_server(tls=tls.server) as server:
        client = await server.connect()

        await client.send(b"GET /lane/now HTTP/1.1\r\nHost: x\r\n\r\n")

        assert b"HTTP" not in await client.rest()
        assert server.requests == 0
