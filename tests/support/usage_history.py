"""A service world whose keys have called several models over a while."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct

from tests.support.calls import make_call, some_calls, store_cards
from tests.support.contract import validate_error
from tests.support.database import rows
from tests.support.ledger import NOON_MS, HeldClock
from tests.support.service_world import OWNER, ServiceWorld, service_world
from tests.support.stored_books import StoredBooks
from tests.support.usage_sums import Row
from tollway.credits.types import GrantType
from tollway.keys.types import KeyKind

OTHER = "other@example.com"
DAY_MS = 86_400_000


class History(Struct, frozen=True, kw_only=True):
    """Callers with what they have called until now; ``idle`` is a key that nobody ever used."""

    world: ServiceWorld
    clock: HeldClock
    busy: str
    second: str
    idle: str
    manager: str
    foreign: str
    foreign_manager: str
    now_ms: int

    async def ask(self, key: str, path: str, **query: Any) -> httpx.Response:  # noqa: ANN401 - any value of a query
        """Send a request."""
        return await self.world.client.get(path, params=query, headers=self.world.auth(key))

    async def told(self, key: str, path: str, **query: Any) -> Any:  # noqa: ANN401 - any value, and any JSON
        """Send a request that must succeed, and return what is answered."""
        answer = await self.ask(key, path, **query)
        assert answer.status_code == 200, (path, query, answer.text)
        return answer.json()

    def log_of(self, key: str) -> list[Row]:
        """The key's rows of the log, newest first."""
        found = [
            row for row in StoredBooks(self.world.path.parent).receipts().values() if row["key_id"] == self.id(key)
        ]
        return sorted(found, key=lambda row: (row["started_at_ms"], row["inference_id"]), reverse=True)

    def id(self, key: str) -> int:
        """The id of a key."""
        [(found,)] = rows(self.world.path, "SELECT id FROM keys WHERE prefix = ?", key[:8])
        assert isinstance(found, int)
        return found


@asynccontextmanager
async def usage_history(
    folder: Path, *, seed: int = 3, days: int = 92, calls: int = 500, now_ms: int = NOON_MS + 437_651
) -> AsyncIterator[History]:
    """Open a world with calls of two keys of one account and one of another, in a mixed order over the last days."""
    chance, clock = random.Random(seed), HeldClock(now_ms - days * DAY_MS)
    async with service_world(folder, clock=clock) as world:
        store_cards(world.path)
        history = History(
            world=world,
            clock=clock,
            busy=await world.key(),
            second=await world.key(),
            idle=await world.key(),
            manager=await world.key(OWNER, KeyKind.MANAGEMENT),
            foreign=await world.key(OTHER),
            foreign_manager=await world.key(OTHER, KeyKind.MANAGEMENT),
            now_ms=now_ms,
        )
        accounts = {OWNER: (await world.accounts.get(OWNER)).id, OTHER: (await world.accounts.get(OTHER)).id}
        for account_id in accounts.values():
            await world.ledger.grant(account_id, 2**40, GrantType.INIT, None)
        callers = ((history.busy, OWNER), (history.second, OWNER), (history.foreign, OTHER))
        every_ms = days * DAY_MS // calls
        for call in some_calls(chance, calls, from_ms=clock.moment_ms, every_ms=every_ms):
            key, email = chance.choices(callers, weights=(6, 1, 1))[0]
            await make_call(world.ledger, clock, call, account_id=accounts[email], key_id=history.id(key))
        clock.moment_ms = now_ms
        yield history


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    """Make sure of a refusal in the contract's form, with these words in its message."""
    body = answer.json()
    assert answer.status_code == status, body
    validate_error(body)
    assert [word for word in words if word not in body["message"]] == [], body["message"]
