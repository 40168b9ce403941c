"""Requests for the lane and for the app over one socket, in all their forms."""

import random

import pytest

from tests.integration.http_client_support import on_both_loops
from tests.support.lane_server import eventually, lane_server, seen


@on_both_loops
async def test_lane_and_app_share_a_connection_in_any_order() -> None:
    async with lane_server() as server:
        client = await server.connect()
        for path in ["/x", "/lane/now", "/lane/soon", "/y", "/z", "/lane/now", "/x"]:
            by = "lane" if path.startswith("/lane") else "app"

            body = await client.ask(b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi" % path.encode())

            assert body == seen(by, "POST", path, b"hi")
        assert len(server.host.connections) == 1


@on_both_loops
async def test_pipelined_in_one_packet_and_in_many() -> None:
    paths = [random.Random(1).choice(["/lane/now", "/lane/soon", "/x"]) for _ in range(50)]
    data = b"".join(
        b"POST %b?%d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n%02d\r\n0\r\n\r\n"
        % (path.encode(), number, number)
        for number, path in enumerate(paths)
    )
    async with lane_server() as server:
        for step in (len(data), 100, 7):
            client = await server.connect()
            for at in range(0, len(data), step):
                await client.send(data[at : at + step])

            for number, path in enumerate(paths):
                by = "lane" if path.startswith("/lane") else "app"
                answer = await client.answer()
                assert answer.body == seen(by, "POST", f"{path}?{number}", b"%02d" % number)


@on_both_loops
async def test_a_thousand_pipelined_requests() -> None:
    async with lane_server() as server:
        client = await server.connect()

        client.writer.write(b"GET /lane/now HTTP/1.1\r\nHost: x\r\n\r\nGET /x HTTP/1.1\r\nHost: x\r\n\r\n" * 500)

        for _ in range(500):
            assert (await client.answer()).body == b"lane GET /lane/now "
            assert (await client.answer()).body == b"app GET /x "


@pytest.mark.parametrize("path", ["/lane/now", "/x"])
@on_both_loops
async def test_leave_to_send_a_body_is_given_once(path: str) -> None:
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n" % path.encode()
    by = "lane" if path.startswith("/lane") else "app"
    async with lane_server() as server:
        client = await server.connect()
        for lines, written in (
            (b"Content-Length: 5\r\n\r\n", b"hello"),
            (b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        ):
            await client.send(head + lines)
            assert (await client.answer()).status == 100
            await client.send(written[:3])
            await client.send(written[3:])
            assert (await client.answer()).body == seen(by, "POST", path, b"hello")


@on_both_loops
async def test_no_leave_for_a_client_that_sends_already() -> None:
    async with lane_server() as server:
        client = await server.connect()

        await client.send(b"POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhe")
        await eventually(lambda: [one.state for one in server.host.connections] == ["body"])
        await client.send(b"llo")

        assert (await client.answer()).body == b"app POST /x hello"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST %b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        b"POST %b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
        b"POST %b HTTP/1.0\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
    ],
    ids=["body at once", "no body", "HTTP/1.0"],
)
@pytest.mark.parametrize("path", [b"/lane/now", b"/x"])
@on_both_loops
async def test_nobody_waits_for_leave(path: bytes, request_bytes: bytes) -> None:
    async with lane_server() as server:
        client = await server.connect()

        await client.send(request_bytes % path)

        assert (await client.answer()).status == 200


@on_both_loops
async def test_no_leave_to_send_a_body_that_is_too_long() -> None:
    async with lane_server() as server:
        client = await server.connect()

        await client.send(b"POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n")

        assert (await client.answer()).status == 413


@on_both_loops
async def test_http_1_0_gets_a_length_and_the_end_of_the_connection() -> None:
    async with lane_server() as server:
        for path in (b"/lane/now", b"/x", b"/stream", b"/unread"):
            client = await server.connect()

            await client.send(b"GET %b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" % path)

            answer = await client.answer()
            assert int(answer.headers["content-length"]) == len(answer.body) > 0
            assert answer.headers["connection"] == "close"
            assert await client.rest() == b""


@on_both_loops
async def test_app_that_does_not_answer_http_1_0() -> None:
    async with lane_server(expected_complaints=1) as server:
        client = await server.connect()

        await client.send(b"GET /broken HTTP/1.0\r\n\r\n")

        assert (await client.answer()).status == 500
        assert "Exception in ASGI application" in server.complaints[0]


