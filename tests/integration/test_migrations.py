import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError

from tests.support.database import add_account, migrated_database, rows
from tollway import migrations
from tollway.kit.database import METADATA, database_path
from tollway.migrations.run import configuration


def test_migrating_an_empty_folder_gives_the_schema_of_the_tables(tmp_path: Path) -> None:
    path = database_path(tmp_path / "data")
    assert migrations.upgrade(path) is True

    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, METADATA)
        made = _definitions(connection)
    engine.dispose()

    assert difference == []
    # The comparison above does not see checks, partial indexes and table options; their text does.
    expected = create_engine("sqlite://")
    with expected.connect() as connection:
        METADATA.create_all(connection)
        wanted = _definitions(connection)
    expected.dispose()
    made.pop("alembic_version")
    assert made == wanted


def _definitions(connection: Connection) -> dict[str, list[str]]:
    """What each table and index is made of, whatever the order."""
    found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql > ''")
    parts = {name: [part.strip(" \t()") for part in re.split(r"[\n,]", sql)] for name, sql in found}
    return {name: sorted(part for part in of_one if part) for name, of_one in parts.items()}


def test_the_head_is_the_newest_version() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == migrations.HEAD


def test_a_second_upgrade_changes_nothing(tmp_path: Path) -> None:
    path = migrated_database(tmp_path)
    add_account(path)

    assert migrations.upgrade(path) is False
    assert rows(path, "SELECT id, email FROM accounts") == [(1, "account1@example.com")]


def test_a_second_start_does_not_import_alembic(tmp_path: Path) -> None:
    path = migrated_database(tmp_path)
    program = (
        "import sys; from pathlib import Path; from tollway.migrations import upgrade;"
        "assert upgrade(Path(sys.argv[1])) is False; print('alembic' in sys.modules, 'sqlalchemy' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]


def test_a_failing_migration_leaves_nothing_behind(tmp_path: Path) -> None:
    path = database_path(tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE inferences (note TEXT)")
        connection.execute("INSERT INTO inferences VALUES ('mine')")

    with pytest.raises(OperationalError, match="inferences already exists"):
        migrations.upgrade(path)

    assert rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'") == [("inferences",)]


def test_the_first_rows_are_there(tmp_path: Path) -> None:
    path = migrated_database(tmp_path)

    assert rows(path, "SELECT id, value FROM key_revision") == [(1, 0)]
    assert rows(path, "SELECT id, kind, posted_credits FROM ledger_accounts ORDER BY id") == [
        (1, "revenue", 0),
        (2, "payment", 0),
        (3, "bonus", 0),
        (4, "adjustment", 0),
    ]
