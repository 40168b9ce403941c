"""The data folder as commands use it: settings, database, books, and the server that may be running on it."""

import sqlite3
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tollway.cli.errors import CommandFailedError
from tollway.kit.settings import Settings, process_environment

if TYPE_CHECKING:
    from tollway.keys.digest import KeyDigest
    from tollway.kit.database import Database


_Result = TypeVar("_Result")


def finish(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a command's asynchronous part to its end."""
    import asyncio

    return asyncio.run(work)


def prepare_folder(settings: Settings) -> Path:
    """Make the data folder if need be, for its owner alone.

    Raises:
        CommandFailedError: it cannot be made.
    """
    try:
        settings.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandFailedError(f"Cannot make the data folder {settings.data_path}: {error.strerror}") from error
    return settings.data_path


@asynccontextmanager
async def open_database(settings: Settings, *, may_make: bool = False) -> "AsyncIterator[Database]":
    """Open the database in its newest schema; with ``may_make`` a missing one is made.

    Raises:
        CommandFailedError: there is none, it cannot be opened, or a newer version of the product has made it.
    """
    from tollway.kit.database import Database, database_path

    path = database_path(settings.data_path)
    if may_make:
        prepare_folder(settings)
    elif not path.exists():
        # A mistyped folder must not look like one whose books are empty, and balance.
        raise CommandFailedError(
            f"There is no Tollway data in {settings.data_path}. Name the folder with --data-dir; "
            "`tollway up` and `tollway account create` make a new one"
        )
    _migrate(path)
    database = Database(path)
    try:
        yield database
    finally:
        await database.close()


def _migrate(path: Path) -> None:
    from tollway.migrations import HEAD, stored_revision, upgrade

    try:
        stored = stored_revision(path)
        if stored is not None and stored > HEAD:
            raise CommandFailedError(f"The database {path} was made by a newer version of Tollway (schema {stored})")
        upgrade(path)
    except sqlite3.Error as error:
        raise CommandFailedError(f"Cannot open the database {path}: {error}. Run: tollway doctor") from error


def key_digest(settings: Settings) -> "KeyDigest":
    """Return what turns keys into what is stored of them.

    Raises:
        PepperError: the pepper cannot be read or made.
    """
    from tollway.keys.digest import KeyDigest, load_pepper

    return KeyDigest(load_pepper(prepare_folder(settings), process_environment()))
