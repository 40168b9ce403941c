"""Lets old rows leave the usage log. Roll-ups, holds, movements and exposures stay for ever."""

import asyncio
import logging

from tollway.kit.clock import DAY_MS, Clock
from tollway.kit.database import Database
from tollway.usage.repository import delete_inferences, move_horizon, oldest_ids
from tollway.usage.types import SLOT_MS

FIRST_AFTER_S = 60.0
"""Pause after the start, which has enough to do."""
INTERVAL_S = 3_600.0
ROWS_AT_ONCE = 100
"""Rows of one transaction. The database has one writer at a time, and settlements wait for it: some three milliseconds
in a log of 600,000 rows (measured), and five for 250 rows at once."""
PAUSE_S = 0.02
"""Pause between two transactions, in which settlements come first: some 4,000 rows a second."""

_log = logging.getLogger(__name__)


class KeepUsage:
    """Keeps the inferences of so many days, and deletes older ones."""

    def __init__(self, database: Database, clock: Clock, keep_days: int) -> None:
        self._database = database
        self._clock = clock
        self._keep_ms = keep_days * DAY_MS

    async def run(self) -> None:
        """Delete what is too old, again and again."""
        await asyncio.sleep(FIRST_AFTER_S)
        while True:
            await self.run_once()
            await asyncio.sleep(INTERVAL_S)

    async def run_once(self) -> int:
        """Delete what is too old now, and return how many inferences that were.

        The horizon moves first, in a transaction of its own: whoever reads knows of what may be gone before it is, and
        a process that ends in the middle leaves rows that the next run deletes.
        """
        wanted_ms = self._clock.now_ms() - self._keep_ms
        async with self._database.begin() as connection:
            horizon_ms = await move_horizon(connection, wanted_ms - wanted_ms % SLOT_MS)
        deleted, after_id = 0, ""
        while True:
            async with self._database.connect() as connection:
                ids = await oldest_ids(
                    connection, started_before_ms=horizon_ms, after_id=after_id, at_most=ROWS_AT_ONCE
                )
            if not ids:
                break
            async with self._database.begin() as connection:
                deleted += await delete_inferences(
                    connection, first_id=ids[0], last_id=ids[-1], started_before_ms=horizon_ms
                )
            after_id = ids[-1]
            await asyncio.sleep(PAUSE_S)
        if deleted:
            _log.info("old inferences deleted", extra={"rows": deleted, "kept_from_ms": horizon_ms})
        return deleted
