"""Migrated databases in temporary folders, and the rows that others refer to."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from tollway.kit.database import database_path
from tollway.migrations import upgrade


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tollway-template-"))
    path = database_path(folder)
    upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        # A copy of the one file must have everything in it, and not in a log beside it.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def migrated_database(folder: Path) -> Path:
    """A database of the newest schema in a folder: a copy of one that is migrated once."""
    path = database_path(folder)
    shutil.copyfile(_template(), path)
    return path


def add_account(database: Path, account_id: int = 1, *, keys: tuple[int, ...] = (1,)) -> None:
    """Insert an active account with API keys of the given ids. Key ids are unique across accounts."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "INSERT INTO accounts (id, email, password_hash, status, created_at_ms) VALUES (?, ?, '', 'active', 0)",
            (account_id, f"account{account_id}@example.com"),
        )
        for key_id in keys:
            connection.execute(
                "INSERT INTO keys (id, account_id, prefix, digest, kind, name, enabled, limit_period, created_at_ms,"
                " updated_at_ms, revision) VALUES (?, ?, ?, ?, 'api', 'test', 1, 'no_reset', 0, 0, 0)",
                (key_id, account_id, f"twk{key_id:05d}", key_id.to_bytes(32, "big")),
            )


def everything_in(folder: Path) -> bytes:
    """What all files of a folder hold, for tests of what must not be stored."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def rows(database: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    """What a query finds, through a connection of its own."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query, values).fetchall()
