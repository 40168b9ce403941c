"""Making an empty database of the newest schema in one go, in the way that Alembic's manual gives for new databases.

Going through all versions instead would take a third of a first start, and Alembic would stay in the server's memory.
"""

from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, event, insert, text
from sqlalchemy.engine import URL, Engine

from tollway.credits.sqlite.books import PlatformAccount
from tollway.credits.tables import ledger_accounts
from tollway.keys.tables import key_revision
from tollway.kit.database import SQLITE_PRAGMAS
from tollway.migrations.all_tables import METADATA
from tollway.usage.tables import usage_horizon

_VERSION_TABLE = """
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)
"""
"""As Alembic makes it, which finds the revision there."""


def create(database: Path, revision: str) -> None:
    """Make all tables in a SQLite file that has none, with their first rows, in one transaction.

    ``revision`` is what the schema is called.
    """
    engine = schema_engine(database)
    try:
        with engine.begin() as connection:
            METADATA.create_all(connection)
            _insert_first_rows(connection)
            connection.exec_driver_sql(_VERSION_TABLE)
            connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
    finally:
        engine.dispose()


def _insert_first_rows(connection: Connection) -> None:
    connection.execute(insert(key_revision).values(id=1, value=0))
    connection.execute(insert(usage_horizon).values(id=1, kept_from_ms=0))
    nothing = {"account_id": None, "posted_credits": 0, "held_credits": 0, "created_at_ms": 0}
    platform = [{"id": account.value, "kind": account.name.lower(), **nothing} for account in PlatformAccount]
    connection.execute(insert(ledger_accounts), platform)


def schema_engine(database: Path) -> Engine:
    """Return an engine whose transactions include changes of the schema."""
    engine = create_engine(URL.create("sqlite", database=str(database)), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _prepare(dbapi_connection, _record):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - SQLAlchemy's hook.
        dbapi_connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            dbapi_connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - SQLAlchemy's hook.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
