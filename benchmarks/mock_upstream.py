"""A fast upstream for measurements: a constant JSON answer of about 3.5 KB, as a bare asyncio protocol.

Run as `python -m benchmarks.mock_upstream PORT`. It does as little as can be done, so that what is measured is the
gateway in front of it.
"""

import asyncio
import json
import sys
from typing import cast

import uvloop

_CONTENT = "A toll is paid once, at the gate, and the road behind it is free to use for everybody who came through. "


def _answer() -> bytes:
    body = {
        "id": "as-benchmark1",
        "object": "chat.completion",
        "created": 1768940690,
        "model": "mock",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": _CONTENT * 16, "reasoning_content": _CONTENT * 15},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 13,
            "completion_tokens": 601,
            "total_tokens": 614,
            "completion_tokens_details": {"reasoning_tokens": 323},
        },
    }
    encoded = json.dumps(body).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(encoded)
    return head + encoded


_ANSWER = _answer()


class _Upstream(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answers = 0
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = _content_length(self._buffer[:end])
            if len(self._buffer) < end + 4 + length:
                break
            self._buffer = self._buffer[end + 4 + length :]
            answers += 1
        if answers:
            self._transport.write(_ANSWER * answers)


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Upstream, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
