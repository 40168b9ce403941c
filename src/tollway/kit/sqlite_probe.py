"""One short question that is asked of the SQLite file again and again, past SQLAlchemy.

A connection of its own, in a thread, costs the server some 70 µs a look; the same question through the async engine
costs several times that of the core that answers requests.
"""

import asyncio
import sqlite3
from pathlib import Path

_BUSY_TIMEOUT_S = 0.2


class SqliteProbe:
    """Asks for one row of numbers; to be used by one task at a time."""

    def __init__(self, path: Path, question: str) -> None:
        self._path = path
        self._question = question
        self._connection: sqlite3.Connection | None = None

    async def ask(self) -> tuple[int, ...]:
        """Return the row.

        Raises:
            sqlite3.Error: the file cannot be read at present.
        """
        return await asyncio.to_thread(self._ask)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self) -> tuple[int, ...]:
        if self._connection is None:
            # The pool's threads take turns, and only one task asks at a time.
            self._connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro",
                uri=True,
                timeout=_BUSY_TIMEOUT_S,
                isolation_level=None,
                check_same_thread=False,
            )
        # All rows are fetched, so that no read transaction stays open and keeps the log from being folded in.
        (row,) = self._connection.execute(self._question).fetchall()
        return tuple(row)
