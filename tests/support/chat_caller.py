"""A caller of the chat endpoint that sees every byte of an answer as it comes, and may leave at any of them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

FLAGSHIP = "baidu/ernie-x1-turbo-32k"
_READ_BYTES = 256 * 1024


def chat_body(content: str = "Hi!", **more: object) -> dict[str, Any]:
    """A request for the flagship model; a message of ``script:NAME`` names what the scripted upstream does."""
    return {"model": FLAGSHIP, "messages": [{"role": "user", "content": content}], **more}


@dataclass(frozen=True)
class Received:
    """What had come of an answer when it ended or was left; ``status`` is 0 when there was no head yet."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool

    @property
    def inference_id(self) -> str:
        """The header that names the call."""
        return self.headers["x-inference-id"]

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was said
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a refusal."""
        found: str = self.json["error"]["code"]
        return found

    @property
    def events(self) -> list[str]:
        """The data of each event of a stream that came whole."""
        lines = self.body.decode(errors="replace").split("\n\n")
        return [line.removeprefix("data: ") for line in lines[:-1] if line.startswith("data: ")]

    @property
    def chunks(self) -> list[dict[str, Any]]:
        """The events but ``[DONE]``."""
        return [json.loads(event) for event in self.events if event != "[DONE]"]

    @property
    def is_delivered(self) -> bool:
        """Whether the caller has the answer in full and knows its cost: the whole body, or the last chunk and its end.

        An answer that ends with an error is not delivered.
        """
        if self.status != 200:
            return False
        if self.headers["content-type"] == "application/json":
            return self.is_whole
        return self.events[-1:] == ["[DONE]"] and "error" not in self.chunks[-1]

    @property
    def credits_used(self) -> int:
        """The cost that a delivered answer names."""
        answer = self.json if self.headers["content-type"] == "application/json" else self.chunks[-1]
        found: int = answer["meta"]["usage"]["credits_used"]
        return found

    @property
    def content(self) -> str:
        """The visible text of a stream so far."""
        deltas = [choice["delta"] for chunk in self.chunks for choice in chunk.get("choices", ())]
        return "".join(delta.get("content", "") for delta in deltas)


class Call:
    """A call under way; what has come is in ``received``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._data = bytearray()
        self._ended = False

    @property
    def received(self) -> Received:
        """What has been read so far."""
        return _parse(bytes(self._data))

    async def read_some(self) -> bool:
        """Read what comes next; False at the end."""
        try:
            piece = await self._reader.read(_READ_BYTES)
        except ConnectionError:
            piece = b""
        self._data += piece
        return bool(piece)

    async def until_bytes(self, count: int) -> None:
        """Read until so many bytes, head included, have come or the answer has ended."""
        while len(self._data) < count and await self.read_some():
            pass

    async def until_text(self, text: bytes) -> None:
        """Read until the text has come.

        Raises:
            AssertionError: the answer ended without it.
        """
        while text not in self._data:
            assert await self.read_some(), bytes(self._data)

    async def until_end(self) -> Received:
        """Read to the end."""
        while await self.read_some():
            pass
        return self.received

    def leave(self) -> None:
        """Break the connection off."""
        self._writer.transport.abort()

    async def left(self) -> None:
        """Wait until the connection is closed."""
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


class ChatCaller:
    """Calls one server with one key, a connection for each call."""

    def __init__(self, url: str, key: str) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        self._host, self._port, self._key = address.hostname, address.port, key

    @asynccontextmanager
    async def begin(
        self,
        body: Mapping[str, Any] | bytes,
        *,
        path: str = "/v1/chat/completions",
        headers: Mapping[str, str] | None = None,
        receive_buffer_bytes: int | None = None,
    ) -> AsyncIterator[Call]:
        """Send a request; leaving the block breaks off what is still to come.

        With ``receive_buffer_bytes`` no more than about so much waits on this side while nothing is read.
        """
        limit = receive_buffer_bytes or 1 << 20
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=limit)
        call = Call(reader, writer)
        try:
            writer.write(self._request(body, path, headers or {}))
            yield call
        finally:
            call.leave()
            await call.left()

    async def call(
        self,
        body: Mapping[str, Any] | bytes,
        *,
        path: str = "/v1/chat/completions",
        headers: Mapping[str, str] | None = None,
    ) -> Received:
        """Send a request and read the whole answer."""
        async with self.begin(body, path=path, headers=headers) as call:
            return await call.until_end()

    def _request(self, body: Mapping[str, Any] | bytes, path: str, headers: Mapping[str, str]) -> bytes:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {
            "Host": f"{self._host}:{self._port}",
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            "Connection": "close",
            **headers,
        }
        lines = [f"{name}: {value}" for name, value in fields.items() if value]
        return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode() + data


def _parse(data: bytes) -> Received:
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        return Received(0, {}, b"", is_whole=False)
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    status = int(first.split(" ")[1])
    if headers.get("transfer-encoding") == "chunked":
        return Received(status, headers, *_without_chunks(rest))
    return Received(status, headers, rest, is_whole=len(rest) == int(headers["content-length"]))


def _without_chunks(data: bytes) -> tuple[bytes, bool]:
    pieces: list[bytes] = []
    place = 0
    while (end := data.find(b"\r\n", place)) >= 0:
        length = int(data[place:end], 16)
        if length == 0:
            return b"".join(pieces), data[end:] == b"\r\n\r\n"
        pieces.append(data[end + 2 : end + 2 + length])
        place = end + 2 + length + 2
    return b"".join(pieces), False
