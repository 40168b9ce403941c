"""Reading the head of a request, strictly: what two servers could read differently is refused."""

import re

import httptools
from msgspec import Struct

from tollway.http.framing_errors import MalformedRequestError

Fields = list[tuple[bytes, bytes]]

_MAX_LENGTH_DIGITS = 12
_SAID_ONCE = frozenset(
    {b"authorization", b"content-length", b"content-type", b"expect", b"host", b"origin", b"transfer-encoding"}
)
"""Fields of which a second one would leave open which counts."""
_HOST = re.compile(rb"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]*")
_ABSOLUTE_TARGET = re.compile(rb"https?://[^/?#@]+([/?].*)?", re.IGNORECASE)
_REQUEST_LINE = re.compile(rb"([A-Z-]{1,20}) ([!-~]+) HTTP/1\.[01]\r\n")


class RequestHead(Struct, frozen=True):
    """The head of one request.

    Attributes:
        target: path and query; an absolute target is cut down to these.
        path: the target without its query.
        fields: the header lines, as they came.
        headers: the same by name in lower case; a repeated one is joined by commas (RFC 9110, section 5.3).
        content_length: length of the body in bytes; 0 without a body, None when it comes in chunks.
        keep_alive: whether the client takes another answer on this connection.
    """

    method: str
    target: str
    path: str
    fields: Fields
    headers: dict[bytes, bytes]
    content_length: int | None
    keep_alive: bool
    is_http_1_0: bool

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for leave to send the body; HTTP/1.0 does not know this (RFC 9110, 10.1.1)."""
        return not self.is_http_1_0 and self.headers.get(b"expect", b"").lower() == b"100-continue"


class _Collector:
    """Takes the parser's callbacks."""

    __slots__ = ("fields", "is_complete", "target")

    def __init__(self) -> None:
        self.target = b""
        self.fields: Fields = []
        self.is_complete = False

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        self.is_complete = True


def read_head(head: bytes) -> RequestHead:
    """Read a whole head, the empty line at its end included.

    Raises:
        MalformedRequestError: it breaks the grammar, or its framing could be read in two ways.
    """
    found = _Collector()
    parser = httptools.HttpRequestParser(found)
    try:
        parser.feed_data(head)
    except httptools.HttpParserUpgrade:
        # This server offers no other protocol, and goes on in this one.
        pass
    except httptools.HttpParserError as error:
        raise _malformed(str(error)) from error
    method = parser.get_method()
    is_1_1 = head.startswith(b"%b %b HTTP/1.1\r\n" % (method, found.target))
    # The parser passes over blanks and other protocols' names that nobody needs to send.
    if not found.is_complete or not (is_1_1 or head.startswith(b"%b %b HTTP/1.0\r\n" % (method, found.target))):
        raise _malformed("the request line is not 'METHOD target HTTP/1.1'")
    if method == b"CONNECT":
        raise _malformed("this server is no proxy")
    fields = found.fields
    if b" \r\n" in head or b"\t\r\n" in head:
        fields = [(name, value.strip(b" \t")) for name, value in fields]
    headers = _by_name(fields)
    host = headers.get(b"host")
    if host is None:
        if is_1_1:
            raise _malformed("the Host header is missing")
    elif not _HOST.fullmatch(host):
        raise _malformed("the Host header names no host")
    target = _target(found.target, method)
    return RequestHead(
        method=method.decode("ascii"),
        target=target,
        path=_path(target),
        fields=fields,
        headers=headers,
        content_length=_content_length(headers, is_1_1=is_1_1),
        keep_alive=is_1_1 and not _asks_to_close(headers.get(b"connection")),
        is_http_1_0=not is_1_1,
    )


def refuse_hopeless(beginning: bytes) -> None:
    r"""Refuse the beginning of a head that no more bytes could make right, instead of waiting for them.

    Raises:
        MalformedRequestError: it begins with no method (another protocol does), or a line ends without ``\r``.
    """
    if not beginning[:1].isupper() and beginning != b"\r":
        raise _malformed("no method")
    if beginning.count(b"\n") != beginning.count(b"\r\n"):
        raise _malformed("a line ends without a carriage return")


def guess_head(data: bytes) -> RequestHead | None:
    """Say which request a head was meant to be that could not be read; None if not even its first line tells."""
    line = _REQUEST_LINE.match(data)
    if line is None:
        return None
    try:
        target = _target(line[2], line[1])
    except MalformedRequestError:
        return None
    return RequestHead(line[1].decode(), target, _path(target), [], {}, 0, keep_alive=False, is_http_1_0=False)


def _malformed(reason: str) -> MalformedRequestError:
    return MalformedRequestError(f"Malformed HTTP request: {reason}")


def _by_name(fields: Fields) -> dict[bytes, bytes]:
    headers = {name.lower(): value for name, value in fields}
    if len(headers) == len(fields):
        return headers
    headers = {}
    for cased, value in fields:
        name = cased.lower()
        if name not in headers:
            headers[name] = value
        elif name in _SAID_ONCE:
            raise _malformed(f"more than one {cased.decode('ascii')} header")
        else:
            headers[name] += b", " + value
    return headers


def _target(given: bytes, method: bytes) -> str:
    """Bring the target to path and query (RFC 9112, section 3.2)."""
    if given[:1] != b"/" and not (given == b"*" and method == b"OPTIONS"):
        absolute = _ABSOLUTE_TARGET.fullmatch(given)
        if absolute is None:
            raise _malformed("the target is no path")
        given = absolute[1] or b"/"
        given = given if given[:1] == b"/" else b"/" + given
    if b"#" in given or not given.isascii():
        raise _malformed("the target has characters that must be escaped")
    return given.decode("ascii")


def _path(target: str) -> str:
    return target.partition("?")[0]


def _asks_to_close(connection: bytes | None) -> bool:
    return connection is not None and b"close" in [option.strip() for option in connection.lower().split(b",")]


def _content_length(headers: dict[bytes, bytes], *, is_1_1: bool) -> int | None:
    """Decide the body's framing (RFC 9112, section 6): one way of saying it, said once."""
    length = headers.get(b"content-length")
    coding = headers.get(b"transfer-encoding")
    if coding is not None:
        if length is not None or coding.lower() != b"chunked" or not is_1_1:
            raise _malformed("ambiguous framing of the body")
        return None
    if length is None:
        return 0
    if not length.isdigit() or len(length) > _MAX_LENGTH_DIGITS:
        raise _malformed("Content-Length is no single number")
    return int(length)
