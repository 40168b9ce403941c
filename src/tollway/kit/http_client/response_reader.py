"""From the bytes of one connection to responses, one at a time; no I/O."""

import asyncio

import httptools

from tollway.kit.http_client.errors import BadResponse
from tollway.kit.http_client.limits import Limits
from tollway.kit.http_client.response import BodySource, HttpResponse

_FIRST_STATUS = 100
_FIRST_FINAL_STATUS = 200
_LAST_STATUS = 599
_BODYLESS_STATUSES = frozenset((204, 304))


class ResponseReader:
    """Parses with llhttp, and adds the limits and the judgements that llhttp leaves to its user.

    llhttp refuses by itself: malformed status lines and headers, bare line feeds, folded lines, a Content-Length that
    is repeated, not a number, or beside Transfer-Encoding (RFC 9112, section 6.3).

    Attributes:
        response: the response of this request, once its head is complete.
        complete: its body is complete too.
        keep_alive: the connection may carry another request; has a meaning once ``complete``.
        ends_at_close: the body has no declared length.
    """

    __slots__ = (
        "_head_only",
        "_header_count",
        "_headers",
        "_limits",
        "_loop",
        "_overhead_bytes",
        "_parser",
        "_source",
        "complete",
        "ends_at_close",
        "keep_alive",
        "response",
    )

    def __init__(self, source: BodySource, loop: asyncio.AbstractEventLoop, limits: Limits) -> None:
        self._source = source
        self._loop = loop
        self._limits = limits
        self._parser = httptools.HttpResponseParser(self)
        self.begin(head_only=False)

    def begin(self, *, head_only: bool) -> None:
        """Expect the response to the next request; ``head_only`` when that is a HEAD request."""
        self._head_only = head_only
        self._headers: dict[bytes, bytes] = {}
        self._header_count = 0
        self._overhead_bytes = 0
        self.response: HttpResponse | None = None
        self.complete = False
        self.keep_alive = False
        self.ends_at_close = False

    def feed(self, data: bytes) -> None:
        """Take what one read of the socket gave.

        Raises:
            BadResponse: the bytes are not an acceptable response. What follows a complete response is no failure of
                it, but clears ``keep_alive``.
        """
        # Counts what is not body: the head, or chunk sizes, extensions and trailers since the last body byte.
        self._overhead_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            # A callback below raised: BadResponse, or a bug.
            raise (error.__context__ or error) from None
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.complete:
                raise self._bad(f"not HTTP/1.1: {error}") from None
            self.keep_alive = False
        if self._overhead_bytes > self._limits.max_head_bytes and not self.complete:
            raise self._bad(f"more than {self._limits.max_head_bytes} bytes of head or framing")

    # What follows is called by the parser, within feed().

    def on_message_begin(self) -> None:
        """The first byte of a message; a second message in answer to one request is garbage."""
        if self.complete:
            self.keep_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line, or a trailer, which has no reader here."""
        if self.response is not None:
            return
        self._header_count += 1
        if self._header_count > self._limits.max_header_count:
            raise self._bad(f"more than {self._limits.max_header_count} header lines")
        name = name.lower()
        value = value.rstrip(b" \t")
        earlier = self._headers.get(name)
        self._headers[name] = value if earlier is None else b"%b, %b" % (earlier, value)

    def on_headers_complete(self) -> None:
        """The end of a head; interim responses (1xx) are skipped, except 101, at which the parser stops."""
        if self.complete:
            return
        status = self._parser.get_status_code()
        if not _FIRST_STATUS <= status <= _LAST_STATUS:
            raise self._bad(f"unexpected status {status}")
        if status < _FIRST_FINAL_STATUS:
            return
        headers = self._headers
        if self._overhead_bytes > self._limits.max_head_bytes:
            # The read holds body bytes as well, so the head is measured by itself.
            head_bytes = sum(len(name) + len(value) + 4 for name, value in headers.items())
            if head_bytes > self._limits.max_head_bytes:
                raise self._bad(f"more than {self._limits.max_head_bytes} bytes of head")
        coding = headers.get(b"transfer-encoding")
        if coding is not None and coding.lower() != b"chunked":
            raise self._bad(f"unsupported transfer coding {coding!r}")
        bodyless = self._head_only or status in _BODYLESS_STATUSES
        self.ends_at_close = coding is None and b"content-length" not in headers and not bodyless
        self.response = HttpResponse(status, headers, self._source, self._loop, self._limits.max_body_bytes)
        if self._head_only:
            # The parser does not know of HEAD and waits for the declared body, so the connection ends here.
            self.complete = True

    def on_body(self, piece: bytes) -> None:
        """Part of the body, as it lies within one read and one chunk."""
        self._overhead_bytes = 0
        if self.response is not None and not self.complete:
            self.response.feed(piece)

    def on_message_complete(self) -> None:
        """The end of a message."""
        if self.complete:
            return
        if self.response is None:
            self._headers = {}
            return
        self.complete = True
        self.keep_alive = self._parser.should_keep_alive()

    def _bad(self, message: str) -> BadResponse:
        return BadResponse("head" if self.response is None else "body", message, sent=True)
