"""One client connection: frames requests, guards limits and timeouts, and sends each request its way.

A request for an inference endpoint is answered in the fast lane; any other one is handed, whole, to uvicorn's own
protocol and so to the ASGI app. Both ways share the framing here, so the limits hold for both, and the next request of
the connection is read only when the answer to the one before it has been sent.
"""

import asyncio
import contextlib
import re
from typing import Literal, Protocol, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from tollway.http.asgi_bridge import AsgiBridge
from tollway.http.chunked_body import ChunkedBody
from tollway.http.errors import BodyTooLargeError
from tollway.http.framing_errors import HeadTooLargeError, RequestTimeoutError
from tollway.http.request_head import RequestHead, guess_head, read_head, refuse_hopeless
from tollway.http.sized_body import SizedBody
from tollway.kit.errors import ExpectedError
from tollway.kit.settings import LimitSettings

State = Literal["idle", "head", "body", "answering", "draining", "lingering", "closed"]
"""What a connection is doing.

idle: between requests; head, body: reading one; answering: the lane or the app is at work; draining: the answer was
handed over, and the client must read more of it before the next request is taken up; lingering: the last answer was
sent, and what the client still sends is passed over; closed: only what was written is still to leave.
"""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_EMPTY_LINES = re.compile(rb"(?:\r\n)+")
_HEAD_END = b"\r\n\r\n"
_FOREVER = float("inf")
_READ_AHEAD_BYTES = 64 * 1024
"""How much of pipelined requests is read before their turn."""
_REMEMBERED_HEAD_BYTES = 2048
"""A head that is longer is not remembered: idle connections are to cost little."""
_STALLED_WRITE_S = 60.0
"""How long a client may read nothing of what waits for it before the connection is cut."""
_LINGER_IDLE_S = 2.0
"""How long a refused client may be silent before the connection is closed."""
_LINGER_S = 30.0
"""How long a refused client may go on sending before the connection is closed."""


class Lane(Protocol):
    """Answers requests without a framework between them and the socket."""

    def takes(self, path: str) -> bool:
        """Whether a path is this lane's."""
        ...

    def begin(self, connection: "Connection", head: RequestHead, body: bytes) -> "Running":
        """Start to answer; the connection's ``answered`` is called when the whole answer was handed over."""
        ...

    def refusal(self, head: RequestHead | None, error: ExpectedError) -> bytes:
        """Render the answer to a request that cannot be read on, after which the connection ends."""
        ...


class Running(Protocol):
    """An answer under way."""

    def client_left(self) -> None:
        """The connection is gone."""
        ...

    def resume(self) -> None:
        """The client has read enough that more may be written."""
        ...


