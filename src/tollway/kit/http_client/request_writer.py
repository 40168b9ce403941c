"""Writing one request after another, no faster than the server takes it."""

import asyncio
from typing import Any

from tollway.kit.http_client.limits import KIB

# Larger bodies are handed to the transport slice by slice, so that a slow server does not make it copy all of them.
_SLICE_BYTES = 256 * KIB


class RequestWriter:
    """Writes through a transport, and waits while that has no room.

    Attributes:
        paused: the transport has more to write than it wants.
        unfinished: part of the request was not handed to the transport yet.
    """

    __slots__ = ("_loop", "_room", "paused", "unfinished")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._room: asyncio.Future[None] | None = None
        self.paused = False
        self.unfinished = False

    def write(self, transport: asyncio.WriteTransport, head: bytes, body: bytes) -> None:
        """Hand over the whole request, or the head alone where the body is large, which leaves it ``unfinished``."""
        if len(body) <= _SLICE_BYTES:
            transport.write(head + body)
        else:
            self.unfinished = True
            transport.write(head)

    async def write_body(self, transport: asyncio.WriteTransport, body: bytes, stop: asyncio.Future[Any]) -> None:
        """Hand over a large body slice by slice, until ``stop`` is done: answered early, or failed."""
        view = memoryview(body)
        for start in range(0, len(body), _SLICE_BYTES):
            transport.write(view[start : start + _SLICE_BYTES])
            # uvloop writes at the end of the loop's turn, and only then says that it could not write all.
            await asyncio.sleep(0)
            while self.paused and not stop.done():
                self._room = self._loop.create_future()
                await self._room
            if stop.done():
                return
        self.unfinished = False

    def pause(self) -> None:
        """The transport is full."""
        self.paused = True

    def resume(self) -> None:
        """The transport has room."""
        self.paused = False
        self.wake()

    def wake(self) -> None:
        """Let ``write_body()`` look again."""
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
