"""The books as commands change them: through the server that owns them, or as their owner for a moment."""

import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tollway.cli.workspace import finish, open_database
from tollway.http.admin.messages import Request
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.credits.sqlite.ledger import SqliteLedger
    from tollway.kit.database import Database

_Answer = TypeVar("_Answer")
_SERVER_APPEARS_S = 10.0
_ASK_AGAIN_S = 0.1


def through_owner(
    settings: Settings,
    request: Request,
    answer_type: type[_Answer],
    here: Callable[[], Coroutine[Any, Any, _Answer]],
) -> _Answer:
    """Let the server that owns the books do what is asked, or do it here where there is none.

    Args:
        settings: where the data folder is.
        request: what the server is asked.
        answer_type: how it answers.
        here: does the same while this process owns the books.

    Raises:
        LedgerLockedError: somebody owns the books and cannot be asked.
    """
    from tollway.cli.admin_client import ask_server
    from tollway.credits.errors import LedgerLockedError

    # A server that has just started has the books before it has the socket, and one that stops, the other way round.
    give_up_at_s = time.monotonic() + _SERVER_APPEARS_S
    while True:
        answer = ask_server(settings.data_path, request)
        if isinstance(answer, answer_type):
            return answer
        try:
            return finish(here())
        except LedgerLockedError:
            if time.monotonic() > give_up_at_s:
                raise
        time.sleep(_ASK_AGAIN_S)


@asynccontextmanager
async def open_books(settings: Settings) -> "AsyncIterator[tuple[Database, SqliteLedger]]":
    """Open the database and own the books in it.

    Raises:
        CommandFailedError: there is no database.
        LedgerLockedError: another process owns the books.
    """
    from tollway.credits.sqlite.ledger import SqliteLedger
    from tollway.flows.recover_inferences import recovered_rows
    from tollway.keys.sqlite_prefix import stored_prefixes
    from tollway.kit.clock import SystemClock
    from tollway.kit.database import database_path

    path = database_path(settings.data_path)
    async with open_database(settings) as database:
        rows = recovered_rows(stored_prefixes(path))
        books = await SqliteLedger.open(path, clock=SystemClock(), recovered_rows=rows)
        try:
            yield database, books
        finally:
            await books.close()