class ConnectionHost:
    """What all connections of a server share."""

    def __init__(self, *, lane: Lane, limits: LimitSettings) -> None:
        self.lane = lane
        self.limits = limits
        self.connections: set[Connection] = set()

    def protocol(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> "Connection":
        """Make the protocol of a new connection; has the signature that uvicorn calls."""
        bridge = AsgiBridge(config, server_state, app_state, _loop)
        return Connection(self, bridge, server_state)

    def sweep(self, now_s: float) -> None:
        """Cut connections that are past their deadline; called about once a second with the loop's time."""
        for connection in [one for one in self.connections if one.deadline_s < now_s]:
            connection.expire()


class Connection(asyncio.Protocol):
    """The protocol object of one connection.

    The end of a client's sending side counts as its leaving, as it cannot be told from that.
    """

    def __init__(self, host: ConnectionHost, bridge: AsgiBridge, server_state: ServerState) -> None:
        self.host = host
        self.bridge = bridge
        self.server_state = server_state
        self.loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport
        self.state: State = "idle"
        self.deadline_s = self.loop.time() + host.limits.header_timeout_s
        self.is_congested = False
        self.is_shutting_down = False
        self._buffer = b""
        self._newest_head: tuple[bytes, RequestHead] | None = None
        self._head: RequestHead | None = None
        self._body: SizedBody | ChunkedBody | None = None
        self._reading_is_paused = False
        self._running: Running | None = None
        self._unsent_bytes = 0
        self._linger_until_s = _FOREVER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take up a new connection."""
        # uvloop has transports of its own, which are asyncio's by their methods alone.
        self.transport = cast("asyncio.Transport", transport)
        self.host.connections.add(self)
        self.server_state.connections.add(self)  # type: ignore[arg-type] # the set is typed by uvicorn's own protocols

    def connection_lost(self, exc: Exception | None) -> None:
        """Let everybody know that the client is gone."""
        self.state = "closed"
        self.host.connections.discard(self)
        self.server_state.connections.discard(self)
        self._forget_request()
        self.bridge.connection_lost(exc)
        running, self._running = self._running, None
        if running is not None:
            running.client_left()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        self.is_congested = True
        self._watch_writing()
        self.bridge.pause_writing()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self.is_congested = False
        self.bridge.resume_writing()
        if self.state == "draining":
            self._take_up_next()
        elif self.state == "answering":
            self.deadline_s = _FOREVER
            if self._running is not None:
                self._running.resume()

    def data_received(self, data: bytes) -> None:
        """Take bytes as they come."""
        state = self.state
        if state in ("lingering", "closed"):
            self._pass_over()
            return
        self._buffer = self._buffer + data if self._buffer else data
        if state not in ("answering", "draining"):
            self._advance()
        elif len(self._buffer) > _READ_AHEAD_BYTES and not self._reading_is_paused:
            self._reading_is_paused = True
            self.transport.pause_reading()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write a piece of the answer; nothing happens when the client has left."""
        if self.state != "closed":
            self.transport.write(data)

    def cut(self) -> None:
        """Break the connection off: its answer cannot be brought to an honest end."""
        if self in self.host.connections:
            self.transport.abort()

    def answered(self, *, keep_alive: bool) -> None:
        """The answer was handed over whole: read the next request, or close."""
        self._running = None
        if self.state != "answering":
            return
        if not keep_alive or self.is_shutting_down:
            self._close_after_answer()
        elif self.is_congested:
            # Answers to a client that reads none of them must not pile up.
            self.state = "draining"
        else:
            self._take_up_next()

    def shutdown(self) -> None:
        """Close when idle, else after the answer; uvicorn calls this at a stop."""
        self.is_shutting_down = True
        if self.state == "answering":
            self.bridge.shutdown()
        elif self.state not in ("body", "closed"):
            self.close()

    def expire(self) -> None:
        """The deadline has passed: say so to a client that was sending, and end the connection."""
        if self.state in ("head", "body"):
            self._refuse(RequestTimeoutError("The request did not arrive in time."))
        elif self.state in ("idle", "lingering"):
            self.close()
        else:
            self._cut_when_stalled()

    def close(self) -> None:
        """Close after what was written has been sent."""
        self.state = "closed"
        self._watch_writing()
        self.transport.close()

    def _take_up_next(self) -> None:
        self.state = "idle"
        self.deadline_s = self.loop.time() + self.host.limits.keep_alive_s
        self._resume_reading()
        if self._buffer:
            # Not from here: a chain of pipelined requests must not become a chain of calls.
            self.loop.call_soon(self._advance)

    def _advance(self) -> None:
        """Read as much of the next request as there is."""
        try:
            if self.state in ("idle", "head"):
                self._read_head()
            elif self.state == "body":
                self._read_body()
        except ExpectedError as error:
            self._refuse(error)
        except Exception:
            self.cut()
            raise

    def _read_head(self) -> None:
        buffer = self._buffer
        if (empty := _EMPTY_LINES.match(buffer)) is not None:
            # Empty lines before a request are passed over (RFC 9112, section 2.2).
            buffer = self._buffer = buffer[empty.end() :]
        if not buffer:
            return
        end = buffer.find(_HEAD_END) + len(_HEAD_END)
        is_whole = end >= len(_HEAD_END)
        if (end if is_whole else len(buffer)) > self.host.limits.header_bytes:
            raise HeadTooLargeError(f"The headers are longer than {self.host.limits.header_bytes} bytes.")
        if is_whole:
            self._head = head = self._parsed(buffer[:end])
            self._begin_body(head, buffer[end:])
        else:
            refuse_hopeless(buffer)
            if self.state == "idle":
                self.state = "head"
                self.deadline_s = self.loop.time() + self.host.limits.header_timeout_s

    def _parsed(self, data: bytes) -> RequestHead:
        """Read a head, or take the last one again: most clients send the same bytes each time (4 µs a request)."""
        newest = self._newest_head
        if newest is not None and newest[0] == data:
            return newest[1]
        head = read_head(data)
        self._newest_head = (data, head) if len(data) <= _REMEMBERED_HEAD_BYTES else None
        return head

    def _begin_body(self, head: RequestHead, rest: bytes) -> None:
        length, limit = head.content_length, self.host.limits.body_bytes
        if length is None:
            self._body = ChunkedBody(limit)
        elif length > limit:
            raise BodyTooLargeError(f"The body is longer than {limit} bytes.")
        elif length <= len(rest):
            self._buffer = rest[length:]
            self._dispatch(head, rest[:length])
            return
        else:
            self._body = SizedBody(length)
        self.state = "body"
        self.deadline_s = self.loop.time() + self.host.limits.body_timeout_s
        self._buffer = rest
        if rest:
            self._read_body()
        elif head.expects_continue:
            self.write(_CONTINUE)

    def _read_body(self) -> None:
        head, body = self._head, self._body
        assert head is not None
        assert body is not None
        self._buffer = body.feed(self._buffer)
        if body.is_complete:
            self._dispatch(head, body.content)

    def _dispatch(self, head: RequestHead, body: bytes) -> None:
        self.state = "answering"
        self.deadline_s = _FOREVER
        self._head = self._body = None
        if not self.host.lane.takes(head.path):
            self.bridge.hand_over(self, head, body)
            return
        running = self.host.lane.begin(self, head, body)
        if self.state == "answering":
            # Otherwise the answer is over already.
            self._running = running

    def _refuse(self, error: ExpectedError) -> None:
        """Answer what cannot be read on, and end: where the next request begins is not known any more."""
        head = self._head or guess_head(self._buffer)
        answer = self.host.lane.refusal(head, error)
        if head is not None and head.method == "HEAD":
            answer = answer[: answer.index(_HEAD_END) + len(_HEAD_END)]
        self.write(answer)
        self._linger()

    def _close_after_answer(self) -> None:
        if self._buffer or self._reading_is_paused:
            self._linger()
        else:
            self.close()

    def _linger(self) -> None:
        """End the connection gently: a client that is still sending would meet a reset before it reads the answer."""
        self.state = "lingering"
        now_s = self.loop.time()
        self.deadline_s = now_s + _LINGER_IDLE_S
        self._linger_until_s = now_s + _LINGER_S
        self._forget_request()
        self._resume_reading()
        if self.transport.can_write_eof():
            # The client may have reset the connection in this very moment.
            with contextlib.suppress(OSError):
                self.transport.write_eof()

    def _pass_over(self) -> None:
        if self.state == "lingering":
            self.deadline_s = min(self.loop.time() + _LINGER_IDLE_S, self._linger_until_s)

    def _resume_reading(self) -> None:
        if self._reading_is_paused:
            self._reading_is_paused = False
            self.transport.resume_reading()

    def _forget_request(self) -> None:
        self._buffer = b""
        self._head = self._body = None

    def _watch_writing(self) -> None:
        self._unsent_bytes = self.transport.get_write_buffer_size()
        self.deadline_s = self.loop.time() + _STALLED_WRITE_S

    def _cut_when_stalled(self) -> None:
        """Cut the connection unless the client has read something since the last look."""
        if 0 < self.transport.get_write_buffer_size() < self._unsent_bytes:
            self._watch_writing()
        else:
            self.cut()
