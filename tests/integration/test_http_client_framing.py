"""Where a response begins and ends, over real sockets."""

import asyncio
import itertools

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.http_client_support import (
    Peer,
    chunked,
    eventually,
    make_client,
    on_both_loops,
    once,
    once_and_wait,
    repeat,
    serve,
    with_length,
)
from tollway.kit.http_client import BadResponse, HttpResponse, IncompleteBody, TooLarge

GOLDEN = [
    pytest.param(with_length(b"hello"), b"hello", True, id="content-length"),
    pytest.param(with_length(b""), b"", True, id="empty"),
    pytest.param(chunked(b"hel", b"lo"), b"hello", True, id="chunked"),
    pytest.param(chunked(b"hello")[:-2] + b"x-check: 1\r\n\r\n", b"hello", True, id="trailers"),
    pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", b"", True, id="204"),
    pytest.param(b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", b"", True, id="304"),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + with_length(b"hello"), b"hello", True, id="100"),
    pytest.param(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 2 + with_length(b"a"), b"a", True, id="103"),
    pytest.param(b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello", b"hello", False, id="1.0"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello", b"hello", False, id="close"
    ),
]


async def read_once(answer: bytes) -> tuple[HttpResponse, bytes]:
    async with serve(once(answer)) as server, make_client() as client:
        response = await client.request("POST", server.origin, "/", body=b"{}")
        return response, await response.read()


@pytest.mark.parametrize(("answer", "body", "reusable"), GOLDEN)
@on_both_loops
async def test_body_and_reuse(answer: bytes, body: bytes, reusable: bool) -> None:
    async with serve(repeat(answer)) as server, make_client() as client:
        for _ in range(3):
            response = await client.request("POST", server.origin, "/", body=b"{}")
            assert await response.read() == body
            assert await response.next_chunk() == b""
        assert server.request_counts == ([3] if reusable else [1, 1, 1])


@on_both_loops
async def test_body_until_the_connection_closes() -> None:
    response, body = await read_once(b"HTTP/1.1 200 OK\r\n\r\nall of it")

    assert response.status == 200
    assert body == b"all of it"


@on_both_loops
async def test_head_response_has_no_body() -> None:
    async with serve(repeat(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")) as server, make_client() as client:
        for _ in range(2):
            response = await client.request("HEAD", server.origin, "/")
            assert response.header(b"content-length") == b"5"
            assert await response.read() == b""


@on_both_loops
async def test_headers_are_lower_case_and_repeated_ones_are_joined() -> None:
    response, _ = await read_once(
        b"HTTP/1.1 429 Too Many\r\nX-Empty:\r\nRetry-After: 7 \r\nVary: a\r\nvary: b\r\nContent-Length: 0\r\n\r\n"
    )

    assert response.status == 429
    assert response.header(b"retry-after") == b"7"
    assert response.header(b"vary") == b"a, b"
    assert response.header(b"x-empty") == b""
    assert response.header(b"x-missing") is None


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 099 Low\r\n\r\n",
        b"HTTP/1.1 600 High\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\x00b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 129 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 40_000,
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 40_000 + b"\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000,
    ],
    ids=lambda answer: repr(answer[:48]),
)
@on_both_loops
async def test_bad_head_is_refused_and_the_connection_closed(answer: bytes) -> None:
    async with serve(once_and_wait(answer)) as server, make_client() as client:
        with pytest.raises(BadResponse) as caught:
            await client.request("POST", server.origin, "/", body=b"{}")
        assert (caught.value.phase, caught.value.sent) == ("head", True)
        await eventually(server.peers[0].left.is_set)


@on_both_loops
async def test_bad_chunk_is_an_error_after_the_bytes_before_it() -> None:
    answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"

    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(answer)
        await peer.reader.readexactly(1)

    async with serve(script) as server, make_client() as client:
        response = await client.request("POST", server.origin, "/")
        assert await response.next_chunk() == b"hello"
        await server.peers[0].send(b"zz\r\n")
        with pytest.raises(BadResponse) as caught:
            await response.next_chunk()
        assert caught.value.phase == "body"


@on_both_loops
async def test_endless_trailer_is_refused() -> None:
    answer = chunked(b"hello")[:-2] + b"x-endless: "

    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(answer)
        while True:
            await peer.send(b"y" * 1_000)

    async with serve(script) as server, make_client() as client:
        response = await client.request("POST", server.origin, "/")
        with pytest.raises(BadResponse):
            await response.read()


@pytest.mark.parametrize(
    "answer",
    [with_length(b"hello")[:-1], chunked(b"hello", b" you")[:-5], chunked(b"hello")[:-2], chunked(b"hello")[:-8]],
    ids=["content-length", "no last chunk", "no last line", "inside a chunk"],
)
@pytest.mark.parametrize("reset", [False, True], ids=["end of file", "reset"])
@on_both_loops
async def test_truncated_body_is_never_a_silent_end(answer: bytes, reset: bool) -> None:
    gate = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(answer)
        await gate.wait()
        if reset:
            peer.reset()

    async with serve(script) as server, make_client() as client:
        response = await client.request("POST", server.origin, "/")
        received = await response.next_chunk()
        gate.set()
        with pytest.raises(IncompleteBody) as caught:
            await response.next_chunk()
        assert b"hello you".startswith(received)
        assert (caught.value.phase, caught.value.sent) == ("body", True)
        with pytest.raises(IncompleteBody):
            await response.read()


@on_both_loops
async def test_a_reset_is_no_end_of_a_body_without_length() -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        await peer.until_left()

    async with serve(script) as server, make_client() as client:
        response = await client.request("POST", server.origin, "/")
        assert await response.next_chunk() == b"hello"
        server.peers[0].reset()
        with pytest.raises(IncompleteBody):
            await response.next_chunk()


@on_both_loops
async def test_read_is_bounded() -> None:
    async with serve(once_and_wait(with_length(b"x" * 2_000))) as server, make_client(max_body_bytes=1_999) as client:
        response = await client.request("POST", server.origin, "/")
        with pytest.raises(TooLarge):
            await response.read()

    async with serve(once(with_length(b"x" * 2_000))) as server, make_client(max_body_bytes=2_000) as client:
        response = await client.request("POST", server.origin, "/")
        assert len(await response.read()) == 2_000


@on_both_loops
async def test_chunks_that_arrive_together_are_read_together() -> None:
    async with serve(repeat(chunked(*[b"data: x\n\n"] * 50))) as server, make_client() as client:
        response = await client.request("POST", server.origin, "/")
        assert await response.next_chunk() == b"data: x\n\n" * 50
        assert await response.next_chunk() == b""


@settings(max_examples=40)
@given(
    pieces=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6),
    cuts=st.lists(st.integers(1, 400), max_size=12),
    framing=st.sampled_from(["length", "chunked", "close"]),
)
def test_a_response_split_anywhere_is_the_same_response(pieces: list[bytes], cuts: list[int], framing: str) -> None:
    body = b"".join(pieces)
    close_framed = b"HTTP/1.1 200 OK\r\nx: y\r\n\r\n" + body
    answer = {"length": with_length(body), "chunked": chunked(*pieces), "close": close_framed}[framing]
    borders = sorted({0, len(answer), *(cut for cut in cuts if cut < len(answer))})

    async def script(peer: Peer) -> None:
        await peer.receive()
        for start, end in itertools.pairwise(borders):
            await peer.send(answer[start:end])
            # Lets the client read this piece by itself.
            await asyncio.sleep(0)

    async def scenario() -> bytes:
        async with serve(script) as server, make_client() as client:
            response = await client.request("POST", server.origin, "/")
            return await response.read()

    assert uvloop.run(scenario()) == body
