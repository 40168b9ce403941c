"""A server that answers with raw bytes as a test tells it, and other tools of the HTTP client's tests."""

import asyncio
import contextlib
import functools
import inspect
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, cast

import pytest
import uvloop

from tollway.kit.http_client import HttpClient, Origin

DEADLINE_S = 60.0


LOOP_FACTORIES = [pytest.param(asyncio.new_event_loop, id="asyncio"), pytest.param(uvloop.new_event_loop, id="uvloop")]


def on_both_loops(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test that is a coroutine on asyncio's own event loop and on uvloop."""

    def run(loop_factory: Callable[[], asyncio.AbstractEventLoop], **arguments: object) -> None:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(test(**arguments))

    functools.update_wrapper(run, test)
    del run.__wrapped__  # type: ignore[attr-defined] # pytest would look through it for the parameters.
    signature = inspect.signature(test)
    loop_factory = inspect.Parameter("loop_factory", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    run.__signature__ = signature.replace(  # type: ignore[attr-defined] # read by pytest.
        parameters=[loop_factory, *signature.parameters.values()]
    )
    return pytest.mark.parametrize("loop_factory", LOOP_FACTORIES)(run)


async def eventually(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; fail after a deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - the condition may be about anything.
            await asyncio.sleep(0.005)


class HeldTime:
    """A client's event loop whose time stands still until a test moves it, so that no pause of the machine counts.

    Only connecting goes by the time of the loop itself.
    """

    def __init__(self, client: HttpClient) -> None:
        self._loop = client._loop
        self._now_s = self._loop.time()
        self._timers: list[tuple[float, asyncio.Handle]] = []
        client._loop = cast("asyncio.AbstractEventLoop", self)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a loop has.
        return getattr(self._loop, name)

    def time(self) -> float:
        return self._now_s

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> asyncio.Handle:  # noqa: ANN401
        handle = asyncio.Handle(callback, args, self._loop)
        self._timers.append((when, handle))
        return handle

    def advance(self, seconds: float) -> None:
        """Let so much time pass, and call back whoever waited for a moment of it."""
        until_s = self._now_s + seconds
        while due := [timer for timer in self._timers if timer[0] <= until_s]:
            first = min(due, key=lambda timer: timer[0])
            self._timers.remove(first)
            self._now_s = max(self._now_s, first[0])
            if not first[1].cancelled():
                first[1]._run()
        self._now_s = until_s


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.requests: list[bytes] = []
        self.left = asyncio.Event()

    async def receive(self) -> bytes:
        """Read one request, head and body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        request = head + await self.reader.readexactly(length)
        self.requests.append(request)
        return request

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def until_left(self) -> None:
        """Wait for the client to close the connection, and say so in ``left``."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass
        self.left.set()

    def reset(self) -> None:
        """Close with a TCP reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Peer], Awaitable[object]]


class Server:
    """Runs the script once for each connection, and closes the connection at its end."""

    def __init__(self, script: Script, scheme: str) -> None:
        self._script = script
        self._scheme = scheme
        self._tasks: set[asyncio.Task[None]] = set()
        self.peers: list[Peer] = []
        self.port = 0

    @property
    def origin(self) -> Origin:
        return self.origin_named("127.0.0.1")

    def origin_named(self, host: str) -> Origin:
        return Origin.parse(f"{self._scheme}://{host}:{self.port}")

    @property
    def request_counts(self) -> list[int]:
        return [len(peer.requests) for peer in self.peers]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        self.peers.append(peer)
        self._tasks.add(asyncio.get_running_loop().create_task(self._run(peer)))

    async def _run(self, peer: Peer) -> None:
        try:
            await self._script(peer)
        except (ConnectionError, asyncio.IncompleteReadError):
            # The client went away, which is what some tests are about.
            peer.left.set()
        finally:
            peer.writer.close()
            with contextlib.suppress(OSError):
                await peer.writer.wait_closed()


@contextlib.asynccontextmanager
async def serve(
    script: Script, *, tls: ssl.SSLContext | None = None, receive_buffer_bytes: int | None = None
) -> AsyncIterator[Server]:
    """Listen on loopback; ``receive_buffer_bytes`` bounds what is taken in while the script does not read."""
    server = Server(script, "http" if tls is None else "https")
    raw = socket.create_server(("127.0.0.1", 0))
    if receive_buffer_bytes is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    server.port = raw.getsockname()[1]
    listener = await asyncio.start_server(server.accept, sock=raw, ssl=tls, limit=receive_buffer_bytes or 65536)
    try:
        yield server
    finally:
        listener.close()
        await server.stop()
        await listener.wait_closed()


@contextlib.asynccontextmanager
async def make_client(**settings: Any) -> AsyncIterator[HttpClient]:  # noqa: ANN401 - handed on.
    client = HttpClient(**settings)
    try:
        yield client
    finally:
        await client.close()


def repeat(answer: bytes) -> Script:
    """Answer every request with the same bytes, and keep the connection."""

    async def script(peer: Peer) -> None:
        while True:
            await peer.receive()
            await peer.send(answer)

    return script


def once(answer: bytes) -> Script:
    """Answer the first request, and close."""

    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(answer)

    return script


def once_and_wait(answer: bytes) -> Script:
    """Answer the first request, and wait for the client to close."""

    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(answer)
        await peer.until_left()

    return script


def with_length(body: bytes) -> bytes:
    """A response of known length."""
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


def chunked(*pieces: bytes) -> bytes:
    """A response in chunks."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%b0\r\n\r\n" % chunks
