"""One connection: a socket's callbacks, and the exchange that is under way on it."""

import asyncio
import socket
from typing import Literal, Protocol, cast

from tollway.kit.http_client.errors import (
    Aborted,
    BadResponse,
    ConnectionLost,
    HttpClientError,
    IncompleteBody,
    Phase,
    Timeout,
)
from tollway.kit.http_client.lazy_timer import LazyTimer
from tollway.kit.http_client.limits import Limits, Timeouts
from tollway.kit.http_client.request_writer import RequestWriter
from tollway.kit.http_client.response import HttpResponse
from tollway.kit.http_client.response_reader import ResponseReader

# An exchange's states are named as the phases of its errors. Strings, because looking up a member of an Enum costs
# several times as much as the comparison, and each read of the socket does a few.
State = Literal["idle", "send", "head", "body", "closed"]
Outcome = HttpResponse | HttpClientError

_NO_EXCHANGE_YET = Timeouts()
_NEVER_S = float("inf")


class Owner(Protocol):
    """What a connection tells the pool that it belongs to."""

    def release(self, connection: "Connection") -> None:
        """The exchange is over, and the connection can carry another."""
        ...

    def forget(self, connection: "Connection") -> None:
        """The connection is closed."""
        ...


class Connection(asyncio.Protocol):
    """Carries one exchange after another.

    The outcome of an exchange's head is handed over through a future of that exchange alone: when its task wakes, the
    connection may already serve another one.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, owner: Owner, limits: Limits) -> None:
        self._loop = loop
        self._owner = owner
        self._limits = limits
        self._writer = RequestWriter(loop)
        self._reader = ResponseReader(self, loop, limits)
        self._timer = LazyTimer(loop, self._on_deadline, longest_sleep_s=limits.idle_keep_alive_s)
        self._state: State = "idle"
        self._transport: asyncio.Transport | None = None
        self._outcome: asyncio.Future[Outcome] | None = None
        self._reading_paused = False
        self._paused_at_s = 0.0
        self._timeouts = _NO_EXCHANGE_YET
        self._total_deadline_s = 0.0
        self._lost: asyncio.Future[None] = loop.create_future()

    # For the pool and the client.

    def is_usable(self) -> bool:
        """Whether a request may be written."""
        return self._state == "idle" and self._transport is not None and not self._transport.is_closing()

    async def exchange(
        self, head: bytes, body: bytes, *, head_only: bool, timeouts: Timeouts, total_deadline_s: float
    ) -> HttpResponse:
        """Write a request and return when the response head is complete; cancelling closes the connection.

        Raises:
            ConnectionLost: the server closed before the head was complete.
            Timeout: ``send_s``, ``first_byte_s`` or ``total_s`` ran out.
            BadResponse: the head is not acceptable.
            Aborted: the client was closed.
        """
        self._reader.begin(head_only=head_only)
        outcome: asyncio.Future[Outcome] = self._loop.create_future()
        self._outcome = outcome
        self._timeouts = timeouts
        self._total_deadline_s = total_deadline_s
        transport = cast("asyncio.Transport", self._transport)
        # Set before writing: the transport may say within write(), or later, that it has no more room.
        self._expect_head()
        try:
            self._writer.write(transport, head, body)
            if self._writer.unfinished:
                self._expect_room()
                await self._writer.write_body(transport, body, outcome)
                if not outcome.done():
                    self._expect_head()
            result = await outcome
        except asyncio.CancelledError:
            self._abandon(outcome)
            raise
        if isinstance(result, HttpResponse):
            return result
        raise result

    def fail(self, error: HttpClientError) -> None:
        """End the exchange under way, if any, with an error, and close."""
        outcome, self._outcome = self._outcome, None
        if outcome is not None:
            if not outcome.cancelled():
                outcome.set_result(error)
        elif self._state == "body" and self._reader.response is not None:
            self._reader.response.fail(error)
        self.close()

    def close(self) -> None:
        """Close the socket at once; an exchange under way is not told."""
        if self._state == "closed":
            return
        self._state = "closed"
        self._timer.cancel()
        self._writer.wake()
        if self._transport is not None:
            self._transport.abort()
        self._owner.forget(self)

    def shut_down(self) -> None:
        """Close; an exchange under way fails with ``Aborted``."""
        phase = self._phase()
        if phase is None:
            self.close()
        else:
            self.fail(Aborted(phase, "the client was closed", sent=True))

    async def wait_lost(self) -> None:
        """Return when the event loop has let go of the socket."""
        await asyncio.shield(self._lost)

    # For the response.

    def body_consumed(self) -> None:
        """Read on, if the reader was the slower one."""
        if self._reading_paused:
            self._resume_reading()
            self._expect_body()

    # Callbacks of the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; small requests are not held back for acknowledgements."""
        self._transport = cast("asyncio.Transport", transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expect_nothing()

    def data_received(self, data: bytes) -> None:
        """Pass one read on, and wake whoever waits for it, once."""
        if self._state == "idle":
            # No request is under way, so this answers nothing that was asked.
            self.close()
        if self._state == "closed":
            return
        try:
            self._reader.feed(data)
        except BadResponse as error:
            self.fail(error)
            return
        response = self._reader.response
        if response is None:
            return
        if self._reader.complete:
            self._finish(response)
        elif response.unread_bytes > self._limits.unread_high_water_bytes:
            self._pause_reading()
        else:
            self._expect_body()
        self._deliver(response)

    def eof_received(self) -> None:
        """The server sends no more; a half-open connection has no use here."""
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._end(exc)
        if not self._lost.done():
            self._lost.set_result(None)

    def pause_writing(self) -> None:
        """The server takes the request more slowly than it is written."""
        self._writer.pause()
        if self._state == "head":
            self._expect_room()

    def resume_writing(self) -> None:
        """The transport has room again."""
        self._writer.resume()
        if self._state == "send" and not self._writer.unfinished:
            self._expect_head()

    # What is awaited, and until when.

    def _expect_nothing(self) -> None:
        self._state = "idle"
        self._timer.set(self._loop.time() + self._limits.idle_keep_alive_s)

    def _expect_room(self) -> None:
        self._state = "send"
        self._timer.set(min(self._total_deadline_s, self._loop.time() + self._timeouts.send_s))

    def _expect_head(self) -> None:
        self._state = "head"
        self._timer.set(min(self._total_deadline_s, self._loop.time() + self._timeouts.first_byte_s))

    def _expect_body(self) -> None:
        self._state = "body"
        self._timer.set(min(self._total_deadline_s, self._loop.time() + self._timeouts.idle_s))

    def _on_deadline(self, deadline_s: float) -> None:
        phase = self._phase()
        if phase is None:
            self.close()
        elif deadline_s == self._total_deadline_s:
            self.fail(Timeout(phase, f"not complete after {self._timeouts.total_s:g} s", sent=True))
        else:
            self.fail(Timeout(phase, "no progress in the time allowed for this phase", sent=True))

    def _phase(self) -> Phase | None:
        if self._state == "idle":
            return None
        if self._state == "closed":
            return None
        return self._state

    # The ends of an exchange.

    def _abandon(self, outcome: asyncio.Future[Outcome]) -> None:
        if self._outcome is outcome:
            self._outcome = None
            self.close()
        elif not outcome.cancelled():
            result = outcome.result()
            if isinstance(result, HttpResponse):
                result.abort()

    def _deliver(self, response: HttpResponse) -> None:
        outcome = self._outcome
        if outcome is None:
            response.wake()
            return
        self._outcome = None
        if not outcome.cancelled():
            outcome.set_result(response)
        elif self._state == "body":
            # The task was cancelled in this turn of the loop and has not run since.
            self.close()
        self._writer.wake()

    def _finish(self, response: HttpResponse) -> None:
        response.release()
        if not self._reader.keep_alive or self._writer.unfinished or self._writer.paused:
            self.close()
            return
        self._resume_reading()
        self._expect_nothing()
        self._owner.release(self)

    def _end(self, exc: Exception | None) -> None:
        phase = self._phase()
        response = self._reader.response
        reason = f"the server closed the connection ({exc or 'end of file'})"
        if phase is None:
            self.close()
        elif phase != "body" or response is None:
            self.fail(ConnectionLost(phase, reason, sent=True))
        elif self._reader.ends_at_close and exc is None:
            self._finish(response)
            response.wake()
        else:
            self.fail(IncompleteBody(phase, reason, sent=True))

    def _pause_reading(self) -> None:
        self._state = "body"
        if not self._reading_paused and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()
            # The server is to blame neither for this silence nor for what it adds to the whole.
            self._paused_at_s = self._loop.time()
            self._timer.set(_NEVER_S)

    def _resume_reading(self) -> None:
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            self._total_deadline_s += self._loop.time() - self._paused_at_s
            self._transport.resume_reading()
