"""Requests that break the grammar or that two servers could read differently, each with the status it deserves.

Where a smuggled second request could be seen in the bytes, it asks for ``/lane/smuggled``.
"""

from msgspec import Struct


class Malformed(Struct, frozen=True):
    """One case."""

    name: str
    data: bytes
    status: int = 400


_SMUGGLED = b"GET /lane/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


def _head(*lines: bytes) -> bytes:
    return b"".join(line + b"\r\n" for line in (b"POST /lane/now HTTP/1.1", b"Host: x", *lines, b""))


def _line(line: bytes) -> bytes:
    return line + b"\r\nHost: x\r\n\r\n" + _SMUGGLED


def _length(value: bytes) -> bytes:
    return _head(b"Content-Length: " + value) + b"hello" + _SMUGGLED


def _coding(value: bytes) -> bytes:
    return _head(b"Transfer-Encoding:" + value) + b"0\r\n\r\n" + _SMUGGLED


def _chunks(data: bytes) -> bytes:
    return _head(b"Transfer-Encoding: chunked") + data + _SMUGGLED


def _field(line: bytes) -> bytes:
    return _head(line) + _SMUGGLED


_CHUNKED = b"Transfer-Encoding: chunked"

MALFORMED = (
    # Two ways to say where the body ends.
    Malformed("length and coding", _head(b"Content-Length: 5", _CHUNKED) + b"0\r\n\r\n" + _SMUGGLED),
    Malformed("coding and length", _head(_CHUNKED, b"Content-Length: 5") + b"0\r\n\r\n" + _SMUGGLED),
    Malformed("length 0 and coding", _head(b"Content-Length: 0", _CHUNKED) + b"0\r\n\r\n" + _SMUGGLED),
    Malformed("two lengths", _head(b"Content-Length: 5", b"Content-Length: 0") + b"hello" + _SMUGGLED),
    Malformed("two equal lengths", _head(b"Content-Length: 5", b"content-length: 5") + b"hello" + _SMUGGLED),
    Malformed("two codings", _head(_CHUNKED, _CHUNKED) + b"0\r\n\r\n" + _SMUGGLED),
    Malformed("coding in HTTP/1.0", b"POST /lane/now HTTP/1.0\r\n" + _CHUNKED + b"\r\n\r\n0\r\n\r\n" + _SMUGGLED),
    # Content-Length.
    Malformed("length with plus", _length(b"+5")),
    Malformed("length with minus", _length(b"-5")),
    Malformed("length in hexadecimal", _length(b"0x5")),
    Malformed("length list", _length(b"5, 5")),
    Malformed("length with inner blank", _length(b"5 0")),
    Malformed("length with fraction", _length(b"5.0")),
    Malformed("length with underscore", _length(b"1_0")),
    Malformed("empty length", _length(b"")),
    Malformed("length in other digits", _length("\u0665".encode())),
    Malformed("length beyond any number", _length(b"99999999999999999999999")),
    Malformed("length beyond 12 digits", _length(b"0000000000005")),
    # Transfer-Encoding.
    Malformed("chunked then identity", _coding(b" chunked, identity")),
    Malformed("identity then chunked", _coding(b" identity, chunked")),
    Malformed("gzip then chunked", _coding(b" gzip, chunked")),
    Malformed("identity", _coding(b" identity")),
    Malformed("unknown coding", _coding(b" xchunked")),
    Malformed("quoted coding", _coding(b' "chunked"')),
    Malformed("coding after vertical tab", _coding(b" \x0bchunked")),
    Malformed("coding with parameter", _coding(b" chunked;q=1")),
    Malformed("empty coding", _coding(b"")),
    Malformed("coding on a folded line", _coding(b"\r\n chunked")),
    # Header lines.
    Malformed("folded line", _field(b"A: b\r\n c: d")),
    Malformed("fold by tab", _field(b"A: b\r\n\tc")),
    Malformed("first line folded", b"POST /lane/now HTTP/1.1\r\n Host: x\r\n\r\n" + _SMUGGLED),
    Malformed("blank before colon", _head(b"Content-Length : 5") + b"hello" + _SMUGGLED),
    Malformed("tab before colon", _head(b"Transfer-Encoding\t: chunked") + b"0\r\n\r\n" + _SMUGGLED),
    Malformed("no colon", _field(b"A")),
    Malformed("no name", _field(b": b")),
    Malformed("blank in name", _field(b"A B: c")),
    Malformed("NUL in name", _field(b"A\0: b")),
    Malformed("NUL in value", _field(b"A: b\0c")),
    Malformed("control character in value", _field(b"A: b\x01c")),
    Malformed("delete character in value", _field(b"A: b\x7f")),
    Malformed("high byte in name", _field(b"\xc3\xa4: b")),
    Malformed("bracket in name", _field(b"A[]: b")),
    Malformed("bare line feed in headers", _field(b"A: b\nContent-Length: 5")),
    Malformed("bare carriage return in headers", _field(b"A: b\rContent-Length: 5")),
    Malformed("bare carriage return in name", _field(b"A\rB: c")),
    Malformed("double carriage return", _field(b"A: b\r")),
    Malformed("all lines end in bare line feeds", b"POST /lane/now HTTP/1.1\nHost: x\n\n"),
    Malformed("head ends in a bare line feed", b"POST /lane/now HTTP/1.1\r\nHost: x\r\n\n" + _SMUGGLED),
    Malformed("request line ends in a bare line feed", b"POST /lane/now HTTP/1.1\nHost: x\r\n\r\n" + _SMUGGLED),
    # Fields that count once.
    Malformed("no host", b"POST /lane/now HTTP/1.1\r\nA: b\r\n\r\n" + _SMUGGLED),
    Malformed("no host with an absolute target", b"POST http://x/lane/now HTTP/1.1\r\n\r\n" + _SMUGGLED),
    Malformed("two hosts", _field(b"Host: y")),
    Malformed("two equal hosts", _field(b"host: x")),
    Malformed("host with a path", b"POST /lane/now HTTP/1.1\r\nHost: x/y\r\n\r\n" + _SMUGGLED),
    Malformed("host with a user", b"POST /lane/now HTTP/1.1\r\nHost: a@x\r\n\r\n" + _SMUGGLED),
    Malformed("host with a blank", b"POST /lane/now HTTP/1.1\r\nHost: x y\r\n\r\n" + _SMUGGLED),
    Malformed("two authorizations", _field(b"Authorization: Bearer a\r\nAuthorization: Bearer b")),
    Malformed("two content types", _field(b"Content-Type: text/plain\r\nContent-Type: application/json")),
    Malformed("two origins", _field(b"Origin: http://a\r\nOrigin: http://b")),
    # The request line.
    Malformed("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Malformed("HTTP/2.0", _line(b"POST /lane/now HTTP/2.0")),
    Malformed("HTTP/1.2", _line(b"POST /lane/now HTTP/1.2")),
    Malformed("HTTP/1.10", _line(b"POST /lane/now HTTP/1.10")),
    Malformed("HTTP/0.9", b"GET /lane/now\r\n\r\n" + _SMUGGLED),
    Malformed("lower-case protocol", _line(b"POST /lane/now http/1.1")),
    Malformed("another protocol", _line(b"OPTIONS /lane/now RTSP/1.0")),
    Malformed("yet another protocol", _line(b"SOURCE /lane/now ICE/1.0")),
    Malformed("lower-case method", _line(b"post /lane/now HTTP/1.1")),
    Malformed("unknown method", _line(b"FROBNICATE /lane/now HTTP/1.1")),
    Malformed("blank before method", _line(b" POST /lane/now HTTP/1.1")),
    Malformed("two blanks before target", _line(b"POST  /lane/now HTTP/1.1")),
    Malformed("two blanks after target", _line(b"POST /lane/now  HTTP/1.1")),
    Malformed("tab for a blank", _line(b"POST\t/lane/now HTTP/1.1")),
    Malformed("blank in target", _line(b"POST /lane /now HTTP/1.1")),
    Malformed("blank after protocol", _line(b"POST /lane/now HTTP/1.1 ")),
    Malformed("bare carriage return in request line", _line(b"POST /lane/now\rHost: x HTTP/1.1")),
    Malformed("NUL in target", _line(b"POST /lane/\0now HTTP/1.1")),
    Malformed("non-ASCII target", _line("POST /lane/nöw HTTP/1.1".encode())),
    Malformed("delete character in target", _line(b"POST /lane/\x7fnow HTTP/1.1")),
    Malformed("fragment in target", _line(b"POST /lane/now#x HTTP/1.1")),
    Malformed("target without slash", _line(b"POST lane/now HTTP/1.1")),
    Malformed("asterisk but not OPTIONS", _line(b"POST * HTTP/1.1")),
    Malformed("user in target", _line(b"POST http://a@x/lane/now HTTP/1.1")),
    Malformed("no host in target", _line(b"POST http:///lane/now HTTP/1.1")),
    Malformed("other scheme", _line(b"POST ftp://x/lane/now HTTP/1.1")),
    Malformed("CONNECT", _line(b"CONNECT x:443 HTTP/1.1")),
    Malformed("CONNECT with a path", _line(b"CONNECT /lane/now HTTP/1.1")),
    Malformed("no target", _line(b"POST HTTP/1.1")),
    Malformed("TLS on a plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x11" * 64),
    Malformed("NULs", b"\0" * 64),
    Malformed("bare line feed before the request", b"\n" + _SMUGGLED),
    Malformed("bare carriage return before the request", b"\r" + _SMUGGLED),
    # Chunks.
    Malformed("chunk size with plus", _chunks(b"+5\r\nhello\r\n0\r\n\r\n")),
    Malformed("negative chunk size", _chunks(b"-5\r\nhello\r\n0\r\n\r\n")),
    Malformed("chunk size with prefix", _chunks(b"0x5\r\nhello\r\n0\r\n\r\n")),
    Malformed("chunk size with underscore", _chunks(b"0_5\r\nhello\r\n0\r\n\r\n")),
    Malformed("blank before chunk size", _chunks(b" 5\r\nhello\r\n0\r\n\r\n")),
    Malformed("blank after chunk size", _chunks(b"5 \r\nhello\r\n0\r\n\r\n")),
    Malformed("empty chunk size", _chunks(b"\r\nhello\r\n0\r\n\r\n")),
    Malformed("chunk size in words", _chunks(b"five\r\nhello\r\n0\r\n\r\n")),
    Malformed("chunk size that wraps around", _chunks(b"10000000000000005\r\nhello\r\n0\r\n\r\n")),
    Malformed("long line of a chunk size", _chunks(b"0" * 5000)),
    Malformed("long chunk extension", _chunks(b"5;" + b"a" * 5000)),
    Malformed("chunk extensions without end", _chunks(b"".join(b"1;%b\r\nx\r\n" % (b"a" * 4000) for _ in range(5)))),
    Malformed("NUL in chunk extension", _chunks(b"5;a=\0\r\nhello\r\n0\r\n\r\n")),
    Malformed("bare line feed in chunk extension", _chunks(b"5;a\nhello\r\n0\r\n\r\n")),
    Malformed("bare line feed after chunk size", _chunks(b"5\nhello\r\n0\r\n\r\n")),
    Malformed("bare carriage return after chunk size", _chunks(b"5\rhello\r\n0\r\n\r\n")),
    Malformed("bare line feed after chunk data", _chunks(b"5\r\nhello\n0\r\n\r\n")),
    Malformed("nothing after chunk data", _chunks(b"5\r\nhello0\r\n\r\n")),
    Malformed("chunk data longer than its size", _chunks(b"3\r\nhello\r\n0\r\n\r\n")),
    Malformed("chunk data shorter than its size", _chunks(b"7\r\nhello\r\n0\r\n\r\n")),
    Malformed("no trailer field", _chunks(b"0\r\nA\r\n\r\n")),
    Malformed("folded trailer", _chunks(b"0\r\nA: b\r\n c\r\n\r\n")),
    Malformed("bare line feed in trailers", _chunks(b"0\r\nA: b\n\r\n\r\n")),
    Malformed("trailers without end", _chunks(b"0\r\n" + b"A: b\r\n" * 5000)),
    # Limits.
    Malformed("endless target", b"POST /lane/" + b"a" * 40_000, 431),
    Malformed("endless header", b"POST /lane/now HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40_000, 431),
    Malformed("many headers", b"POST /lane/now HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 6000 + b"\r\n", 431),
    Malformed("long body", _head(b"Content-Length: 4194305"), 413),
    Malformed("very long body", _head(b"Content-Length: 999999999999"), 413),
    Malformed("long chunk", _chunks(b"400001\r\n"), 413),
    Malformed("longest chunk", _chunks(b"ffffffff\r\n"), 413),
    Malformed("chunks that add up", _chunks(b"3\r\nabc\r\n3ffffe\r\n"), 413),
)
