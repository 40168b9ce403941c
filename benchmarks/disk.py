"""How long one durable commit takes on this disk, which every figure with billing stands on."""

import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

_COMMITS = 300


def commit_time_ms() -> float:
    """Return the median time of one small SQLite commit (WAL, synchronous=FULL), in milliseconds."""
    times_ms = []
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "commits.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE rows (value TEXT)")
        for number in range(_COMMITS):
            begin = time.perf_counter_ns()
            connection.execute("INSERT INTO rows VALUES (?)", (f"row {number}",))
            times_ms.append((time.perf_counter_ns() - begin) / 1e6)
        connection.close()
    return statistics.median(times_ms)
