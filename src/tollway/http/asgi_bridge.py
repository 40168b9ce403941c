"""The way of a request into the ASGI app: uvicorn's own protocol, fed one whole request at a time."""

import asyncio
from typing import Any, Protocol

from uvicorn._types import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    ASGISendEvent,
    HTTPResponseStartEvent,
    Scope,
)
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from tollway.http.request_head import RequestHead

_SETTLED_BEFORE = frozenset({b"expect", b"transfer-encoding", b"upgrade"})
"""Fields about the way of the request to this server, which end here."""
_WITHOUT_BODY = (204, 304)


class BridgedConnection(Protocol):
    """What the bridge asks of the connection that it serves."""

    transport: asyncio.Transport

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write a piece of the answer."""
        ...

    def answered(self, *, keep_alive: bool) -> None:
        """The answer was handed over whole."""
        ...


class AsgiBridge:
    """Feeds requests of one connection to uvicorn; the inner protocol is made when the first one comes."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        self._config = config
        self._server_state = server_state
        self._app_state = app_state
        self._loop = loop
        self._inner: _InnerProtocol | None = None

    def hand_over(self, connection: BridgedConnection, head: RequestHead, body: bytes) -> None:
        """Let the ASGI app answer a request that has arrived whole."""
        transport = _AnswerTransport(connection)
        if self._inner is None:
            self._inner = _InnerProtocol(self._config, self._server_state, self._app_state, self._loop)
            self._inner.connection_made(transport)
            # The outer connection is the one that the server waits for at a stop.
            self._server_state.connections.discard(self._inner)
        self._inner.begin(transport, head, body)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the app that the client is gone."""
        if self._inner is not None:
            self._inner.connection_lost(exc)
            self._inner = None

    def pause_writing(self) -> None:
        """Hold the app's writes back."""
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Let the app write again."""
        if self._inner is not None:
            self._inner.resume_writing()

    def shutdown(self) -> None:
        """Let the answer under way say that the connection closes after it."""
        if self._inner is not None and self._inner.cycle is not None:
            self._inner.cycle.keep_alive = False


class _InnerProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which leaves the connection itself to the outer one."""

    answer: "_AnswerTransport"

    def begin(self, transport: "_AnswerTransport", head: RequestHead, body: bytes) -> None:
        """Start to answer one request."""
        self.answer = self.transport = transport
        app = self.config.loaded_app
        self.app = _WithoutChunks(app) if head.is_http_1_0 else app
        self.data_received(_request_bytes(head, body))

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self.answer.end(keep_alive=True)


class _AnswerTransport(asyncio.Transport):
    """The transport as the app's answer to one request sees it.

    What uvicorn does to it after that answer is without effect, and so is holding reading back: the outer connection
    reads, and the request is here already.
    """

    def __init__(self, connection: BridgedConnection) -> None:
        super().__init__()
        self._connection = connection
        self._is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._is_over:
            self._connection.write(data)

    def close(self) -> None:
        self.end(keep_alive=False)

    def end(self, *, keep_alive: bool) -> None:
        """Tell the connection, once, that the answer is over."""
        if not self._is_over:
            self._is_over = True
            self._connection.answered(keep_alive=keep_alive)

    def is_closing(self) -> bool:
        return self._is_over or self._connection.transport.is_closing()

    def get_extra_info(self, name: str, default: object = None) -> Any:  # noqa: ANN401 - as its base says
        return self._connection.transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class _WithoutChunks:
    """Collects an answer whose length the app does not say: HTTP/1.0 has no chunks, and uvicorn would send them."""

    def __init__(self, app: ASGI3Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        held: HTTPResponseStartEvent | None = None
        body = bytearray()

        async def collect(message: ASGISendEvent) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _would_be_chunked(scope, message):
                held = message
                return
            if held is not None and message["type"] == "http.response.body":
                body.extend(message["body"])
                if message.get("more_body", False):
                    return
                held["headers"] = [*held.get("headers", ()), (b"content-length", b"%d" % len(body))]
                await send(held)
                message["body"] = bytes(body)
            await send(message)

        await self._app(scope, receive, collect)


def _would_be_chunked(scope: Scope, start: HTTPResponseStartEvent) -> bool:
    has_body = scope["type"] == "http" and scope["method"] != "HEAD" and start["status"] not in _WITHOUT_BODY
    return has_body and all(name.lower() != b"content-length" for name, _ in start.get("headers", ()))


def _request_bytes(head: RequestHead, body: bytes) -> bytes:
    """Write a request for uvicorn to read, with its framing said anew and nothing left for uvicorn to refuse."""
    version = b"1.0" if head.is_http_1_0 else b"1.1"
    lines = [b"%b %b HTTP/%b\r\n" % (head.method.encode(), head.target.encode(), version)]
    lines += [b"%b: %b\r\n" % (name, value) for name, value in head.fields if name.lower() not in _SETTLED_BEFORE]
    if head.content_length is None:
        lines.append(b"content-length: %d\r\n" % len(body))
    return b"".join((*lines, b"\r\n", body))
