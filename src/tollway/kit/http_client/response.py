"""A response as its reader sees it: head at once, body as it comes."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from tollway.kit.http_client.errors import Aborted, HttpClientError, TooLarge


class BodySource(Protocol):
    """What a response asks of the connection that feeds it."""

    def body_consumed(self) -> None:
        """The reader took everything that was waiting."""
        ...

    def close(self) -> None:
        """Close the socket at once."""
        ...


class HttpResponse:
    """A response whose head is complete.

    One task reads it. A reader that leaves before the end calls ``abort()``; after the end that closes nothing, so it
    fits in a ``finally``. One that neither reads nor leaves keeps the connection, since no deadline runs while it holds
    the server back.

    A body that is cut short is an error where its length was declared or its end is marked (chunked). A body that ends
    with the connection has neither: only its own format tells whether it is whole.

    Attributes:
        status: 200 to 599.
        headers: lower-case names; the values of a repeated header are joined by a comma and a space.
    """

    __slots__ = (
        "_body_limit",
        "_complete",
        "_error",
        "_loop",
        "_pieces",
        "_source",
        "_waiter",
        "headers",
        "status",
        "unread_bytes",
    )

    def __init__(
        self,
        status: int,
        headers: Mapping[bytes, bytes],
        source: BodySource,
        loop: asyncio.AbstractEventLoop,
        body_limit: int,
    ) -> None:
        self.status = status
        self.headers = headers
        self.unread_bytes = 0
        self._source: BodySource | None = source
        self._loop = loop
        self._body_limit = body_limit
        self._pieces: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None
        self._complete = False
        self._error: HttpClientError | None = None

    def header(self, name: bytes) -> bytes | None:
        """Return the value of a header by its lower-case name."""
        return self.headers.get(name)

    async def next_chunk(self) -> bytes:
        """Return all body bytes that came since the last call, waiting for at least one; empty at the clean end.

        Bytes that came before a failure are returned before it is raised. Cancelling this call aborts the response.

        Raises:
            Aborted: ``abort()`` was called before the end was taken.
            IncompleteBody: the connection closed in the middle of the body.
            BadResponse: the framing of the body is wrong.
            Timeout: nothing came for too long, or the whole request took too long; time in which bytes waited for this
                call, so many that the server was held back, counts for neither.
        """
        while not self._pieces:
            if self._error is not None:
                raise self._error
            if self._complete:
                return b""
            await self._arrival()
        return self._take()

    async def read(self) -> bytes:
        """Return the rest of the body.

        Raises:
            TooLarge: it is longer than the client's ``max_body_bytes``; the response is aborted.
            HttpClientError: as ``next_chunk()``.
        """
        if self._complete and self._error is None and self.unread_bytes <= self._body_limit:
            # The usual case: it came whole with its head.
            return self._take()
        pieces = []
        size_bytes = 0
        while piece := await self.next_chunk():
            size_bytes += len(piece)
            if size_bytes > self._body_limit:
                self.abort()
                raise TooLarge("body", f"the body is longer than {self._body_limit} bytes", sent=True)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def abort(self) -> None:
        """Stop: close the socket at once, drop what was not read, make a waiting reader raise ``Aborted``.

        May be called at any time, from any callback of the loop, more than once; after the end of the body
        was taken nothing happens.
        """
        if self._complete and not self._pieces:
            return
        if self._error is None:
            self._error = Aborted("body", "the response was aborted", sent=True)
        self._pieces.clear()
        self.unread_bytes = 0
        source, self._source = self._source, None
        if source is not None:
            source.close()
        self.wake()

    def feed(self, piece: bytes) -> None:
        """Add body bytes; called by the connection, which calls ``wake()`` once for all pieces of a read."""
        self._pieces.append(piece)
        self.unread_bytes += len(piece)

    def release(self) -> None:
        """Mark the end of the body and let go of the connection; called by the connection."""
        self._complete = True
        self._source = None

    def fail(self, error: HttpClientError) -> None:
        """End the body with an error and let go of the connection; called by the connection."""
        if self._error is None:
            self._error = error
        self._source = None
        self.wake()

    def wake(self) -> None:
        """Let a waiting reader look again."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def _arrival(self) -> None:
        waiter = self._waiter = self._loop.create_future()
        try:
            await waiter
        except asyncio.CancelledError:
            self.abort()
            raise
        finally:
            self._waiter = None

    def _take(self) -> bytes:
        pieces = self._pieces
        chunk = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.unread_bytes = 0
        if self._source is not None:
            self._source.body_consumed()
        return chunk
