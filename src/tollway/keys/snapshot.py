"""Every usable key, in memory, so that no request waits for the database to know its caller."""

import asyncio
import logging
import math
import time
from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from tollway.keys.digest import KeyDigest
from tollway.keys.errors import KeySourceError
from tollway.keys.format import KEY_LENGTH
from tollway.keys.types import KeyEntry

_log = logging.getLogger("tollway.keys")
POLL_INTERVAL_S = 0.25
# Small enough to hold up the event loop for a few milliseconds at most.
_CHANGES_AT_ONCE = 250


class KeyChange(Struct, frozen=True):
    """A key as it is now; ``entry`` is None when it cannot be used."""

    revision: int
    key_id: int
    digest: bytes
    entry: KeyEntry | None


class KeySource(Protocol):
    """Where the snapshot reads from."""

    async def revision(self) -> int:
        """Return the newest revision of any key; asked for four times a second, so it has to be cheap.

        Raises:
            KeySourceError: it cannot be read at present.
        """
        ...

    async def changes(self, after_revision: int, after_key_id: int, at_most: int) -> Sequence[KeyChange]:
        """Return keys that changed after the position, in the order of revision and id.

        Raises:
            KeySourceError: they cannot be read at present.
        """
        ...


class InMemoryKeySnapshot:
    """The keys by their digest, kept up to date by `run`."""

    def __init__(self, source: KeySource, digest: KeyDigest) -> None:
        self._source = source
        self._digest_of = digest.of
        self._entries: dict[bytes, KeyEntry] = {}
        self._position = (0, 0)
        self._refreshed_at_s = -math.inf
        self._refreshing = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, token: str) -> KeyEntry | None:
        """Look up a bearer token; None when it is malformed, unknown, disabled or deleted."""
        if len(token) != KEY_LENGTH or not token.isascii():
            return None
        return self._entries.get(self._digest_of(token))

    @property
    def age_s(self) -> float:
        """Seconds since the moment that the keys were last known to be up to date with; infinite before the first."""
        return time.monotonic() - self._refreshed_at_s

    async def refresh(self) -> None:
        """Read what has changed since the last time; the first time, everything.

        Raises:
            KeySourceError: the changes cannot be read at present; the keys stay as they were.
        """
        async with self._refreshing:
            began_at_s = time.monotonic()
            if await self._source.revision() > self._position[0]:
                await self._read_changes()
            self._refreshed_at_s = began_at_s

    async def run(self, interval_s: float = POLL_INTERVAL_S) -> None:
        """Refresh again and again until cancelled. A database that cannot be read is asked again the next time."""
        while True:
            await asyncio.sleep(interval_s)
            try:
                await self.refresh()
            except KeySourceError as error:
                _log.warning("keys not refreshed", extra={"reason": str(error)})

    async def _read_changes(self) -> None:
        while True:
            changes = await self._source.changes(*self._position, at_most=_CHANGES_AT_ONCE)
            for change in changes:
                self._apply(change)
            if len(changes) < _CHANGES_AT_ONCE:
                return

    def _apply(self, change: KeyChange) -> None:
        if change.entry is None:
            self._entries.pop(change.digest, None)
        else:
            self._entries[change.digest] = change.entry
        self._position = (change.revision, change.key_id)
