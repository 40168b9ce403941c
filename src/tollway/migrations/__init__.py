"""The schema's versions, and the way from any of them to the newest."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

HEAD = "0004"
"""The newest revision in `versions`."""


def upgrade(database: Path) -> bool:
    """Bring a SQLite file to the newest schema, creating it if need be; return whether anything was done.

    Raises:
        alembic.util.CommandError: the file has a revision that this version of the product does not know.
    """
    if stored_revision(database) == HEAD:
        return False
    database.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(database.parent):
        # Another program may have done it meanwhile.
        if stored_revision(database) == HEAD:
            return False
        if _has_tables(database):
            # Alembic takes longer to import than the whole rest of a start, and most starts have nothing to migrate.
            from tollway.migrations.run import run_upgrade  # noqa: PLC0415

            run_upgrade(database)
        else:
            from tollway.migrations.create import create  # noqa: PLC0415

            create(database, HEAD)
    return True


def stored_revision(database: Path) -> str | None:
    """Return the revision of a SQLite file; None when there is no file or no revision in it."""
    if not database.exists():
        return None
    with closing(sqlite3.connect(database)) as connection:
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
    return str(found[0]) if found else None


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait for other programs that migrate in a folder, and let them wait.

    SQLite's own waiting does not help them: of two that turn a new file into one with a write-ahead log, one is refused
    at once.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _has_tables(database: Path) -> bool:
    if not database.exists():
        return False
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None
