"""What is asked of every program. Each scenario measures one program once; rounds and order are the caller's."""

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from benchmarks import load
from benchmarks.peers import ALONE, Peer
from benchmarks.processes import cpu_s, resident_mb, wait_until_calm
from benchmarks.results import CEILING_LAG_MS, LEVELS, Results
from benchmarks.streams import Measured, Plan

_CEILING_STEP = 200
_CEILING_MAX = 4_000
_MEMORY_STREAMS = 300
_SLOW_READERS = 20
_SLOW_S = 1.2


class Effort(Struct, frozen=True, kw_only=True):
    """How long and how often is measured."""

    rounds: int
    throughput_s: float
    latencies: int
    latency_s: float
    streams_s: float
    paced_s: float
    ceiling: bool


QUICK = Effort(rounds=2, throughput_s=1, latencies=1_000, latency_s=0.4, streams_s=0.8, paced_s=1.2, ceiling=False)
FULL = Effort(rounds=5, throughput_s=5, latencies=4_000, latency_s=4, streams_s=4, paced_s=4, ceiling=True)


class Bench:
    """What the scenarios share: how long, where, and what has come of it so far."""

    def __init__(self, effort: Effort, folder: Path, results: Results) -> None:
        self.effort = effort
        self.folder = folder
        self.results = results
        self.alone: dict[str, float] = {}
        self.beyond: set[tuple[str, int]] = set()

    def add_latency(self, key: str, peer: Peer, value_ms: float) -> None:
        """Take a latency: of the upstream alone as it is, of all others what they add to it in the same round."""
        if peer.name == ALONE:
            self.alone[key] = value_ms
        self.results.add(key, peer.name, value_ms if peer.name == ALONE else value_ms - self.alone.get(key, 0.0))


def json_1(bench: Bench, peer: Peer) -> None:
    """One caller on one connection."""
    effort = bench.effort
    latency = load.measure_latency(peer.port, peer.headers, requests=effort.latencies, limit_s=effort.latency_s)
    bench.add_latency("json_1_p50", peer, latency.p50_ms)
    bench.add_latency("json_1_p99", peer, latency.p99_ms)


def json_64(bench: Bench, peer: Peer) -> None:
    """64 callers; also what a request costs, and the memory that this load takes."""
    before_s = cpu_s(peer.pid)
    rate = _throughput(bench, peer, "json_64", callers=64)
    if rate:
        used_s = cpu_s(peer.pid) - before_s
        bench.results.add("json_64_cpu", peer.name, used_s * 1e6 / (rate * max(1, round(bench.effort.throughput_s))))
    bench.results.add("memory_load", peer.name, resident_mb(peer.pid))


def json_512(bench: Bench, peer: Peer) -> None:
    """512 callers."""
    if peer.slow:
        bench.results.remark(f"{peer.name} is not asked for 512 callers: 64 are more than it keeps up with.")
        return
    _throughput(bench, peer, "json_512", callers=512)


def prompt(bench: Bench, peer: Peer) -> None:
    """A prompt of 24,000 tokens."""
    effort, body = bench.effort, load.LONG_BODY
    requests, limit_s = effort.latencies // 4, effort.latency_s
    latency = load.measure_latency(peer.port, peer.headers, requests=requests, limit_s=limit_s, body=body)
    bench.add_latency("prompt_p50", peer, latency.p50_ms)
    _throughput(bench, peer, "prompt_8", callers=8, body=body)


def streams(bench: Bench, peer: Peer) -> None:
    """Streams at full speed, 64 at a time; a slow program gets fewer and more time, so that some come to their end."""
    request = load.stream_request(peer.port, peer.headers, paced=False)
    at_once, seconds = (8, max(4.0, bench.effort.streams_s)) if peer.slow else (64, bench.effort.streams_s)
    measured = load.measure_streams(
        bench.folder, Plan(port=peer.port, request=request, streams=at_once, seconds=seconds)
    )
    _note_broken(bench, peer, "streams at full speed", measured)
    bench.results.add("streams", peer.name, measured.streams_per_s)


def paced(bench: Bench, peer: Peer) -> None:
    """Open streams with a chunk every 20 ms, more and more of them until a program falls behind."""
    for level in LEVELS:
        if (peer.name, level) in bench.beyond:
            return
        measured = _paced(bench, peer, level)
        if not measured.chunks:
            bench.results.remark(f"{peer.name} delivered nothing while {level} paced streams were open.")
        else:
            for key, value in (
                ("lag_p50", measured.lag_p50_ms),
                ("lag_p99", measured.lag_p99_ms),
                ("first_p50", measured.first_p50_ms),
                ("first_p99", measured.first_p99_ms),
            ):
                bench.results.add(f"paced_{level}_{key}", peer.name, value)
        if not _keeps_up(measured):
            bench.beyond.update((peer.name, higher) for higher in LEVELS if higher > level)
            if level < LEVELS[-1]:
                bench.results.remark(f"{peer.name} is not asked for more than {level} paced streams: it falls behind.")
            return


