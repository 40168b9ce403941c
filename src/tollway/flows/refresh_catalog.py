"""Keeping prices and switched-off models in memory as they are in the database, whoever changed them there."""

import asyncio
import logging
import sqlite3
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from tollway.catalog.errors import CatalogUnreadableError
from tollway.catalog.repository import read_switches
from tollway.catalog.service import Catalog
from tollway.credits.rate_cards import RateCards, read_cards
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.kit.sqlite_probe import SqliteProbe

_log = logging.getLogger("tollway.catalog")
POLL_INTERVAL_S = 0.5
# Rate cards are only ever added, and every change of a switch raises the moment of its row.
_QUESTION = (
    "SELECT (SELECT count(*) FROM rate_cards), (SELECT count(*) FROM model_switches), "
    "(SELECT coalesce(sum(updated_at_ms), 0) FROM model_switches)"
)


class RefreshCatalog:
    """Reads the operator's prices and switches into the catalogue and the rate cards of this process."""

    def __init__(self, database: Database, path: Path, clock: Clock, catalog: Catalog, rate_cards: RateCards) -> None:
        """Take the two to keep up to date; ``path`` is the database's file."""
        self._database = database
        self._clock = clock
        self._catalog = catalog
        self._rate_cards = rate_cards
        self._probe = SqliteProbe(path, _QUESTION)
        self._seen: tuple[int, ...] | None = None
        self._refreshing = asyncio.Lock()

    def close(self) -> None:
        """Close the connection that looks for changes."""
        self._probe.close()

    async def refresh(self) -> None:
        """Look for changes, and read them if there are any; what is read is in force when this returns.

        Raises:
            CatalogUnreadableError: they cannot be read at present; everything stays as it was.
        """
        async with self._refreshing:
            try:
                # What changes after this look is noticed by the next one, whether or not it is read already.
                seen = await self._probe.ask()
                if seen == self._seen:
                    return
                async with self._database.connect() as connection:
                    stored = await read_cards(connection)
                    switches = await read_switches(connection)
            except (SQLAlchemyError, sqlite3.Error) as error:
                raise CatalogUnreadableError(f"Cannot read prices and switches of models: {error}") from error
            self._rate_cards.replace(stored, self._clock.now_ms())
            self._catalog.switch(switches)
            self._seen = seen

    async def try_refresh(self) -> None:
        """Refresh; a database that cannot be read at present is read again within a moment by `run`."""
        try:
            await self.refresh()
        except CatalogUnreadableError as error:
            _log.warning("prices and models not refreshed", extra={"reason": error.message})

    async def run(self, interval_s: float = POLL_INTERVAL_S) -> None:
        """Refresh again and again until cancelled."""
        while True:
            await asyncio.sleep(interval_s)
            await self.try_refresh()
