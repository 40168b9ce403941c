"""The streaming client: one process on the load core, a bare asyncio protocol for each connection.

`python -m benchmarks.streams FILE` reads a plan as JSON and prints what it measured as JSON. A stream counts when all
of its chunks came. The lag of a chunk is the time from its sending by the upstream to its arrival here.
"""

import asyncio
import gc
import re
import sys
import time
from array import array
from pathlib import Path
from typing import cast

import msgspec
import uvloop
from msgspec import Struct

from benchmarks.mock_upstream import CHUNKS

_TIME = re.compile(rb'"@(\d{16})')
_MARK = b'"@'
_DONE = b"[DONE]"
_EVENT_END = b"\n\n"
_END = b"0\r\n\r\n"


class Plan(Struct, kw_only=True):
    """What to do: keep that many streams open for that long, after all of them were started within the ramp."""

    port: int
    request: str
    streams: int
    seconds: float
    ramp_s: float = 0.0
    paced: bool = False


class Measured(Struct, kw_only=True):
    """What came of it, times in milliseconds; a lag and a time are 0 where nothing was measured."""

    streams_per_s: float = 0.0
    lag_p50_ms: float = 0.0
    lag_p99_ms: float = 0.0
    first_p50_ms: float = 0.0
    first_p99_ms: float = 0.0
    chunks: int = 0
    silent: int = 0
    broken: int = 0
    first_error: str = ""


class _Run:
    """All that the connections of a run share."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.request = plan.request.encode()
        self.lags_us = array("q")
        self.firsts_us = array("q")
        self.measuring = False
        self.ended = False
        self.complete = 0
        self.broken = 0
        self.first_error = ""

    def note_broken(self, reason: str) -> None:
        if not self.ended:
            self.broken += 1
            self.first_error = self.first_error or reason[:300]


class _Stream(asyncio.Protocol):
    def __init__(self, run: _Run) -> None:
        self._run = run
        self.transport: asyncio.Transport
        self.started = False
        self._reset()

    def _reset(self) -> None:
        self._sent_us = 0
        self._chunks = 0
        self._tail = b""
        self._done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        self._reset()
        self._sent_us = time.monotonic_ns() // 1000
        self.transport.write(self._run.request)

    def data_received(self, data: bytes) -> None:
        run = self._run
        if self._tail:
            data = self._tail + data
        end = data.rfind(_EVENT_END)
        whole, self._tail = (data[: end + 2], data[end + 2 :]) if end >= 0 else (b"", data)
        if run.plan.paced:
            self._note_times(whole)
        else:
            if not self._chunks and _MARK in whole:
                run.firsts_us.append(time.monotonic_ns() // 1000 - self._sent_us)
            self._chunks += whole.count(_MARK)
        if self._done or _DONE in whole:
            self._done = True
            if self._tail.endswith(_END):
                self._finish()
        elif not self._chunks and len(self._tail) > 12 and not self._tail.startswith((b"HTTP/1.1 200", b"data")):
            self.transport.close()
            run.note_broken(self._tail.decode(errors="replace"))

    def _note_times(self, whole: bytes) -> None:
        run, now_us = self._run, time.monotonic_ns() // 1000
        times = _TIME.findall(whole)
        if not times:
            return
        if not self._chunks:
            self.started = True
            run.firsts_us.append(now_us - self._sent_us)
        self._chunks += len(times)
        if run.measuring:
            for sent in times:
                run.lags_us.append(now_us - int(sent))

    def _finish(self) -> None:
        run = self._run
        if self._chunks != CHUNKS:
            run.note_broken(f"a stream had {self._chunks} chunks")
        elif run.measuring:
            run.complete += 1
        if not run.ended:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._run.ended:
            return
        if self._done and self._chunks == CHUNKS:
            self._run.complete += self._run.measuring
        else:
            self._run.note_broken(f"the connection was lost after {self._chunks} chunks: {exc}")


async def _measure(plan: Plan) -> Measured:
    loop = asyncio.get_running_loop()
    run = _Run(plan)
    gc.freeze()
    gc.disable()
    begin_s = loop.time()
    streams: list[_Stream] = []

    async def open_stream() -> None:
        try:
            _, protocol = await loop.create_connection(lambda: _Stream(run), "127.0.0.1", plan.port)
            streams.append(protocol)
        except OSError as error:
            run.note_broken(str(error))

    for number in range(plan.streams):
        wait_s = begin_s + number * plan.ramp_s / plan.streams - loop.time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        await open_stream()
    run.measuring = True
    measured_s = loop.time()
    await asyncio.sleep(plan.seconds)
    took_s = loop.time() - measured_s
    run.ended = True
    for stream in streams:
        stream.transport.abort()
    return Measured(
        streams_per_s=run.complete / took_s,
        lag_p50_ms=_quantile_ms(run.lags_us, 0.5),
        lag_p99_ms=_quantile_ms(run.lags_us, 0.99),
        first_p50_ms=_quantile_ms(run.firsts_us, 0.5),
        first_p99_ms=_quantile_ms(run.firsts_us, 0.99),
        chunks=len(run.lags_us),
        silent=sum(not stream.started for stream in streams) if plan.paced else 0,
        broken=run.broken,
        first_error=run.first_error,
    )


def _quantile_ms(times_us: "array[int]", share: float) -> float:
    ordered = sorted(times_us)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] / 1000 if ordered else 0.0


if __name__ == "__main__":
    measured = uvloop.run(_measure(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)))
    sys.stdout.write(msgspec.json.encode(measured).decode())
