"""Running Alembic from the program; the migrations lie inside the package, so no configuration file is needed."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from tollway.migrations.create import schema_engine


def configuration() -> Config:
    """Return Alembic's configuration for the folder that this file lies in."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def run_upgrade(database: Path) -> None:
    """Run every migration that a SQLite file lacks, all of them in one transaction."""
    engine = schema_engine(database)
    config = configuration()
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
