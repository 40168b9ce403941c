"""Every split of every framing gives the same response, and what is no response is refused, without I/O."""

import asyncio
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kit.http_client import BadResponse
from tollway.kit.http_client.limits import Limits
from tollway.kit.http_client.response_reader import ResponseReader

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Empty:\r\nX-A: 1\r\nx-a: 2 \r\n"
HEADERS = {b"content-type": b"text/event-stream", b"x-empty": b"", b"x-a": b"1, 2"}
BODY = b"data: {}\r\n\r\n0\r\n\r\nHTTP/1.1 500"
CHUNKS = b"".join(b"%x;e=1\r\n%b\r\n" % (len(piece), piece) for piece in (BODY[:1], BODY[1:9], BODY[9:]))
GOLDEN = {
    "length": HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    "chunked": HEAD + b"Transfer-Encoding: Chunked\r\n\r\n" + CHUNKS + b"0\r\nx-trailer: 1\r\n\r\n",
    "interim": b"HTTP/1.1 103 Early\r\nX-A: 9\r\n\r\n" + HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
}


class Source:
    """Stands for the connection."""

    def body_consumed(self) -> None:
        """Take note of nothing."""

    def close(self) -> None:
        """Close nothing."""


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that does not run; futures belong to it."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def make_reader(loop: asyncio.AbstractEventLoop, **limits: int) -> ResponseReader:
    return ResponseReader(Source(), loop, Limits(**limits))


def body_of(loop: asyncio.AbstractEventLoop, reader: ResponseReader) -> bytes:
    assert reader.response is not None
    reader.response.release()
    return loop.run_until_complete(reader.response.read())


def check_golden(loop: asyncio.AbstractEventLoop, pieces: list[bytes]) -> None:
    reader = make_reader(loop)
    for piece in pieces:
        assert not reader.complete
        reader.feed(piece)
    assert reader.complete
    assert reader.keep_alive
    assert reader.response is not None
    framing = {b"content-length", b"transfer-encoding"}
    assert {name: value for name, value in reader.response.headers.items() if name not in framing} == HEADERS
    assert body_of(loop, reader) == BODY


@pytest.mark.parametrize("answer", GOLDEN.values(), ids=GOLDEN.keys())
def test_split_in_two_at_every_byte(loop: asyncio.AbstractEventLoop, answer: bytes) -> None:
    for cut in range(1, len(answer)):
        check_golden(loop, [answer[:cut], answer[cut:]])


@pytest.mark.parametrize("answer", GOLDEN.values(), ids=GOLDEN.keys())
def test_byte_by_byte(loop: asyncio.AbstractEventLoop, answer: bytes) -> None:
    check_golden(loop, [answer[index : index + 1] for index in range(len(answer))])


@given(
    framing=st.sampled_from(sorted(GOLDEN)),
    cuts=st.sets(st.integers(1, min(len(answer) for answer in GOLDEN.values()) - 1)),
)
def test_split_anywhere(loop: asyncio.AbstractEventLoop, framing: str, cuts: set[int]) -> None:
    answer = GOLDEN[framing]
    borders = [0, *sorted(cuts), len(answer)]
    check_golden(loop, [answer[start:end] for start, end in itertools.pairwise(borders)])


@given(
    start=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", HEAD, *GOLDEN.values()]),
    noise=st.lists(st.binary(max_size=60), max_size=5),
)
def test_noise_is_a_response_or_bad_but_never_a_crash(
    loop: asyncio.AbstractEventLoop, start: bytes, noise: list[bytes]
) -> None:
    reader = make_reader(loop)
    try:
        for piece in [start, *noise]:
            reader.feed(piece)
    except BadResponse as error:
        assert error.sent  # noqa: PT017 - the noise may also be acceptable.
    if reader.complete and start in GOLDEN.values():
        assert body_of(loop, reader) == BODY
        assert reader.keep_alive == (not b"".join(noise).strip(b"\r\n"))


@pytest.mark.parametrize("answer", GOLDEN.values(), ids=GOLDEN.keys())
def test_one_connection_carries_many_responses(loop: asyncio.AbstractEventLoop, answer: bytes) -> None:
    reader = make_reader(loop)
    for _ in range(3):
        reader.begin(head_only=False)
        reader.feed(answer)
        assert reader.complete
        assert reader.keep_alive
        assert body_of(loop, reader) == BODY


@pytest.mark.parametrize("together", [True, False])
def test_bytes_behind_a_response_end_keep_alive_and_change_nothing(
    loop: asyncio.AbstractEventLoop, together: bool
) -> None:
    for garbage in (b"x", b"HTTP/1.1", GOLDEN["length"]):
        reader = make_reader(loop)
        for piece in [GOLDEN["length"] + garbage] if together else [GOLDEN["length"], garbage]:
            reader.feed(piece)
        assert reader.complete
        assert not reader.keep_alive
        assert body_of(loop, reader) == BODY


def test_head_limit_counts_the_head_alone(loop: asyncio.AbstractEventLoop) -> None:
    def answer(padding_bytes: int) -> bytes:
        return b"HTTP/1.1 200 OK\r\nx: %b\r\ncontent-length: 500\r\n\r\n%b" % (b"y" * padding_bytes, bytes(500))

    for step in (1, 64, 100_000):
        for padding_bytes, accepted in ((300, True), (600, False)):
            reader = make_reader(loop, max_head_bytes=400)
            whole = answer(padding_bytes)
            try:
                for start in range(0, len(whole), step):
                    reader.feed(whole[start : start + step])
            except BadResponse:
                assert not accepted
            else:
                assert accepted
                assert reader.complete


def test_long_chunked_bodies_are_no_overhead(loop: asyncio.AbstractEventLoop) -> None:
    reader = make_reader(loop, max_head_bytes=200)
    reader.feed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    for _ in range(100):
        reader.feed(b"3\r\nabc\r\n")
    reader.feed(b"0\r\n\r\n")
    assert body_of(loop, reader) == b"abc" * 100


@pytest.mark.parametrize("filler", [b"1;" + b"e" * 150, b"0\r\n" + b"t: 1\r\n" * 30, b"0\r\nt" + b"t" * 150])
def test_endless_framing_is_refused(loop: asyncio.AbstractEventLoop, filler: bytes) -> None:
    reader = make_reader(loop, max_head_bytes=200)
    reader.feed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    with pytest.raises(BadResponse) as caught:  # noqa: PT012 - which piece is refused is not the point.
        for start in range(0, len(filler), 10):
            reader.feed(filler[start : start + 10])
        reader.feed(b"e" * 100)
    assert caught.value.phase == "body"


def test_a_body_until_close_is_complete_only_by_the_close(loop: asyncio.AbstractEventLoop) -> None:
    reader = make_reader(loop)
    reader.feed(HEAD + b"\r\n" + BODY)
    assert reader.ends_at_close
    assert not reader.complete
    assert body_of(loop, reader) == BODY


@pytest.mark.parametrize("head", [b"content-length: 5\r\n", b"transfer-encoding: chunked\r\n", b""])
def test_answer_to_a_head_request_ends_with_its_head(loop: asyncio.AbstractEventLoop, head: bytes) -> None:
    reader = make_reader(loop)
    reader.begin(head_only=True)
    reader.feed(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
    assert reader.complete
    assert not reader.keep_alive
    assert body_of(loop, reader) == b""
