"""What is asked of the product alone: its start, its growth with a full database, and a soak."""

import contextlib
import sqlite3
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from benchmarks import load, many_rows, peers
from benchmarks.peers import Peer
from benchmarks.processes import resident_mb
from benchmarks.streams import Plan
from tollway.catalog.loader import load_models
from tollway.kit.database import database_path

_STARTS = 5
SOAK_STREAMS = 50
_SOAK_CALLERS = 16
_SOAK_STEP_S = 10
_GROWN = "Tollway, grown"
_COPIES = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :keys)
INSERT INTO keys ({columns}) SELECT {values} FROM numbers, keys WHERE keys.id = :key
"""


class Growth(Struct, frozen=True, kw_only=True):
    """Medians of one server with a new database and one with a full one, measured in turn."""

    keys: int
    rows: int
    size_gb: float
    rates: tuple[float, float]
    p50_ms: tuple[float, float]
    p99_ms: tuple[float, float]


class Soak(Struct, frozen=True, kw_only=True):
    """Resident memory every ten seconds, and how many requests were answered meanwhile."""

    seconds: float
    memory_mb: list[float]
    requests: float
    errors: int
    broken_streams: int

    @property
    def growth_mb(self) -> float:
        """How much the last quarter stands above the second, which is after everything has warmed up."""
        quarter = max(1, len(self.memory_mb) // 4)
        return statistics.median(self.memory_mb[-quarter:]) - statistics.median(self.memory_mb[quarter : 2 * quarter])


def measure_starts(folder: Path, upstream_port: int) -> list[float]:
    """Start the product on a data folder that it knows, again and again; return seconds to the first answer."""
    options = peers.configure(folder, upstream_port)
    token = peers.add_account(options)
    times_s = []
    for number in range(_STARTS + 1):
        with peers.started_tollway(folder, options, token) as peer:
            if number:  # The first one also fills the page cache.
                times_s.append(peer.start_s)
    return times_s


def measure_growth(folder: Path, upstream_port: int, *, keys: int, rows: int, rounds: int, duration_s: float) -> Growth:
    """Compare a new database with one that holds that many keys and usage rows."""
    servers, options = [], []
    with contextlib.ExitStack() as stack:
        for name in (peers.OWN, _GROWN):
            home = folder / name.replace(", ", "-")
            home.mkdir()
            options.append(peers.configure(home, upstream_port))
            token = peers.add_account(options[-1])
            if name == _GROWN:
                _fill(home / "data", keys, rows)
            servers.append(stack.enter_context(peers.started_tollway(home, options[-1], token, name=name)))
        rates, p50_ms, p99_ms = _alternate(folder, servers, rounds, duration_s)
    for own in options:
        peers.check_books(own)
    return Growth(
        keys=keys,
        rows=rows,
        size_gb=database_path(folder / _GROWN.replace(", ", "-") / "data").stat().st_size / 1e9,
        rates=(rates[0], rates[1]),
        p50_ms=(p50_ms[0], p50_ms[1]),
        p99_ms=(p99_ms[0], p99_ms[1]),
    )


def measure_soak(folder: Path, upstream_port: int, *, seconds: float) -> Soak:
    """Ask for JSON and streams all the time and sample the memory."""
    memory_mb: list[float] = []
    requests, errors, broken = 0.0, 0, 0
    with peers.tollway(folder, upstream_port) as peer:
        request = load.stream_request(peer.port, peer.headers, paced=True)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            plan = Plan(
                port=peer.port, request=request, streams=SOAK_STREAMS, seconds=_SOAK_STEP_S, ramp_s=0.2, paced=True
            )
            client = load.start_streams(folder, plan)
            rate = load.measure_throughput(
                folder, peer.port, peer.headers, callers=_SOAK_CALLERS, duration_s=_SOAK_STEP_S
            )
            broken += load.read_streams(client).broken
            requests += rate.requests_per_s * _SOAK_STEP_S
            errors += rate.errors
            memory_mb.append(resident_mb(peer.pid))
            sys.stderr.write(f"soak: {memory_mb[-1]:.1f} MB, {rate.requests_per_s:,.0f} requests/s\n")
    return Soak(seconds=seconds, memory_mb=memory_mb, requests=requests, errors=errors, broken_streams=broken)


def _alternate(
    folder: Path, servers: Sequence[Peer], rounds: int, duration_s: float
) -> tuple[list[float], list[float], list[float]]:
    rates: dict[str, list[float]] = {server.name: [] for server in servers}
    p50_ms: dict[str, list[float]] = {server.name: [] for server in servers}
    p99_ms: dict[str, list[float]] = {server.name: [] for server in servers}
    for number in range(rounds):
        # Whoever comes first in one round comes last in the next.
        for server in servers if number % 2 else reversed(servers):
            latency = load.measure_latency(server.port, server.headers, requests=2_000, limit_s=duration_s)
            p50_ms[server.name].append(latency.p50_ms)
            p99_ms[server.name].append(latency.p99_ms)
            measured = load.measure_throughput(folder, server.port, server.headers, callers=64, duration_s=duration_s)
            rates[server.name].append(measured.requests_per_s)
    return _medians(rates), _medians(p50_ms), _medians(p99_ms)


def _medians(values: dict[str, list[float]]) -> list[float]:
    return [statistics.median(one) for one in values.values()]


def _fill(data: Path, keys: int, rows: int) -> None:
    began = time.monotonic()
    with closing(sqlite3.connect(database_path(data))) as connection:
        key_id, account_id = connection.execute("SELECT id, account_id FROM keys").fetchone()
        columns = [row[1] for row in connection.execute("PRAGMA table_info(keys)") if row[1] != "id"]
        made = {"prefix": "printf('%08x', n)", "digest": "randomblob(32)"}
        values = ", ".join(made.get(column, column) for column in columns)
        statement = _COPIES.format(columns=", ".join(columns), values=values)
        connection.execute(statement, {"keys": keys, "key": key_id})
        connection.commit()
    models = [model.id for model in load_models() if model.price is not None]
    many_rows.fill(data, account_id=account_id, key_id=key_id, models=models, rows=rows)
    sys.stderr.write(f"{keys:,} keys and {rows:,} usage rows written in {time.monotonic() - began:.0f} s\n")
