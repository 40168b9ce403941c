"""The writer thread: takes whatever operations wait, commits them together, and says so once."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from tollway.credits.sqlite.batch import Batch, Statements
from tollway.kit.database import BUSY_TIMEOUT_MS, SQLITE_PRAGMAS

BATCH_MAX = 512
"""Most operations of one commit: larger ones make the first of them wait and gain nothing."""

CHECKPOINT_PAGES = 8000
"""So many pages of the log (32 MB) the writer leaves to `checkpoints.Checkpoints` before it moves them itself.

SQLite's own figure is 1000, and the one caller of an idle server met such a pause in every 60th request."""

_log = logging.getLogger(__name__)


class Operation(Protocol):
    """One change of the books. `collect` runs in the writer thread, perhaps twice; the others on the event loop."""

    def collect(self, batch: Batch) -> None:
        """Add the operation's rows to a commit, or raise to be left out of it."""
        ...

    def committed(self) -> None:
        """Take note that the change is durable."""
        ...

    def failed(self, error: Exception) -> None:
        """Take note that nothing was changed."""
        ...


def open_connection(database: Path, *, factory: type[sqlite3.Connection] = sqlite3.Connection) -> sqlite3.Connection:
    """Open the file for the writer; transactions are begun and ended by statements alone."""
    connection = sqlite3.connect(
        database,
        timeout=BUSY_TIMEOUT_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        factory=factory,
    )
    for pragma in (*SQLITE_PRAGMAS, f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}"):
        connection.execute(pragma)
    return connection


class Committer:
    """Writes operations in transactions of one connection; ``can_write`` tells whether the last one could be written.

    Refused operations, which are bugs or conflicts of their own, say nothing of the database.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.can_write = True
        self._connection = connection
        self._statements = Statements()

    def commit(self, operations: Sequence[Operation]) -> list[Exception | None]:
        """Commit the operations together and return what became of each: None, or why nothing of it was written.

        One operation that the database refuses, which is a bug or a conflict of its own, does not take the others with
        it: the group is halved until it stands alone, so that its neighbours still share commits. A database that
        cannot be written fails them all at once.
        """
        try:
            self._commit(operations)
        except sqlite3.OperationalError as error:
            self.can_write = False
            self._roll_back()
            _log.error("the ledger cannot be written", extra={"reason": str(error), "operations": len(operations)})
            return [error] * len(operations)
        except Exception as error:  # noqa: BLE001 - Reported to whoever asked; the thread must outlive it.
            self._roll_back()
            if len(operations) == 1:
                return [error]
            middle = len(operations) // 2
            return [*self.commit(operations[:middle]), *self.commit(operations[middle:])]
        self.can_write = True
        return [None] * len(operations)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _commit(self, operations: Sequence[Operation]) -> None:
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        batch = Batch(cursor, self._statements)
        for operation in operations:
            operation.collect(batch)
        batch.write()
        cursor.execute("COMMIT")

    def _roll_back(self) -> None:
        # The connection is kept, because SQLite knows there which of its half-written pages are void. Where it rolled
        # back by itself there is nothing to do, and where it cannot, the next transaction cannot begin: closed either
        # way.
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            return


class Writer:
    """Commits submitted operations in groups, in a thread of its own; ``commits`` counts those written."""

    def __init__(self, committer: Committer, loop: asyncio.AbstractEventLoop) -> None:
        self._committer = committer
        self._loop = loop
        self._queue: SimpleQueue[Operation | None] = SimpleQueue()
        self._ended = asyncio.Event()
        self.commits = 0
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether anybody takes what is submitted."""
        return self._thread.is_alive()

    @property
    def can_write(self) -> bool:
        """Whether the last commit could be written."""
        return self._committer.can_write

    def submit(self, operation: Operation) -> None:
        """Hand an operation over; `committed` or `failed` will be called on the event loop."""
        self._queue.put(operation)

    async def close(self) -> None:
        """Commit what was submitted, then end the thread and close the connection."""
        self._queue.put(None)
        await self._ended.wait()
        self._thread.join()

    def _run(self) -> None:
        while True:
            operations, is_last = self._take()
            if operations:
                outcomes = self._committer.commit(operations)
                self.commits += self._committer.can_write
                self._loop.call_soon_threadsafe(_acknowledge, operations, outcomes)
            if is_last:
                self._committer.close()
                self._loop.call_soon_threadsafe(self._ended.set)
                return

    def _take(self) -> tuple[list[Operation], bool]:
        """Wait for an operation and take everything behind it; say whether the end was among them."""
        operations: list[Operation] = []
        operation = self._queue.get()
        # This thread alone takes from the queue, so that what is counted is there.
        for _ in range(min(self._queue.qsize(), BATCH_MAX - 1)):
            if operation is None:
                return operations, True
            operations.append(operation)
            operation = self._queue.get_nowait()
        if operation is None:
            return operations, True
        operations.append(operation)
        return operations, False


def _acknowledge(operations: Sequence[Operation], outcomes: Sequence[Exception | None]) -> None:
    for operation, error in zip(operations, outcomes, strict=True):
        if error is None:
            operation.committed()
        else:
            operation.failed(error)
