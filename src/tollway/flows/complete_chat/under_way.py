"""The requests that are being answered, and what the ledger is told of them while they run."""

import asyncio
import logging

from tollway.credits.errors import LedgerUnavailableError
from tollway.credits.types import Exposure, Ledger
from tollway.flows.complete_chat.exchange import Exchange

NOTE_EVERY_S = 1.0
"""How old the record of what a running request has received may be when the process dies."""

REASON = "under_way"
_log = logging.getLogger(__name__)


class RequestsUnderWay:
    """A set of exchanges from their hold to their end."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._exchanges: dict[Exchange, Exposure | None] = {}

    def add(self, exchange: Exchange) -> None:
        """Take up an exchange whose hold is durable."""
        self._exchanges[exchange] = None

    def remove(self, exchange: Exchange) -> None:
        """Let go of an exchange that has ended."""
        del self._exchanges[exchange]

    async def note_for_ever(self) -> None:
        """Note about once a second what was received meanwhile, until cancelled; short requests are never noted."""
        while True:
            await asyncio.sleep(NOTE_EVERY_S)
            try:
                await self.note()
            except LedgerUnavailableError as error:
                _log.warning("exposures not noted", extra={"reason": error.message})

    async def note(self) -> None:
        """Note what has changed since the last time.

        Raises:
            LedgerUnavailableError: it could not be written.
        """
        changed: list[tuple[Exchange, Exposure]] = []
        for exchange, noted in self._exchanges.items():
            exposure = exchange.exposure(REASON)
            if exposure is not None and exposure != noted:
                changed.append((exchange, exposure))
        if not changed:
            return
        await self._ledger.note_exposures([(exchange.hold, exposure) for exchange, exposure in changed])
        for exchange, exposure in changed:
            if exchange in self._exchanges:
                self._exchanges[exchange] = exposure
