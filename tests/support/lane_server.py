"""A server with the real connections, a scripted lane and a small ASGI app behind it, and raw clients for it.

Paths under ``/lane/`` are the lane's, all others the app's. Both answer with what they saw, so that a test can tell
from the answers alone which bytes became which request:

- ``/lane/now`` answers from within ``begin``, ``/lane/soon`` a turn of the loop later;
- ``/lane/hold`` and ``/hold`` answer when the test says so;
- ``/lane/large`` and ``/large`` answer with more than socket buffers hold;
- ``/stream`` answers in chunks, ``/broken`` fails after its first chunk, ``/late`` fails after its answer.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from msgspec import Struct
from uvicorn.config import Config
from uvicorn.server import ServerState

from tollway.http.connection import Connection, ConnectionHost
from tollway.http.request_head import RequestHead
from tollway.http.status_lines import STATUS_LINES
from tollway.kit.errors import ExpectedError
from tollway.kit.settings import LimitSettings

DEADLINE_S = 60.0
LARGE = b"x" * 4_000_000
STREAMED = (b"one ", b"two ", b"three")

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def eventually(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; fail after a deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - the condition may be about anything
            await asyncio.sleep(0.002)


class LaneAnswer:
    """An answer of the lane, under way or over."""

    def __init__(self, connection: Connection, head: RequestHead, body: bytes) -> None:
        self._connection = connection
        self._head = head
        self.body = body
        self.client_has_left = False
        self.resumed = 0

    def client_left(self) -> None:
        self.client_has_left = True

    def resume(self) -> None:
        self.resumed += 1

    def finish(self, content: bytes | None = None) -> None:
        content = seen("lane", self._head.method, self._head.target, self.body) if content is None else content
        keep_alive = self._head.keep_alive
        self._connection.write(
            b"HTTP/1.1 200 OK\r\n%bcontent-length: %d\r\n\r\n%b"
            % (b"" if keep_alive else b"connection: close\r\n", len(content), content)
        )
        self._connection.answered(keep_alive=keep_alive)


class ScriptedLane:
    """Answers ``/lane/…``; remembers what it was given."""

    def __init__(self) -> None:
        self.heads: list[RequestHead] = []
        self.answers: list[LaneAnswer] = []
        self.refused: list[ExpectedError] = []

    def takes(self, path: str) -> bool:
        return path.startswith("/lane/")

    def begin(self, connection: Connection, head: RequestHead, body: bytes) -> LaneAnswer:
        answer = LaneAnswer(connection, head, body)
        self.heads.append(head)
        self.answers.append(answer)
        if head.path == "/lane/soon":
            connection.loop.call_soon(answer.finish)
        elif head.path == "/lane/large":
            answer.finish(LARGE)
        elif head.path == "/lane/bug":
            raise ZeroDivisionError
        elif head.path != "/lane/hold":
            answer.finish()
        return answer

    def refusal(self, head: RequestHead | None, error: ExpectedError) -> bytes:
        self.refused.append(error)
        content = error.message.encode()
        identity = b"x-inference-id: 1\r\n" if head is not None and self.takes(head.path) else b""
        lines = b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(content), content)
        return STATUS_LINES[error.status] + identity + lines


class EchoApp:
    """Answers everything else; remembers what it was given."""

    def __init__(self) -> None:
        self.scopes: list[Message] = []
        self.disconnects = 0
        self.release = asyncio.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        path = scope["path"]
        if path == "/unread":
            await reply(send, b"unread")
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        if path == "/hold":
            await self._hold(receive)
        if path in {"/stream", "/broken"}:
            await stream(send, is_broken=path == "/broken")
            return
        query = scope["query_string"].decode()
        target = f"{path}?{query}" if query else path
        await reply(send, LARGE if path == "/large" else seen("app", scope["method"], target, body))
        if path == "/late":
            raise ZeroDivisionError

    async def _hold(self, receive: Receive) -> None:
        released = asyncio.ensure_future(self.release.wait())
        left = asyncio.ensure_future(receive())
        await asyncio.wait({released, left}, return_when=asyncio.FIRST_COMPLETED)
        if left.done() and left.result()["type"] == "http.disconnect":
            self.disconnects += 1
        released.cancel()
        left.cancel()


async def reply(send: Send, body: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def stream(send: Send, *, is_broken: bool) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in STREAMED:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if is_broken:
            raise ZeroDivisionError
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def seen(by: str, method: str, target: str, body: bytes) -> bytes:
    """What an answer says of its request."""
    return f"{by} {method} {target} ".encode() + body


class Answer(Struct, frozen=True):
    """One answer as a client reads it."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """A raw connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, *, to: str = "GET") -> Answer:
        """Read one answer; interim ones (1xx) count."""
        async with asyncio.timeout(DEADLINE_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
            status_line, *lines = head[:-4].decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            status = int(status_line.split(" ")[1])
            if headers.get("transfer-encoding") == "chunked":
                body = await self._chunks()
            elif to == "HEAD" or status < 200 or status == 204:
                body = b""
            else:
                body = await self.reader.readexactly(int(headers["content-length"]))
        return Answer(status, headers, body)

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self.reader.readline(), 16):
            body += (await self.reader.readexactly(size + 2))[:-2]
        assert await self.reader.readline() == b"\r\n"
        return body

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return the body of its answer."""
        await self.send(request)
        return (await self.answer()).body

    async def rest(self) -> bytes:
        """Read until the server closes its side."""
        async with asyncio.timeout(DEADLINE_S):
            return await self.reader.read()

    async def is_silent(self) -> bool:
        """Whether nothing more has come, and the connection is open."""
        try:
            async with asyncio.timeout(0.02):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False

    def leave(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Leave with a TCP reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class LaneServer:
    """The server, what stands behind it, and what was logged."""

    def __init__(self, limits: LimitSettings) -> None:
        self.lane = ScriptedLane()
        self.app = EchoApp()
        self.host = ConnectionHost(lane=self.lane, limits=limits)
        self.state = ServerState()
        self.port = 0
        self.complaints: list[str] = []
        self.clients: list[Client] = []

    @property
    def only_connection(self) -> Connection:
        (connection,) = self.host.connections
        return connection

    @property
    def requests(self) -> int:
        """How many requests got through to the lane or the app."""
        return len(self.lane.heads) + len(self.app.scopes)

    def sweep(self, after_s: float, *, since_s: float | None = None) -> None:
        """Let that much time pass for the deadlines, from now on or from a moment of the loop's time on.

        Whoever must not be cut yet is swept from a moment before its deadline was set, as the test may be held up.
        """
        self.host.sweep((asyncio.get_running_loop().time() if since_s is None else since_s) + after_s)

    async def connect_raw(self, *, receive_buffer: int | None = None) -> socket.socket:
        raw = socket.socket()
        if receive_buffer is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", self.port))
        return raw

    async def connect(self, *, tls: ssl.SSLContext | None = None, receive_buffer: int | None = None) -> Client:
        raw = await self.connect_raw(receive_buffer=receive_buffer)
        # The reader stops reading at twice its limit; tests of back-pressure want that soon, the others never.
        limit = 2**10 if receive_buffer else 2**24
        name = "localhost" if tls else None
        client = Client(*await asyncio.open_connection(sock=raw, ssl=tls, server_hostname=name, limit=limit))
        self.clients.append(client)
        return client

    def abort_clients(self) -> None:
        for client in self.clients:
            if not client.writer.is_closing():
                client.writer.transport.abort()

    async def leave(self) -> None:
        self.abort_clients()
        await eventually(lambda: not self.host.connections)
        await eventually(lambda: not self.state.tasks)


class _Complaints(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(record.getMessage())


@contextlib.contextmanager
def listening_for_complaints(server: LaneServer, *, expected: int = 0) -> Iterator[None]:
    """Note warnings, errors and what the event loop is told; at the end there may be no others than expected."""
    handler = _Complaints(server.complaints)
    logging.getLogger().addHandler(handler)
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: server.complaints.append(str(context)))
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
    assert len(server.complaints) == expected, server.complaints


@contextlib.asynccontextmanager
async def lane_server(
    *, tls: ssl.SSLContext | None = None, expected_complaints: int = 0, **limits: float
) -> AsyncIterator[LaneServer]:
    """Run the server; at the end nothing may be open, and nothing but what is expected may have been logged."""
    server = LaneServer(LimitSettings(**limits))  # type: ignore[arg-type] # the fields are numbers
    loop = asyncio.get_running_loop()
    config = Config(server.app, log_config=None, access_log=False, ws="none", lifespan="off", interface="asgi3")
    config.load()
    with listening_for_complaints(server, expected=expected_complaints):
        listener = await loop.create_server(
            lambda: server.host.protocol(config, server.state, {}, loop), "127.0.0.1", 0, ssl=tls
        )
        server.port = listener.sockets[0].getsockname()[1]
        try:
            yield server
            await server.leave()
        finally:
            # After a test that failed, both ends may still be open.
            server.abort_clients()
            for connection in server.host.connections:
                connection.transport.abort()
            listener.close()
            await listener.wait_closed()
