"""Granted credits expire: what may have been spent is never taken, and nothing is taken twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec import Struct
from sqlalchemy import event

from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import NOON_MS, HeldClock, faults, hold_request, open_ledger, usage_row
from tollway.credits.errors import LedgerUnavailableError
from tollway.credits.expiry import used_credits
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.tables import expiring_credits
from tollway.credits.types import Balance, Charge, Companion, CompanionRow, GrantType, Ledger, TakeType
from tollway.flows import expire_credits
from tollway.flows.expire_credits import ExpireCredits
from tollway.kit.database import Database

DAY_MS = 86_400_000


class World(Struct, frozen=True):
    """An open ledger, its clock, and the flow."""

    path: Path
    ledger: SqliteLedger
    clock: HeldClock
    database: Database

    @property
    def flow(self) -> ExpireCredits:
        return ExpireCredits(self.database, self.ledger, self.clock)

    async def grant(self, name: str, amount: int, *, lasts_ms: int = DAY_MS, account_id: int = 1) -> None:
        """Grant credits that expire."""
        now_ms = self.clock.now_ms()
        row = CompanionRow(expiring_credits, (name, account_id, amount, now_ms, now_ms + lasts_ms, None))
        await self.ledger.grant(account_id, amount, GrantType.BONUS, name, (row,))

    async def charge(self, amount: int, account_id: int = 1) -> None:
        hold = await self.ledger.hold(hold_request(account_id=account_id, key_id=account_id, output_tokens=amount))
        await self.ledger.settle(hold, Charge(amount, 0), usage_row(hold, charged=amount))

    async def posted(self, account_id: int = 1) -> int:
        return (await self.ledger.balance(account_id)).posted_credits

    def marked(self) -> list[tuple[object, ...]]:
        return rows(self.path, "SELECT id, expired_at_ms FROM expiring_credits WHERE expired_at_ms IS NOT NULL")


@asynccontextmanager
async def open_world(path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        clock = HeldClock()
        ledger = await stack.enter_async_context(open_ledger(path, clock))
        database = Database(path)
        stack.push_async_callback(database.close)
        yield World(path, ledger, clock, database)
    assert await faults(path) == []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = migrated_database(tmp_path)
    add_account(found, 1, keys=(1,))
    add_account(found, 2, keys=(2,))
    return found


@pytest.fixture
async def world(path: Path) -> AsyncIterator[World]:
    async with open_world(path) as opened:
        yield opened


async def test_what_was_not_spent_expires_at_its_end_and_not_before(world: World) -> None:
    await world.grant("gift", 100)
    await world.ledger.grant(1, 50, GrantType.PAYMENT, None)

    world.clock.moment_ms = NOON_MS + DAY_MS - 1
    assert await world.flow.run_once() == 0
    assert await world.posted() == 150

    world.clock.moment_ms += 1
    assert await world.flow.run_once() == 100
    assert await world.posted() == 50
    assert world.marked() == [("gift", NOON_MS + DAY_MS)]
    assert await world.flow.run_once() == 0


@pytest.mark.parametrize(
    ("before", "after", "expired"),
    [
        (0, 0, 100),
        (0, 30, 70),
        (30, 0, 100),  # What was spent before the grant was not the grant's.
        (0, 99, 1),
        (0, 100, 0),  # All of it may have been spent; the rest was paid for.
        (0, 150, 0),
    ],
)
async def test_everything_spent_since_the_grant_counts_against_it(
    world: World, before: int, after: int, expired: int
) -> None:
    await world.ledger.grant(1, 500, GrantType.PAYMENT, None)
    if before:
        await world.charge(before)
    world.clock.moment_ms += 1
    await world.grant("gift", 100)
    if after:
        await world.charge(after)

    world.clock.moment_ms += DAY_MS
    assert await world.flow.run_once() == expired
    assert await world.posted() == 600 - before - after - expired


async def test_what_others_spend_does_not_count(world: World) -> None:
    await world.grant("gift", 100)
    await world.ledger.grant(2, 100, GrantType.PAYMENT, None)
    await world.charge(60, account_id=2)

    world.clock.moment_ms += DAY_MS
    assert await world.flow.run_once() == 100
    assert (await world.posted(1), await world.posted(2)) == (0, 40)


async def test_credits_that_the_operator_took_away_do_not_expire_once_more(world: World) -> None:
    await world.grant("mistake", 100)
    await world.ledger.grant(1, -100, GrantType.ADJUSTMENT, None)
    await world.ledger.grant(1, 100, GrantType.PAYMENT, None)

    world.clock.moment_ms += DAY_MS
    assert await world.flow.run_once() == 0
    assert await world.posted() == 100


async def test_a_refund_gives_back_a_payment_and_no_grant(world: World) -> None:
    await world.ledger.grant(1, 100, GrantType.PAYMENT, None)
    await world.grant("gift", 100)
    await world.ledger.take(1, 100, TakeType.REFUND, "refund")

    world.clock.moment_ms += DAY_MS
    assert await world.flow.run_once() == 100
    assert await world.posted() == 0


async def test_each_of_several_grants_has_its_own_end(world: World) -> None:
    await world.grant("short", 100, lasts_ms=DAY_MS)
    await world.grant("long", 100, lasts_ms=3 * DAY_MS)
    await world.charge(30)

    world.clock.moment_ms += DAY_MS
    assert await world.flow.run_once() == 70
    await world.charge(10)
    world.clock.moment_ms += 2 * DAY_MS
    # All that was spent counts against this one, too: nobody can say which credits were spent.
    assert await world.flow.run_once() == 60
    assert await world.posted() == 30


async def test_what_is_set_aside_for_a_request_under_way_is_left(world: World) -> None:
    await world.grant("gift", 100)
    hold = await world.ledger.hold(hold_request(output_tokens=60))

    world.clock.moment_ms += DAY_MS
    assert await world.flow.run_once() == 0
    await world.ledger.settle(hold, Charge(60, 0), usage_row(hold, charged=60))

    assert await world.flow.run_once() == 40
    assert await world.ledger.balance(1) == Balance(0, 0)
    assert await world.flow.run_once() == 0


async def test_a_call_that_comes_to_nothing_saves_no_credits_from_expiring(world: World) -> None:
    await world.grant("gift", 100)
    hold = await world.ledger.hold(hold_request(output_tokens=100))

    world.clock.moment_ms += DAY_MS
    assert await world.flow.run_once() == 0
    await world.ledger.void(hold, None, usage_row(hold, charged=0))

    assert await world.flow.run_once() == 100
    assert await world.ledger.balance(1) == Balance(0, 0)


async def test_calls_under_way_delay_expiry_for_an_hour_at_most(world: World) -> None:
    await world.grant("gift", 100)
    await world.ledger.hold(hold_request(output_tokens=60))

    world.clock.moment_ms += DAY_MS + 3_600_000 - 1
    assert await world.flow.run_once() == 0
    world.clock.moment_ms += 1
    assert await world.flow.run_once() == 40
    assert len(world.marked()) == 1


async def test_more_grants_than_are_read_at_once_expire_in_one_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expire_credits, "_GRANTS_AT_ONCE", 3)
    for number in range(10):
        await world.grant(f"gift-{number}", 10, lasts_ms=DAY_MS + number % 3)
    await world.grant("later", 10, lasts_ms=2 * DAY_MS)

    world.clock.moment_ms += DAY_MS + 5
    assert await world.flow.run_once() == 100
    assert len(world.marked()) == 10


async def crash(*_: object) -> None:
    raise RuntimeError("the process ends here")


async def test_a_crash_before_the_mark_takes_nothing_twice(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_world(path) as world:
        await world.ledger.grant(1, 500, GrantType.PAYMENT, None)
        await world.grant("gift", 100)
        world.clock.moment_ms += DAY_MS
        monkeypatch.setattr(expire_credits, "mark_expired", crash)
        for _ in range(3):
            with pytest.raises(RuntimeError, match="ends here"):
                await world.flow.run_once()
        monkeypatch.undo()
        assert (await world.posted(), world.marked()) == (500, [])

    async with open_world(path) as world:
        world.clock.moment_ms += 2 * DAY_MS
        await world.flow.run_once()
        assert (await world.posted(), len(world.marked())) == (500, 1)
    assert rows(path, "SELECT amount_credits, reference_id FROM transfers WHERE kind = 'CREDITS_EXPIRED'") == [
        (100, "expiry-gift")
    ]
    assert rows(path, "SELECT count(*) FROM audit_entries") == [(1,)]


async def test_a_take_that_found_nothing_stays_at_nothing_after_a_crash(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an account pays between the take and the mark is not taken for the grant that had ended before."""
    await world.grant("gift", 100)
    await world.ledger.take(1, 100, TakeType.REFUND, "refund")
    world.clock.moment_ms += DAY_MS

    monkeypatch.setattr(expire_credits, "mark_expired", crash)
    with pytest.raises(RuntimeError, match="ends here"):
        await world.flow.run_once()
    monkeypatch.undo()
    await world.ledger.grant(1, 500, GrantType.PAYMENT, None)

    assert await world.flow.run_once() == 0
    assert await world.posted() == 500
    assert len(world.marked()) == 1


