"""When keys were last used: noted in memory, stored every few seconds, never on the way of a request."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from tollway.keys.errors import KeySourceError

_log = logging.getLogger("tollway.keys")
FLUSH_INTERVAL_S = 5.0
# The database has one writer at a time, and settlements wait for it: no transaction of this kind may be long.
_KEYS_AT_ONCE = 250

StoreLastUsed = Callable[[Sequence[tuple[int, int]]], Awaitable[None]]
"""Stores pairs of key id and Unix milliseconds in one transaction; raises `KeySourceError` when it cannot."""


class LastUsed:
    """Collects the moments of use."""

    def __init__(self, store: StoreLastUsed) -> None:
        self._store = store
        self._used_at_ms: dict[int, int] = {}

    def note(self, key_id: int, now_ms: int) -> None:
        """Remember that the key was used now."""
        self._used_at_ms[key_id] = now_ms

    async def flush(self) -> None:
        """Store what was noted since the last time. What cannot be stored is dropped: the next use notes it again."""
        noted, self._used_at_ms = list(self._used_at_ms.items()), {}
        for start in range(0, len(noted), _KEYS_AT_ONCE):
            try:
                await self._store(noted[start : start + _KEYS_AT_ONCE])
            except KeySourceError as error:
                _log.warning("last use of keys not stored", extra={"reason": str(error)})
                return

    async def run(self, interval_s: float = FLUSH_INTERVAL_S) -> None:
        """Flush again and again, and once more when cancelled."""
        try:
            while True:
                await asyncio.sleep(interval_s)
                await self.flush()
        finally:
            await self.flush()
