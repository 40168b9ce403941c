"""The bytes that come before a request's body, checked once and used many times."""

from collections.abc import Iterable, Sequence

from tollway.kit.http_client.origin import Origin
from tollway.kit.http_client.syntax import validate_header, validate_method, validate_target

Header = tuple[bytes, bytes]

# RFC 9110, section 8.6: these say nothing about the length of a body that they do not have.
_BODYLESS_METHODS = frozenset((b"GET", b"HEAD", b"DELETE", b"OPTIONS"))


class RequestHead:
    """Request line and fixed headers of many similar requests, ready to be written.

    Making one validates and joins; using one costs a concatenation. Callers keep one per endpoint and credential.

    Attributes:
        origin: where the request goes.
        method: the method as it is written.
    """

    __slots__ = ("_omits_zero_length", "_prefix", "method", "origin")

    def __init__(self, method: bytes | str, origin: Origin, target: str, headers: Iterable[Header] = ()) -> None:
        """Check and join.

        Raises:
            ValueError: the method, the target or a header is malformed (CR, LF, NUL), or would change the framing of
                the request (such as ``Content-Length``).
        """
        self.origin = origin
        self.method = method.encode("ascii") if isinstance(method, str) else method
        validate_method(self.method)
        validate_target(target)
        self._omits_zero_length = self.method in _BODYLESS_METHODS
        self._prefix = b"%b %b HTTP/1.1\r\nhost: %b\r\n%b" % (
            self.method,
            target.encode("ascii"),
            origin.host_header,
            _join(headers),
        )

    def encode(self, content_length: int, headers: Sequence[Header] = ()) -> bytes:
        """Write the whole head, with the ``headers`` of this one request.

        Raises:
            ValueError: a header is malformed or would change the framing.
        """
        extra = _join(headers) if headers else b""
        if content_length == 0 and self._omits_zero_length:
            return b"%b%b\r\n" % (self._prefix, extra)
        return b"%b%bcontent-length: %d\r\n\r\n" % (self._prefix, extra, content_length)


def _join(headers: Iterable[Header]) -> bytes:
    lines = []
    for name, value in headers:
        validate_header(name, value)
        lines.append(b"%b: %b\r\n" % (name, value))
    return b"".join(lines)