async def test_what_expired_is_in_the_audit_trail(world: World) -> None:
    await world.grant("gift", 100)
    await world.charge(30)
    world.clock.moment_ms += DAY_MS
    await world.flow.run_once()

    ((kind, actor, action, subject, account_id, details),) = rows(
        world.path, "SELECT actor_kind, actor, action, subject, account_id, details FROM audit_entries"
    )
    assert (kind, actor, action, subject, account_id) == ("system", "expiry", "credits.expire", "gift", 1)
    told = json.loads(str(details))
    assert (told["granted_credits"], told["at_most_credits"]) == (100, 70)
    assert told["expires_at"] == "2025-11-24T12:00:00.000Z"


class FailsOnce:
    """A ledger whose disk is full at the first take."""

    def __init__(self, inner: SqliteLedger) -> None:
        self._inner = inner
        self.tries = 0

    async def balance(self, account_id: int) -> Balance:
        return await self._inner.balance(account_id)

    async def take(
        self, account_id: int, at_most: int, kind: TakeType, reference: str, rows: Sequence[Companion]
    ) -> int:
        self.tries += 1
        if self.tries == 1:
            raise LedgerUnavailableError
        return await self._inner.take(account_id, at_most, kind, reference, rows)


async def test_books_that_cannot_be_written_are_tried_again_later(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await world.grant("gift", 100)
    world.clock.moment_ms += DAY_MS
    monkeypatch.setattr(expire_credits, "INTERVAL_S", 0.0)
    ledger = FailsOnce(world.ledger)

    working = asyncio.create_task(ExpireCredits(world.database, cast("Ledger", ledger), world.clock).run())
    async with asyncio.timeout(60):
        while not world.marked():  # noqa: ASYNC110 - The work tells nobody when it is done.
            await asyncio.sleep(0.005)
    working.cancel()
    await asyncio.wait([working])

    assert working.cancelled()
    assert "could not expire yet" in caplog.text
    assert (ledger.tries, await world.posted()) == (2, 0)


async def used_credits_of(world: World) -> int:
    async with world.database.connect() as connection:
        return await used_credits(connection, 1, 0)


async def test_what_an_account_spent_is_read_from_the_indexes(world: World) -> None:
    """An account may have millions of charges, and others have more."""
    assert await used_credits_of(world) == 0
    await world.grant("gift", 1)
    plans: list[str] = []
    statements: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:  # noqa: ANN401 - A driver's.
        if "FROM transfers" in statement:
            statements.append((statement, parameters))

    engine = world.database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    await used_credits_of(world)
    event.remove(engine, "before_cursor_execute", note)
    for statement, parameters in statements:
        plans += [str(row[-1]) for row in rows(world.path, f"EXPLAIN QUERY PLAN {statement}", *parameters)]

    assert len(plans) == 2
    assert "ix_transfers_charges (debit_id=? AND created_at_ms>?)" in plans[0]
    assert "ix_transfers_debits (debit_id=? AND created_at_ms>?)" in plans[1]
