"""The database: one schema for SQLite and PostgreSQL, reached through SQLAlchemy Core.

The ledger's hot path does not come through here; it has a writer of its own (`credits.sqlite`).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Connection, Index, Integer, MetaData, event, text
from sqlalchemy.engine import URL

from tollway.kit.errors import UnavailableError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of the product; the `tables.py` of each feature adds its own."""

ROW_ID = BigInteger().with_variant(Integer(), "sqlite")
"""Type of numbered ids: SQLite numbers rows by itself only for a column that is plainly INTEGER."""


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Declare an index over the rows alone for which a condition in SQL holds, in SQLite as in PostgreSQL.

    PostgreSQL's dialect is told only when the index is made there: naming it here would load it into every server, for
    2 MB and 15 ms of each start.
    """
    index = Index(name, *columns, unique=unique, sqlite_where=text(where))

    @event.listens_for(index, "before_create")
    def _tell(target: Index, connection: Connection, **_: object) -> None:
        if connection.dialect.name == "postgresql":
            target.dialect_options["postgresql"]["where"] = text(where)

    return index


FILE_NAME = "tollway.db"
BUSY_TIMEOUT_MS = 5_000
SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)
"""How every connection to the SQLite file is set up: a commit is on the disk before it returns, readers and the writer
do not wait for each other, and whoever meets another process's commit waits for it a while."""

_TURN_TIMEOUT_S = 30.0
"""How long a transaction that may write waits for those before it."""
_BEGIN_OPTION = "tollway_begin"


def database_path(data_dir: Path) -> Path:
    """Return the database file of a data folder."""
    return data_dir / FILE_NAME


class Database:
    """The SQLite file for everything that is not the ledger's hot path. The schema must be migrated before."""

    def __init__(self, path: Path) -> None:
        # The module is slow to import, and the command line should not wait for it where it needs the tables alone.
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

        url = URL.create("sqlite+aiosqlite", database=str(path))
        self._engine = create_async_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
        event.listen(self._engine.sync_engine, "connect", _prepare)
        event.listen(self._engine.sync_engine, "begin", _begin)
        # The write lock is taken at the start, where waiting for it is possible; a transaction that turns from reading
        # to writing later is refused at once when another one wrote in between.
        self._writing_engine = self._engine.execution_options(**{_BEGIN_OPTION: "BEGIN IMMEDIATE"})
        # Whoever waits for that lock tries again now and then, and of many at once one may be late every time. So those
        # of this process stand in a row, and only the first of them waits for the ledger and other processes.
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> "AsyncIterator[AsyncConnection]":
        """Open a transaction that may write: committed at the end, rolled back when the block raises.

        Not within another one of the same task, which would wait for itself.

        Raises:
            UnavailableError: those before it did not come to an end in time.
        """
        try:
            async with asyncio.timeout(_TURN_TIMEOUT_S):
                await self._writing.acquire()
        except TimeoutError as error:
            raise UnavailableError("The database is busy at present; nothing was changed") from error
        try:
            async with self._writing_engine.begin() as connection:
                yield connection
        finally:
            self._writing.release()

    @asynccontextmanager
    async def connect(self) -> "AsyncIterator[AsyncConnection]":
        """Open a transaction for reading: every statement sees the same moment."""
        async with self._engine.connect() as connection:
            yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _prepare(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401 - what a driver connection is, it says itself.
    # The driver would begin transactions by itself, and not for reading; `_begin` does it instead.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN_OPTION, "BEGIN"))
