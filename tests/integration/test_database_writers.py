"""Many writers of one process at once: each gets its turn, whatever the wait."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.database import add_account, migrated_database, rows
from tollway.kit import database as database_module
from tollway.kit.database import Database
from tollway.kit.errors import UnavailableError

WRITERS = 40


async def test_a_writer_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_TURN_TIMEOUT_S", 0.05)
    database = Database(migrated_database(tmp_path))
    try:
        async with database.begin():
            with pytest.raises(UnavailableError, match="busy"):
                async with database.begin():
                    pytest.fail("two write at once")
        async with database.begin() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
    finally:
        await database.close()


async def test_writers_of_one_process_do_not_run_out_of_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = migrated_database(tmp_path)
    add_account(path)
    # Whoever meets another's transaction is refused at once, as those would be in the end who are always late.
    monkeypatch.setattr(database_module, "SQLITE_PRAGMAS", (*database_module.SQLITE_PRAGMAS, "PRAGMA busy_timeout = 0"))
    database = Database(path)

    async def write() -> None:
        async with database.begin() as connection:
            await connection.exec_driver_sql("UPDATE accounts SET created_at_ms = created_at_ms + 1")

    try:
        await asyncio.gather(*(write() for _ in range(WRITERS)))
    finally:
        await database.close()

    assert rows(path, "SELECT created_at_ms FROM accounts") == [(WRITERS,)]