def ceiling(bench: Bench, peer: Peer) -> None:
    """The most paced streams whose p99 lag stays under the limit, in steps of 200."""
    held, level = 0, _CEILING_STEP
    while level <= _CEILING_MAX and _keeps_up(_paced(bench, peer, level)):
        held, level = level, level + _CEILING_STEP
    bench.results.add("ceiling", peer.name, held)


def memory(bench: Bench, peer: Peer) -> None:
    """Resident memory after the first answer, and what an open stream adds to that of a warm program."""
    if peer.name == ALONE:
        return
    bench.results.add("memory_idle", peer.name, resident_mb(peer.pid))
    bench.results.add("start", peer.name, peer.start_s)
    request = load.stream_request(peer.port, peer.headers, paced=False)
    load.measure_streams(bench.folder, Plan(port=peer.port, request=request, streams=8, seconds=0.5))
    before_mb = resident_mb(peer.pid)
    client = load.start_streams(bench.folder, _paced_plan(bench, peer, _MEMORY_STREAMS, seconds=1.2))
    most_mb = before_mb
    while client.poll() is None:
        most_mb = max(most_mb, resident_mb(peer.pid))
        time.sleep(0.05)
    measured = load.read_streams(client)
    if measured.silent:
        bench.results.remark(
            f"{measured.silent} of the {_MEMORY_STREAMS} streams that {peer.name}'s memory was measured with "
            "had no chunk in time."
        )
    bench.results.add("memory_stream", peer.name, (most_mb - before_mb) * 1000 / _MEMORY_STREAMS)
    wait_until_calm(peer.pid)


def slow_reader(bench: Bench, peer: Peer) -> None:
    """Readers that stop reading a long stream: what each makes a program keep, and what others wait meanwhile."""
    before_mb = resident_mb(peer.pid)
    with ExitStack() as stack:
        for _ in range(_SLOW_READERS):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", peer.port), timeout=30))
            connection.sendall(load.request(peer.port, load.FLOOD_BODY, peer.headers))
        time.sleep(_SLOW_S)
        latency = load.measure_latency(peer.port, peer.headers, requests=200, limit_s=bench.effort.latency_s)
        if peer.name != ALONE:
            grown_mb = resident_mb(peer.pid) - before_mb
            bench.results.add("slow_memory", peer.name, max(0.0, grown_mb) * 1000 / _SLOW_READERS)
    bench.add_latency("slow_p50", peer, latency.p50_ms)
    wait_until_calm(peer.pid)


Scenario = Callable[[Bench, Peer], None]
ONCE: dict[str, Scenario] = {"memory": memory}
"""Measured before everything else, of programs that have done nothing yet."""
ROUNDS: dict[str, Scenario] = {
    "json-1": json_1,
    "json-64": json_64,
    "json-512": json_512,
    "prompt": prompt,
    "streams": streams,
    "paced": paced,
}
ONE_ROUND_WHEN_QUICK = frozenset({"json-512", "prompt", "paced"})
LAST: dict[str, Scenario] = {"ceiling": ceiling, "slow-reader": slow_reader}
"""Measured after everything else, because they leave a program with more than it had."""


def _throughput(bench: Bench, peer: Peer, key: str, *, callers: int, body: bytes = load.BODY) -> float:
    measured = load.measure_throughput(
        bench.folder, peer.port, peer.headers, callers=callers, duration_s=bench.effort.throughput_s, body=body
    )
    if measured.errors:
        bench.results.remark(f"{peer.name}, {key}: {measured.errors} requests were no success; its figure is void.")
    bench.results.add(key, peer.name, measured.requests_per_s)
    wait_until_calm(peer.pid)
    return measured.requests_per_s


def _paced_plan(bench: Bench, peer: Peer, level: int, *, seconds: float | None = None) -> Plan:
    return Plan(
        port=peer.port,
        request=load.stream_request(peer.port, peer.headers, paced=True),
        streams=level,
        seconds=seconds or bench.effort.paced_s,
        ramp_s=max(0.5, level / 1_000),
        paced=True,
    )


def _paced(bench: Bench, peer: Peer, level: int) -> Measured:
    measured = load.measure_streams(bench.folder, _paced_plan(bench, peer, level))
    _note_broken(bench, peer, f"{level} paced streams", measured)
    if measured.silent:
        bench.results.remark(f"{peer.name}, {level} paced streams: {measured.silent} had no chunk in time.")
    wait_until_calm(peer.pid)
    return measured


def _keeps_up(measured: Measured) -> bool:
    return bool(measured.chunks) and not measured.silent and measured.lag_p99_ms < CEILING_LAG_MS


def _note_broken(bench: Bench, peer: Peer, what: str, measured: Measured) -> None:
    if measured.broken:
        first = " ".join(measured.first_error.split())[:120]
        bench.results.remark(f"{peer.name}, {what}: {measured.broken} broke off; the first: {first}.")
