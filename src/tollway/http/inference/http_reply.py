"""Writing an answer to a connection."""

import asyncio
import time

from tollway.flows.complete_chat.reply import AnswerHead, Interruption, Reply
from tollway.http.connection import Connection
from tollway.http.errors import RenderedError
from tollway.http.inference.response_head import CallHeaders

_LAST_CHUNK = b"0\r\n\r\n"


class HttpReply(Reply):
    """The caller's end of one request over HTTP.

    With ``began_s``, the moment on the monotonic clock at which the request had arrived, the answer's head tells how
    much of the time since then was this server's own.

    Attributes:
        sent_status: the status that was sent, 0 before.
    """

    def __init__(
        self,
        connection: Connection,
        headers: CallHeaders,
        *,
        keep_alive: bool,
        chunked: bool,
        began_s: float | None = None,
    ) -> None:
        super().__init__()
        self._began_s = began_s
        self._connection = connection
        self._headers = headers
        self._keep_alive = keep_alive and chunked
        self._chunked = chunked
        self._drain: asyncio.Future[None] | None = None
        self.sent_status = 0

    def client_left(self) -> None:
        """The connection is gone."""
        self.interrupt(Interruption.CLIENT_LEFT)

    def resume(self) -> None:
        """The client has read enough that more may be written."""
        if self._drain is not None and not self._drain.done():
            self._drain.set_result(None)

    @property
    def is_congested(self) -> bool:
        """Whether the send buffer is over its high-water mark."""
        return self._connection.is_congested

    async def drained(self) -> None:
        """Wait until the send buffer is below its low-water mark."""
        if self._connection.is_congested:
            self._drain = asyncio.get_running_loop().create_future()
            await self._drain

    def send_json(self, head: AnswerHead, body: bytes, credits_used: int) -> None:
        """Send a whole answer and its cost."""
        self._begin_head(200)
        self._send(self._headers.json(head, body, credits_used, keep_alive=self._keep_alive))
        self._connection.answered(keep_alive=self._keep_alive)

    def send_refusal(self, error: RenderedError) -> None:
        """Send a refusal."""
        self._begin_head(error.status)
        self._send(self._headers.refusal(error.status, error.headers, error.body, keep_alive=self._keep_alive))
        self._connection.answered(keep_alive=self._keep_alive)

    def start_stream(self, head: AnswerHead) -> None:
        """Send the head of a stream."""
        self._begin_head(200)
        self._send(self._headers.stream(head, chunked=self._chunked, keep_alive=self._keep_alive))

    def write(self, data: bytes) -> None:
        """Send a piece of the stream."""
        self._send(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def finish(self, data: bytes) -> None:
        """Send the last piece and end the stream."""
        self._send(b"%x\r\n%b\r\n%b" % (len(data), data, _LAST_CHUNK) if self._chunked else data)
        self._connection.answered(keep_alive=self._keep_alive)

    def cut(self) -> None:
        """Break the connection off: the answer cannot be brought to an honest end."""
        self._connection.transport.abort()

    def _begin_head(self, status: int) -> None:
        self.sent_status = status
        if self._began_s is not None:
            self._headers.add_overhead(time.monotonic() - self._began_s - self.waited_s)

    def _send(self, data: bytes) -> None:
        if self.interruption is not Interruption.CLIENT_LEFT:
            self._connection.transport.write(data)
