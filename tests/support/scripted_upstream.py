"""A scripted upstream that speaks HTTP/1.1 over a real socket.

In tests it is a context manager. By itself, for benchmarks and the browser, it is run as
`python -m tests.support.scripted_upstream --port 9000`; it prints its address, and answers `GET /recorded` with what it
has seen and `POST /queue` with a JSON list of script names to be played next.

The script of a request is, in this order: the next one of the queue; the one named by the header `x-script`; the one
named by `script:NAME` in the last message; the one that goes by the request's model; the page's example.
"""

import argparse
import asyncio
import itertools
import json
import re
import signal
import socket
import struct
import sys
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, cast

import uvloop

from tests.support.upstream_scripts import Script, ScriptFor, json_script, ready_made

_SCRIPT_IN_MESSAGE = re.compile(r"script:([a-z0-9_-]+)")
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_DEADLINE_S = 30.0


@dataclass(eq=False)
class RecordedRequest:
    """One request as it arrived, and what became of it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    aborted: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def json(self) -> dict[str, Any]:
        """The body as JSON."""
        value: dict[str, Any] = json.loads(self.body)
        return value

    async def until_aborted(self) -> None:
        """Wait until the caller has left before the end of the response."""
        async with asyncio.timeout(_DEADLINE_S):
            await self.aborted.wait()


class ScriptedUpstream:
    """The server. `scripts` maps names to scripts and may be changed at any time."""

    def __init__(self, *, port: int = 0, keep_requests: int = 10_000) -> None:
        """Make a server that is not yet open; `keep_requests` is how many are remembered."""
        self._port = port
        self._server: asyncio.Server | None = None
        self._open: set[_Connection] = set()
        self._arrival = asyncio.Event()
        self.scripts: dict[str, ScriptFor] = ready_made()
        self.queue: deque[Script | str] = deque()
        self.requests: deque[RecordedRequest] = deque(maxlen=keep_requests)
        self.request_count = 0
        self.abort_count = 0
        self.connection_count = 0

    @property
    def origin(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """What a setting calls `base_url`."""
        return f"{self.origin}/v1"

    @property
    def open_connections(self) -> int:
        """Connections that are open now."""
        return len(self._open)

    def play(self, *scripts: Script | str) -> None:
        """Say what the next requests get, one each."""
        self.queue.extend(scripts)

    def learn(self, name: str, script: Script) -> str:
        """Give a script a name, and return it, for use as the name of a model."""
        self.scripts[name] = lambda _: script
        return name

    async def request(self, number: int = -1) -> RecordedRequest:
        """Return a request by its place among those remembered, waiting until there are so many."""
        wanted = number + 1 if number >= 0 else -number
        async with asyncio.timeout(_DEADLINE_S):
            while len(self.requests) < wanted:
                await self._arrival.wait()
        return self.requests[number]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        numbers = itertools.count()
        self._server = await loop.create_server(
            lambda: _Connection(self, next(numbers)), "127.0.0.1", self._port, backlog=1024
        )
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for connection in list(self._open):
            connection.drop()
        for connection in list(self._open):
            await connection.lost.wait()

    # For connections.

    def opened(self, connection: "_Connection") -> None:
        """Count a connection."""
        self._open.add(connection)
        self.connection_count += 1

    def closed(self, connection: "_Connection") -> None:
        """Forget a connection."""
        self._open.discard(connection)

    def record(self, request: RecordedRequest) -> None:
        """Remember a request and tell those who wait for it."""
        self.request_count += 1
        self.requests.append(request)
        arrival, self._arrival = self._arrival, asyncio.Event()
        arrival.set()

    def script_for(self, request: RecordedRequest) -> Script:
        """Choose what a request gets."""
        if request.target == "/recorded":
            return json_script(self._counts())
        if request.target == "/queue":
            self.play(*json.loads(request.body))
            return json_script({"queued": len(self.queue)})
        body = request.json
        chosen: Script | str
        if self.queue:
            chosen = self.queue.popleft()
        elif "x-script" in request.headers:
            chosen = request.headers["x-script"]
        else:
            named = _SCRIPT_IN_MESSAGE.search(str(body["messages"][-1].get("content", "")))
            chosen = named[1] if named else body.get("model", "")
        if isinstance(chosen, Script):
            return chosen
        return self.scripts.get(chosen, self.scripts["page"])(bool(body.get("stream")))

    def _counts(self) -> dict[str, int]:
        return {
            "requests": self.request_count,
            "aborted": self.abort_count,
            "connections": self.connection_count,
            "open_connections": self.open_connections,
        }


class _Connection(asyncio.Protocol):
    """One caller's connection: requests come one after another."""

    def __init__(self, upstream: ScriptedUpstream, number: int) -> None:
        self._upstream = upstream
        self._number = number
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._current: RecordedRequest | None = None
        self._task: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport has the methods and not the base class.
        self._transport = cast("asyncio.Transport", transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._upstream.opened(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._current is None and (request := self._take_request()) is not None:
            if not request.target.startswith(("/recorded", "/queue")):
                self._upstream.record(request)
            self._current = request
            script = self._upstream.script_for(request)
            if script.at_once is not None and self._transport is not None:
                self._transport.write(script.at_once)
                self._finish(request)
            else:
                self._task = asyncio.get_running_loop().create_task(self._play(script, request))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it was lost tells nothing
        request, self._current = self._current, None
        if request is not None:
            request.aborted.set()
            self._upstream.abort_count += 1
        if self._task is not None:
            self._task.cancel()
        self._upstream.closed(self)
        self.lost.set()

    def drop(self) -> None:
        """Close without counting that as the caller's doing."""
        self._current = None
        if self._transport is not None:
            self._transport.abort()

    def _take_request(self) -> RecordedRequest | None:
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = _CONTENT_LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return None
        self._buffer = rest[size:]
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        fields = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in fields}
        return RecordedRequest(method, target, headers, rest[:size], self._number)

    async def _play(self, script: Script, request: RecordedRequest) -> None:
        assert self._transport is not None
        if script.before_head_s == float("inf"):
            return
        await asyncio.sleep(script.before_head_s)
        if script.held_until is not None and script.held_from == 0:
            await script.held_until.wait()
        self._transport.write(script.head)
        for number, piece in enumerate(script.pieces):
            if script.held_until is not None and number == script.held_from:
                await script.held_until.wait()
            await asyncio.sleep(script.pause_s)
            self._transport.write(script.framed(piece))
        self._transport.write(script.end)
        if script.ending == "clean":
            self._finish(request)
            self.data_received(b"")
        elif script.ending != "hang":
            # Let the caller read what was sent: a reset may overtake it.
            await asyncio.sleep(0.02)
            self._current = None
            if script.ending == "reset":
                linger = struct.pack("ii", 1, 0)
                self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self._transport.abort()
            else:
                self._transport.close()

    def _finish(self, request: RecordedRequest) -> None:
        self._current = None
        request.finished.set()


async def serve(port: int) -> None:
    """Serve until the process is told to stop."""
    async with ScriptedUpstream(port=port, keep_requests=1000) as upstream:
        sys.stdout.write(json.dumps({"base_url": upstream.base_url}) + "\n")
        sys.stdout.flush()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await stop.wait()


def main() -> None:
    """Run the server by itself."""
    parser = argparse.ArgumentParser(description="A scripted upstream for tests and benchmarks.")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(arguments.port))


if __name__ == "__main__":
    main()
