"""Reading heads: what is accepted, other parsers accept and read in the same way."""

import h11
import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.malformed_requests import MALFORMED, Malformed
from tollway.http.framing_errors import MalformedRequestError
from tollway.http.request_head import RequestHead, guess_head, read_head, refuse_hopeless


def head_of(*lines: str, first: str = "GET /a?b=c HTTP/1.1", host: str = "Host: x") -> RequestHead:
    return read_head("".join(f"{line}\r\n" for line in (first, host, *lines, "")).encode("latin-1"))


def test_what_a_head_says() -> None:
    head = head_of("X-A:  b c \t", "X-Empty:", "Content-Length: 5", first="POST /a/b?c=d&e HTTP/1.1")

    assert (head.method, head.target, head.path) == ("POST", "/a/b?c=d&e", "/a/b")
    assert head.headers == {b"host": b"x", b"x-a": b"b c", b"x-empty": b"", b"content-length": b"5"}
    assert head.fields == [(b"Host", b"x"), (b"X-A", b"b c"), (b"X-Empty", b""), (b"Content-Length", b"5")]
    assert head.content_length == 5
    assert head.keep_alive
    assert not head.is_http_1_0
    assert not head.expects_continue


def test_repeated_headers_are_joined_and_kept() -> None:
    head = head_of("Accept: a", "Cookie: x", "accept: b")

    assert head.headers[b"accept"] == b"a, b"
    assert head.fields[1:] == [(b"Accept", b"a"), (b"Cookie", b"x"), (b"accept", b"b")]


@pytest.mark.parametrize(
    ("target", "read"),
    [
        ("/", "/"),
        ("//a//b", "//a//b"),
        ("/a?b?c", "/a?b?c"),
        ("/%00%zz", "/%00%zz"),
        ("http://x", "/"),
        ("http://x:80?a=/b", "/?a=/b"),
        ("HTTPS://[::1]:80/a/b?c", "/a/b?c"),
        ("http://x//a", "//a"),
    ],
)
def test_targets(target: str, read: str) -> None:
    assert head_of(first=f"GET {target} HTTP/1.1").target == read


def test_asterisk_is_for_options() -> None:
    assert head_of(first="OPTIONS * HTTP/1.1").target == "*"
    with pytest.raises(MalformedRequestError):
        head_of(first="GET * HTTP/1.1")


@pytest.mark.parametrize(
    ("lines", "first", "keep_alive"),
    [
        ([], "GET / HTTP/1.1", True),
        (["Connection: keep-alive"], "GET / HTTP/1.1", True),
        (["Connection: close"], "GET / HTTP/1.1", False),
        (["Connection: CLOSE"], "POST / HTTP/1.1", False),
        (["Connection: te ,\tClose"], "GET / HTTP/1.1", False),
        (["Connection: te", "Connection: close"], "GET / HTTP/1.1", False),
        (["Connection: closed"], "GET / HTTP/1.1", True),
        (["Connection: upgrade", "Upgrade: websocket"], "GET / HTTP/1.1", True),
        ([], "GET / HTTP/1.0", False),
        (["Connection: keep-alive"], "GET / HTTP/1.0", False),
    ],
)
def test_keep_alive(lines: list[str], first: str, keep_alive: bool) -> None:
    assert head_of(*lines, first=first).keep_alive is keep_alive


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ([], 0),
        (["Content-Length: 0"], 0),
        (["Content-Length: \t7 "], 7),
        (["content-length: 007"], 7),
        (["Transfer-Encoding: chunked"], None),
        (["transfer-encoding: Chunked "], None),
    ],
)
def test_framing(lines: list[str], length: int | None) -> None:
    assert head_of(*lines, first="POST / HTTP/1.1").content_length == length


def test_leave_to_send_a_body() -> None:
    assert head_of("Expect: 100-Continue").expects_continue
    assert not head_of("Expect: 200-ok").expects_continue
    assert not head_of("Expect: 100-continue", first="POST / HTTP/1.0").expects_continue


def test_http_1_0_needs_no_host() -> None:
    assert read_head(b"GET / HTTP/1.0\r\n\r\n").is_http_1_0


def test_a_head_without_its_end_is_refused() -> None:
    with pytest.raises(MalformedRequestError):
        read_head(b"GET / HTTP/1.1\r\nHost: x\r\n")


@pytest.mark.parametrize(
    "beginning", [b"\r", b"G", b"GET", b"GET / HTTP/1.1\r", b"GET / HTTP/1.1\r\nHo", b"GET / H\r\n"]
)
def test_beginnings_that_may_become_heads(beginning: bytes) -> None:
    refuse_hopeless(beginning)


@pytest.mark.parametrize("beginning", [b"\n", b"\rG", b"\x16\x03", b"g", b" ", b"GET / HTTP/1.1\n", b"GET /\r\nA\nB"])
def test_beginnings_that_cannot_become_heads(beginning: bytes) -> None:
    with pytest.raises(MalformedRequestError):
        refuse_hopeless(beginning)


@pytest.mark.parametrize(
    ("data", "target"),
    [
        (b"POST /a?b HTTP/1.1\r\nbroken", "/a?b"),
        (b"POST http://x/a HTTP/1.0\r\n", "/a"),
        (b"POST /a HTTP/1.1", None),
        (b"POST a HTTP/1.1\r\n", None),
        (b"post /a HTTP/1.1\r\n", None),
        (b"", None),
    ],
)
def test_guesses(data: bytes, target: str | None) -> None:
    head = guess_head(data)

    assert (head and head.target) == target


