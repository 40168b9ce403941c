"""Chunked request bodies, in any pieces."""

import time

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.http.chunked_body import ChunkedBody
from tollway.http.errors import BodyTooLargeError
from tollway.http.framing_errors import MalformedRequestError
from tollway.http.sized_body import SizedBody

LIMIT = 1000
NEXT = b"GET / HTTP/1.1\r\n"

_EXTENSIONS = st.sampled_from([b"", b";a", b" ;a=b", b'\t; a="b c"', b";\xff"])
_PARTS = st.lists(st.tuples(st.binary(min_size=1, max_size=40), _EXTENSIONS, st.booleans()), max_size=6)
_TRAILERS = st.lists(st.sampled_from([b"A: b\r\n", b"X-Long-Name:\r\n", b"B:\tc\xff \r\n"]), max_size=3)


def feed_in_pieces(body: ChunkedBody | SizedBody, data: bytes, ends: list[int]) -> bytes:
    """Feed as a connection does: what is left of one piece comes back before the next. Returns what follows."""
    rest, at = b"", 0
    for end in [*sorted(ends), len(data)]:
        rest = body.feed(rest + data[at:end]) if not body.is_complete else rest + data[at:end]
        at = end
    return rest


@st.composite
def chunked(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A body, and one way to write it."""
    written = b""
    content = b""
    for part, extension, upper in draw(_PARTS):
        size = b"%X" % len(part) if upper else b"%03x" % len(part)
        written += size + extension + b"\r\n" + part + b"\r\n"
        content += part
    return content, written + b"0\r\n" + b"".join(draw(_TRAILERS)) + b"\r\n"


@given(chunked(), st.lists(st.integers(0, 300), max_size=20))
def test_any_body_in_any_pieces(case: tuple[bytes, bytes], ends: list[int]) -> None:
    content, written = case
    body = ChunkedBody(LIMIT)

    rest = feed_in_pieces(body, written + NEXT, ends)

    assert body.is_complete
    assert body.content == content
    assert rest == NEXT


@given(chunked())
def test_a_body_is_complete_at_its_last_byte_and_not_before(case: tuple[bytes, bytes]) -> None:
    _, written = case
    body = ChunkedBody(LIMIT)

    rest = feed_in_pieces(body, written[:-1], list(range(len(written))))

    assert not body.is_complete
    assert body.feed(rest + written[-1:]) == b""
    assert body.is_complete


_NEARLY = st.lists(
    st.sampled_from([b"5", b"0", b"\r\n", b"\r", b"\n", b"hello", b";a", b"+", b"x", b" ", b"A: b", b"\0", b"-", b"g"]),
    max_size=12,
).map(b"".join)


class Seen:
    """What httptools says of a request."""

    def __init__(self) -> None:
        self.body = b""
        self.is_complete = False

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_complete = True


@given(_NEARLY)
def test_what_is_accepted_means_the_same_to_httptools(data: bytes) -> None:
    body = ChunkedBody(LIMIT)
    try:
        rest = body.feed(data)
    except (MalformedRequestError, BodyTooLargeError):
        return
    seen = Seen()
    parser = httptools.HttpRequestParser(seen)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    parser.feed_data(head + data[: len(data) - len(rest)])

    assert seen.body == body.content
    assert seen.is_complete is body.is_complete


@given(_NEARLY, st.lists(st.integers(0, 60), max_size=8))
def test_pieces_change_nothing(data: bytes, ends: list[int]) -> None:
    def outcome(ends: list[int]) -> object:
        body = ChunkedBody(LIMIT)
        try:
            rest = feed_in_pieces(body, data, ends)
        except (MalformedRequestError, BodyTooLargeError):
            return "refused"
        return body.is_complete, body.content, rest

    assert outcome(ends) == outcome([])


def test_the_limit_is_exact() -> None:
    at_limit = ChunkedBody(10)
    at_limit.feed(b"4\r\nabcd\r\n6\r\nefghij\r\n0\r\n\r\n")
    assert at_limit.content == b"abcdefghij"

    with pytest.raises(BodyTooLargeError):
        ChunkedBody(10).feed(b"4\r\nabcd\r\n7\r\n")


def test_many_small_chunks_take_time_in_proportion() -> None:
    """A body in chunks of one byte costs its sender six times its length, and must not cost the server much more."""
    data = b"1\r\nx\r\n" * 100_000
    body = ChunkedBody(10**6)

    started = time.process_time()
    body.feed(data)

    assert time.process_time() - started < 2
    assert body.content == b"x" * 100_000


@given(st.binary(max_size=30), st.lists(st.integers(0, 50), max_size=8))
def test_sized_body_in_any_pieces(content: bytes, ends: list[int]) -> None:
    body = SizedBody(len(content))

    rest = feed_in_pieces(body, content + NEXT, ends)

    assert body.is_complete
    assert body.content == content
    assert rest == NEXT
