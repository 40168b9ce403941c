"""A fast upstream for measurements, as a bare asyncio protocol: `python -m benchmarks.mock_upstream PORT`.

It answers with a constant JSON document of about 3.5 KB, or with a stream of 200 chunks, half of them reasoning. It
does as little as can be done, so that what is measured is the gateway in front of it. Words in the prompt choose how a
stream comes, because a prompt is what every gateway hands on unchanged: all at once, paced at one chunk every 20 ms,
or as a flood that goes on for as long as it is read.

The content of a chunk tells when it was sent, in microseconds of the clock that all processes of a machine share.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable
from typing import cast

import httptools
import uvloop

CHUNKS = 200
PACE_MS = 20
PACED = b"paced"
FLOOD = b"flood"
FLOOD_BYTES = 32 * 1024 * 1024
MARK = b'"@%016d'
"""How the content of a chunk begins: the time at which it was sent."""

_CONTENT = "A toll is paid once, at the gate, and the road behind it is free to use for everybody who came through. "
_STREAM_FLAG = b'"stream"'
_MODELS = {"object": "list", "data": [{"id": "mock", "object": "model", "created": 1768940690, "owned_by": "mock"}]}
_USAGE = {
    "prompt_tokens": 13,
    "completion_tokens": 601,
    "total_tokens": 614,
    "completion_tokens_details": {"reasoning_tokens": 323},
}


def _response(body: object) -> bytes:
    encoded = json.dumps(body).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(encoded)
    return head + encoded


def _answer() -> bytes:
    message = {"role": "assistant", "content": _CONTENT * 16, "reasoning_content": _CONTENT * 15}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return _response(
        {
            "id": "as-benchmark1",
            "object": "chat.completion",
            "created": 1768940690,
            "model": "mock",
            "choices": [choice],
            "usage": _USAGE,
        }
    )


def _http_chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    chunk: dict[str, object] = {
        "id": "as-benchmark1",
        "object": "chat.completion.chunk",
        "created": 1768940690,
        "model": "mock",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    }
    if finish_reason is not None:
        chunk["usage"] = _USAGE
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


def _template(field: str) -> Callable[[int], bytes]:
    """Make what writes a chunk with its time."""
    event = _event({"role": "assistant", field: "@TIME of a toll"}).replace(b"%", b"%%")
    form = _http_chunk(event.replace(b'"@TIME', MARK % 0)).replace(MARK % 0, MARK)
    return lambda time_us: form % time_us


_ANSWER = _answer()
_SMALL = _response({"status": "ok", "model_path": "mock", "served_model_name": "mock", "is_generation": True})
_MODEL_LIST = _response(_MODELS)
_reasoning, _content = _template("reasoning_content"), _template("content")
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    # nginx hands on each chunk at once when it reads this, as it has to in front of any model.
    b"x-accel-buffering: no\r\ntransfer-encoding: chunked\r\n\r\n"
)
_STREAM_END = _http_chunk(_event({}, "stop")) + _http_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
_HALF = CHUNKS // 2
_BODY = _reasoning(0) * _HALF + _content(0) * _HALF
_STREAM = _STREAM_HEAD + _BODY + _STREAM_END


def _now_us() -> int:
    return time.monotonic_ns() // 1000


class _Pacer:
    """Sends every open paced stream its next chunk; streams share 20 slots, one a millisecond."""

    def __init__(self) -> None:
        self._slots: list[dict[_Upstream, int]] = [{} for _ in range(PACE_MS)]
        self._open = 0
        self._due_ms = 0

    def add(self, stream: "_Upstream") -> None:
        """Send the first chunk; the others follow, each 20 ms after the one before it."""
        stream.write(_STREAM_HEAD + _reasoning(_now_us()))
        now_ms = _now_us() // 1000
        self._slots[now_ms % PACE_MS][stream] = CHUNKS - 1
        self._open += 1
        if self._open == 1:
            self._due_ms = now_ms + 1
            asyncio.get_running_loop().call_later(0.001, self._tick)

    def discard(self, stream: "_Upstream") -> None:
        for slot in self._slots:
            if slot.pop(stream, None) is not None:
                self._open -= 1

    def _tick(self) -> None:
        now_ms = _now_us() // 1000
        while self._due_ms <= now_ms:
            self._send(self._slots[self._due_ms % PACE_MS])
            self._due_ms += 1
        if self._open:
            asyncio.get_running_loop().call_later(0.001, self._tick)

    def _send(self, slot: "dict[_Upstream, int]") -> None:
        now_us = _now_us()
        reasoning, content = _reasoning(now_us), _content(now_us)
        ended = []
        for stream, missing in slot.items():
            if missing == 0:
                ended.append(stream)
                stream.write(_STREAM_END)
            else:
                slot[stream] = missing - 1
                stream.write(reasoning if missing > _HALF else content)
        for stream in ended:
            del slot[stream]
            self._open -= 1


_pacer = _Pacer()


class _Upstream(asyncio.Protocol):
    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []
        self._url = b""
        self._flood_left = 0
        self._paused = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.write = self._transport.write

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio calls it so.
        self._flood_left = 0
        _pacer.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        body = b"".join(self._body)
        self._body.clear()
        if not body:
            self.write(_MODEL_LIST if self._url.endswith(b"/models") else _SMALL)
        elif not _wants_stream(body):
            self.write(_ANSWER)
        elif PACED in body:
            _pacer.add(self)
        elif FLOOD in body:
            self.write(_STREAM_HEAD)
            self._flood_left = FLOOD_BYTES
            self._flood()
        else:
            self.write(_STREAM)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._flood()

    def _flood(self) -> None:
        while self._flood_left > 0 and not self._paused:
            self._flood_left -= len(_BODY)
            self.write(_BODY if self._flood_left > 0 else _BODY + _STREAM_END)


def _wants_stream(body: bytes) -> bool:
    at = body.find(_STREAM_FLAG)
    return at >= 0 and body[at + len(_STREAM_FLAG) : at + len(_STREAM_FLAG) + 10].lstrip(b" :").startswith(b"true")


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Upstream, "127.0.0.1", port, backlog=4096)
    gc.freeze()
    gc.disable()  # A connection is freed by its last reference; a collection would only make the tail longer.
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