@on_both_loops
async def test_a_broken_answer_of_the_app_is_cut_before_its_end() -> None:
    async with lane_server(expected_complaints=1) as server:
        client = await server.connect()

        await client.send(b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\nGET /lane/now HTTP/1.1\r\nHost: x\r\n\r\n")

        received = await client.rest()
        assert received.endswith(b"4\r\none \r\n")
        assert server.lane.heads == []


@pytest.mark.parametrize("path", ["/x", "/stream", "/unread"])
@on_both_loops
async def test_head_has_no_body(path: str) -> None:
    async with lane_server() as server:
        client = await server.connect()
        for _ in range(2):
            await client.send(f"HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert (await client.answer(to="HEAD")).status == 200
        assert await client.ask(b"GET /lane/now HTTP/1.1\r\nHost: x\r\n\r\n") == b"lane GET /lane/now "


@on_both_loops
async def test_options_for_a_path_and_for_the_server() -> None:
    async with lane_server() as server:
        client = await server.connect()

        assert await client.ask(b"OPTIONS /lane/now HTTP/1.1\r\nHost: x\r\n\r\n") == b"lane OPTIONS /lane/now "
        assert await client.ask(b"OPTIONS /x HTTP/1.1\r\nHost: x\r\n\r\n") == b"app OPTIONS /x "
        assert await client.ask(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n") == b"app OPTIONS * "


@on_both_loops
async def test_absolute_targets_go_the_same_way() -> None:
    async with lane_server() as server:
        client = await server.connect()

        assert await client.ask(b"GET http://x/lane/now?a HTTP/1.1\r\nHost: y\r\n\r\n") == b"lane GET /lane/now?a "
        assert await client.ask(b"GET https://x:1/x?a HTTP/1.1\r\nHost: y\r\n\r\n") == b"app GET /x?a "
        assert await client.ask(b"GET http://x HTTP/1.1\r\nHost: y\r\n\r\n") == b"app GET / "


@pytest.mark.parametrize("path", [b"/lane/now", b"/x"])
@on_both_loops
async def test_connection_close_is_kept(path: bytes) -> None:
    async with lane_server() as server:
        client = await server.connect()

        await client.send(b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n" % path)

        assert (await client.answer()).headers["connection"] == "close"
        assert await client.rest() == b""


@pytest.mark.parametrize("path", [b"/lane/now", b"/x"])
@on_both_loops
async def test_nothing_behind_connection_close_is_answered(path: bytes) -> None:
    """What follows is passed over, and does not reset the connection before its answer was read."""
    async with lane_server() as server:
        client = await server.connect()
        request = b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path
        more = b"GET /lane/now HTTP/1.1\r\nHost: x\r\n\r\n" * 3000

        await client.send(request + more)
        for _ in range(50):
            await client.send(more)

        assert (await client.rest()).count(b"HTTP/1.1 ") == 1
        assert server.requests == 1


@pytest.mark.parametrize("protocol", ["websocket", "h2c"])
@on_both_loops
async def test_offers_of_other_protocols_are_passed_over(protocol: str) -> None:
    upgrade = f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\nHTTP2-Settings: AAMAAABk\r\n"
    async with lane_server() as server:
        client = await server.connect()
        for path in ("/lane/now", "/x", "/lane/now"):
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{upgrade}Content-Length: 2\r\n\r\n"
            by = "lane" if path.startswith("/lane") else "app"
            assert await client.ask(head.encode() + b"hi") == seen(by, "POST", path, b"hi")


@on_both_loops
async def test_the_app_sees_the_request_as_it_came() -> None:
    async with lane_server() as server:
        client = await server.connect()
        lines = b"Host: x\r\nCookie: a=b\r\nX-A:  b \t\r\nX-A: c\r\nAccept: \xe4\r\nTransfer-Encoding: chunked\r\n"

        await client.ask(b"POST /a%2Fb/%C3%A4?c=%20&d HTTP/1.1\r\n" + lines + b"\r\n2\r\nhi\r\n0\r\n\r\n")

        (scope,) = server.app.scopes
        assert scope["method"] == "POST"
        assert scope["path"] == "/a/b/ä"
        assert scope["raw_path"] == b"/a%2Fb/%C3%A4"
        assert scope["query_string"] == b"c=%20&d"
        assert scope["http_version"] == "1.1"
        assert scope["client"] == client.writer.get_extra_info("sockname")
        assert scope["headers"] == [
            (b"host", b"x"),
            (b"cookie", b"a=b"),
            (b"x-a", b"b"),
            (b"x-a", b"c"),
            (b"accept", b"\xe4"),
            (b"content-length", b"2"),
        ]


@on_both_loops
async def test_empty_lines_between_requests_are_passed_over() -> None:
    async with lane_server() as server:
        client = await server.connect()

        await client.send(b"\r\n\r\n")
        for path in (b"/lane/now", b"/x"):
            assert await client.ask(b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n\r\n\r\n" % path)