# Random heads are made of right lines, and in half of them of one that may be wrong.
_BYTES = st.characters(min_codepoint=0, max_codepoint=255)
_RIGHT_LINES = st.sampled_from(
    [
        "Content-Length: 5",
        "Content-Length: 0",
        "Transfer-Encoding: chunked",
        "Connection: close",
        "Connection: keep-alive, Upgrade",
        "Upgrade: h2c",
        "Expect: 100-continue",
        "Cookie: a=b",
        "X-A:\t b c \t",
        "X-Empty:",
        "X-High: \xe4\xff",
    ]
).map("{}\r\n".format)
_NAMES = st.sampled_from(["Host", "Content-Length", "Transfer-Encoding", "Connection", "X-A"]) | st.text(
    _BYTES, max_size=4
)
_VALUES = st.sampled_from(["chunked", "gzip, chunked", "5", "+5", "close", "x"]) | st.text(_BYTES, max_size=6)
_COLONS = st.sampled_from([":", ": ", ":\t", " :", ""])
_LINE_ENDS = st.sampled_from(["\r\n", "\n", "\r", " \r\n", "\r\n ", "\t\r\n"])
_ANY_LINES = st.tuples(_NAMES, _COLONS, _VALUES, _LINE_ENDS).map("".join)
_TARGETS = (
    st.sampled_from(["/", "/a?b", "*", "http://x/a", "http://x", "//", "/a#b", "x:1"])
    | st.text("/?:@%[]{}|\\^`<>\"'abc.~!$&()*+,;=", max_size=8).map("/".__add__)
    | st.text(_BYTES, max_size=6).map("/".__add__)
)
_METHODS = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "CONNECT", "M-SEARCH", "get", "PRI", "X"])
_VERSIONS = st.sampled_from([" HTTP/1.1\r\n", " HTTP/1.0\r\n", " HTTP/1.1\n", " HTTP/2.0\r\n", "\r\n", " RTSP/1.0\r\n"])
_FIRST_LINES = (
    st.sampled_from(["GET /a?b HTTP/1.1\r\n", "POST /a HTTP/1.1\r\n", "POST http://x/a HTTP/1.0\r\n"])
    | st.tuples(_METHODS, st.just(" "), _TARGETS, st.just(" HTTP/1.1\r\n")).map("".join)
    | st.tuples(_METHODS, st.sampled_from([" ", "  ", "\t"]), _TARGETS, _VERSIONS).map("".join)
)


def one_head(first: str, right: list[str], other: tuple[str, ...]) -> bytes:
    """Write a head, which ends where its first empty line is."""
    data = "".join((first, "Host: x\r\n", *right, *other, "\r\n")).encode("latin-1")
    return data[: data.find(b"\r\n\r\n") + 4] or data


_HEADS = st.builds(
    one_head, _FIRST_LINES, st.lists(_RIGHT_LINES, max_size=3, unique=True), st.just(()) | st.tuples(_ANY_LINES)
)


class Seen:
    """What httptools says of a whole request."""

    def __init__(self) -> None:
        self.url = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.ended = 0

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value.strip(b" \t")))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.ended += 1


def accepted(data: bytes) -> RequestHead | None:
    try:
        return read_head(data)
    except MalformedRequestError:
        return None


def body_for(head: RequestHead) -> bytes:
    if head.content_length is None:
        return b"5\r\nhello\r\n0\r\n\r\n"
    return b"h" * min(head.content_length, 100)


@given(_HEADS)
@example(b'GET /?[]{}|\\^`"<> HTTP/1.1\r\nHost: x\r\n\r\n')
def test_accepted_heads_mean_the_same_to_httptools(data: bytes) -> None:
    head = accepted(data)
    if head is None or (head.content_length or 0) > 100:
        return
    seen = Seen()
    parser = httptools.HttpRequestParser(seen)

    try:
        parser.feed_data(data + body_for(head))
    except httptools.HttpParserUpgrade:
        assert b"upgrade" in head.headers
    assert parser.get_method().decode() == head.method
    assert seen.fields == head.fields
    if b"upgrade" not in head.headers:
        assert seen.ended == 1
        assert len(seen.body) == (5 if head.content_length is None else head.content_length)
    # The app's server reads the target once more.
    assert httptools.parse_url(head.target.encode()).path == head.path.encode()


@given(_HEADS)
def test_accepted_heads_mean_the_same_to_h11(data: bytes) -> None:
    head = accepted(data)
    if head is None or (head.content_length or 0) > 100:
        return
    peer = h11.Connection(h11.SERVER)
    peer.receive_data(data + body_for(head))

    request = peer.next_event()

    assert isinstance(request, h11.Request)
    assert request.method.decode() == head.method
    assert [value for _, value in request.headers] == [value for _, value in head.fields]
    body = b""
    while isinstance(event := peer.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert len(body) == (5 if head.content_length is None else head.content_length)


@given(_HEADS)
def test_a_guess_is_what_reading_would_have_said(data: bytes) -> None:
    head, guess = accepted(data), guess_head(data)

    if head is not None and guess is not None:
        assert (guess.method, guess.target) == (head.method, head.target)


@given(_HEADS)
def test_no_beginning_of_an_accepted_head_is_refused(data: bytes) -> None:
    if accepted(data) is not None:
        for end in range(1, len(data)):
            refuse_hopeless(data[:end])


@pytest.mark.parametrize("case", [case for case in MALFORMED if case.status == 400], ids=lambda case: case.name)
def test_no_malformed_request_is_read_as_one_without_a_body(case: Malformed) -> None:
    """Whatever of the table is accepted as a head comes in chunks, and is refused there."""
    head = accepted(case.data[: case.data.find(b"\r\n\r\n") + 4])

    assert head is None or head.content_length is None
