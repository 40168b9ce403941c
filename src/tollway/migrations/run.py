"""Running Alembic from the program; the migrations lie inside the package, so no configuration file is needed."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine, event
from sqlalchemy.engine import URL, Engine

from tollway.kit.database import SQLITE_PRAGMAS


def configuration() -> Config:
    """Return Alembic's configuration for the folder that this file lies in."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def run_upgrade(database: Path) -> None:
    """Run every migration that a SQLite file lacks, all of them in one transaction."""
    engine = migration_engine(database)
    config = configuration()
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def migration_engine(database: Path) -> Engine:
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
