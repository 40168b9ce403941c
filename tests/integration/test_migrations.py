import random
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, create_mock_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import ExecutableDDLElement

from tests.support.calls import make_call, some_calls, store_cards
from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import NOON_MS, HeldClock, faults, open_ledger
from tollway import migrations
from tollway.credits.types import GrantType
from tollway.flows.first_run import FIRST_EMAIL
from tollway.kit.database import METADATA, database_path
from tollway.migrations.create import schema_engine
from tollway.migrations.run import configuration, run_upgrade


def test_all_migrations_together_give_the_schema_of_the_tables(tmp_path: Path) -> None:
    path = database_path(tmp_path)
    run_upgrade(path)

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


def test_a_new_database_is_what_all_migrations_would_make(tmp_path: Path) -> None:
    new, migrated = database_path(tmp_path / "new"), database_path(tmp_path)
    assert migrations.upgrade(new) is True
    run_upgrade(migrated)

    found = [_everything(path) for path in (new, migrated)]
    assert found[0] == found[1]
    assert migrations.upgrade(new) is False


def test_partial_indexes_are_partial_in_postgresql_too() -> None:
    made: list[str] = []

    def note(definition: ExecutableDDLElement, *_: object, **__: object) -> None:
        made.append(str(definition.compile(dialect=engine.dialect)))

    engine = create_mock_engine("postgresql://", note)
    METADATA.create_all(engine, checkfirst=False)

    on_sqlite = {
        index.name: str(index.dialect_options["sqlite"]["where"])
        for table in METADATA.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    assert len(on_sqlite) == 8
    for name, condition in on_sqlite.items():
        [definition] = [text for text in made if f" INDEX {name} " in text]
        assert definition.endswith(f" WHERE {condition}")


def test_a_server_on_sqlite_does_not_load_postgresql(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys, tollway.app.serve, tollway.http.asgi.app; from pathlib import Path\n"
        "from tollway.kit.database import Database; from tollway.migrations import upgrade\n"
        "path = Path(sys.argv[1])\n"
        "async def write():\n"
        "    database = Database(path)\n"
        "    async with database.begin() as connection: await connection.exec_driver_sql('DELETE FROM presets')\n"
        "    await database.close()\n"
        "upgrade(path); asyncio.run(write())\n"
        "print([name for name in sys.modules if 'postgresql' in name])"
    )
    start = [sys.executable, "-c", program, str(database_path(tmp_path))]

    done = subprocess.run(start, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def _everything(path: Path) -> tuple[object, ...]:
    """The definitions, the columns in their order, and all rows of a database."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        definitions = _definitions(connection)
    engine.dispose()
    tables = [str(name) for (name,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
    columns = {table: rows(path, "SELECT * FROM pragma_table_info(?)", table) for table in tables}
    content = {table: rows(path, f"SELECT * FROM {table} ORDER BY 1") for table in tables}  # noqa: S608 - As above.
    return definitions, columns, content


def test_programs_that_start_together_make_one_database(tmp_path: Path) -> None:
    path = database_path(tmp_path)
    program = (
        "import sys; import tollway.migrations.create; from pathlib import Path;"
        "from tollway.migrations import upgrade; print(flush=True); input(); upgrade(Path(sys.argv[1]))"
    )
    start = [sys.executable, "-c", program, str(path)]
    programs = [subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(4)]
    for one in programs:
        assert one.stdout is not None
        one.stdout.readline()
    for one in programs:
        assert one.stdin is not None
        one.stdin.write(b"\n")
        one.stdin.flush()
    for one in programs:
        one.communicate()

    assert [one.returncode for one in programs] == [0] * 4
    assert rows(path, "SELECT version_num FROM alembic_version") == [(migrations.HEAD,)]
    assert rows(path, "SELECT count(*) FROM ledger_accounts") == [(4,)]


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


def test_neither_a_first_nor_a_second_start_imports_alembic(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tollway.migrations import upgrade;"
        "print(upgrade(Path(sys.argv[1])), 'alembic' in sys.modules, 'sqlalchemy' in sys.modules)"
    )
    start = [sys.executable, "-c", program, str(database_path(tmp_path))]

    told = [subprocess.run(start, capture_output=True, text=True, check=True).stdout.split() for _ in range(2)]

    assert told == [["True", "False", "True"], ["False", "False", "False"]]


def test_a_failing_migration_leaves_nothing_behind(tmp_path: Path) -> None:
    path = database_path(tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE inferences (note TEXT)")
        connection.execute("INSERT INTO inferences VALUES ('mine')")

    with pytest.raises(OperationalError, match="inferences already exists"):
        migrations.upgrade(path)

    assert rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'") == [("inferences",)]


def test_accounts_that_were_there_count_as_proved(tmp_path: Path) -> None:
    old = at_revision(tmp_path, "0003")
    add_account_of_first_version(old)

    assert migrations.upgrade(old) is True

    assert rows(old, "SELECT email, email_is_proved FROM accounts") == [("a@b.org", 1)]
    assert rows(old, "SELECT * FROM account_links") == []


def first_revision(folder: Path) -> Path:
    """A database as the first version of the product made it."""
    return at_revision(folder, "0001")


def at_revision(folder: Path, revision: str) -> Path:
    """A database as an earlier version of the product made it."""
    path = database_path(folder)
    engine = schema_engine(path)
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    return path


def copy_rows(source: Path, target: Path) -> None:
    """Copy what both databases have tables and columns for; the target's own first rows are replaced."""
    with closing(sqlite3.connect(target)) as connection, connection:
        connection.execute("ATTACH ? AS source", (str(source),))
        for (table,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            if table == "alembic_version" or table.startswith("sqlite_"):
                continue
            columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
            connection.execute(f"DELETE FROM main.{table}")  # noqa: S608 - A name of the schema.
            query = f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM source.{table}"  # noqa: S608 - As above.
            connection.execute(query)


async def test_books_of_the_first_version_are_taken_along(tmp_path: Path) -> None:
    """Its log becomes the sums that a server of this version would have made by itself."""
    source = migrated_database(tmp_path)
    add_account(source, 1, keys=(1, 2))
    add_account(source, 2, keys=(3,))
    store_cards(source)
    clock, chance = HeldClock(), random.Random(11)
    async with open_ledger(source, clock) as ledger:
        for account_id in (1, 2):
            await ledger.grant(account_id, 2**40, GrantType.INIT, None)
        for call in some_calls(chance, 400, from_ms=NOON_MS, every_ms=300_001):
            account_id, key_id = chance.choice([(1, 1), (1, 2), (2, 3)])
            await make_call(ledger, clock, call, account_id=account_id, key_id=key_id)
    (tmp_path / "old").mkdir()
    old = first_revision(tmp_path / "old")
    copy_rows(source, old)

    assert migrations.upgrade(old) is True

    assert len(rows(old, "SELECT 1 FROM usage_rollups")) > len(rows(old, "SELECT 1 FROM usage_wide_rollups")) > 50
    for table in ("usage_rollups", "usage_wide_rollups", "transfers", "holds", "ledger_accounts", "key_spend"):
        query = f"SELECT * FROM {table} ORDER BY 1, 2, 3"  # noqa: S608 - A name of the schema.
        assert rows(old, query) == rows(source, query), table
    assert rows(old, "SELECT id, is_operator FROM accounts") == [(1, 0), (2, 0)]
    assert rows(old, "SELECT DISTINCT source FROM rate_cards") == [("catalog",)]
    assert rows(old, "SELECT DISTINCT output_limit_tokens, hold_policy FROM inferences") == [(0, "")]
    assert rows(old, "SELECT * FROM usage_horizon") == [(1, 0)]
    assert await faults(old) == []


def test_the_schema_of_the_first_version_becomes_that_of_the_tables(tmp_path: Path) -> None:
    indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > '' ORDER BY name"
    old = first_revision(tmp_path)
    add_account_of_first_version(old)

    migrations.upgrade(old)

    (tmp_path / "new").mkdir()
    new = migrated_database(tmp_path / "new")
    assert rows(old, indexes) == rows(new, indexes)
    assert {name for name, _ in rows(old, indexes)} >= {
        "ix_inferences_key",
        "ix_transfers_charges",
        "ix_transfers_debits",
        "ix_transfers_credits",
        "ix_expiring_credits_due",
    }
    assert rows(old, "SELECT * FROM usage_rollups") == []


@pytest.mark.parametrize(("email", "is_operator"), [(FIRST_EMAIL, 1), ("customer@example.com", 0)])
def test_the_account_of_the_first_start_becomes_the_operators(tmp_path: Path, email: str, is_operator: int) -> None:
    old = first_revision(tmp_path)
    add_account_of_first_version(old)
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("UPDATE accounts SET email = ?", (email,))

    migrations.upgrade(old)

    assert rows(old, "SELECT is_operator FROM accounts") == [(is_operator,)]


def add_account_of_first_version(path: Path) -> None:
    """Insert an account that never called."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO accounts (email, password_hash, status, created_at_ms) VALUES ('a@b.org', '', 'active', 0)"
        )


def test_the_first_rows_are_there(tmp_path: Path) -> None:
    path = migrated_database(tmp_path)

    assert rows(path, "SELECT id, value FROM key_revision") == [(1, 0)]
    assert rows(path, "SELECT id, kind, posted_credits FROM ledger_accounts ORDER BY id") == [
        (1, "revenue", 0),
        (2, "payment", 0),
        (3, "bonus", 0),
        (4, "adjustment", 0),
    ]
