"""The lock file that lets one process at a time own a database's ledger."""

import fcntl
import os
from pathlib import Path
from typing import Self

from tollway.credits.errors import LedgerLockedError

SUFFIX = ".lock"


class LedgerLock:
    """A held lock. The kernel releases it when the process ends, however it ends, so it never has to be cleaned up."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, database: Path) -> Self:
        """Take the lock of a database file and write this process's id into it.

        Raises:
            LedgerLockedError: another process, or another ledger of this one, holds it.
        """
        path = database.with_name(database.name + SUFFIX)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise LedgerLockedError(
                f"The process with id {owner} owns the ledger of {database}. Stop it, or go through it."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two processes lock two files of one name."""
        os.close(self._descriptor)
