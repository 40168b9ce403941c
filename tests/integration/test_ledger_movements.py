"""Grants and takes: what they move, what rides in their commit, and what a conflict leaves alone."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import faults, hold_request, nothing_held, open_ledger, usage_row
from tollway.audit.tables import audit_entries
from tollway.credits.errors import (
    CompanionConflictError,
    GrantConflictError,
    LedgerUnavailableError,
    OutOfCreditsError,
    UnknownAccountError,
)
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.sqlite.writer import open_connection
from tollway.credits.types import Balance, Charge, CompanionRow, CompanionSum, GrantType, Hold, TakeType
from tollway.usage.tables import usage_rollups

Work = Coroutine[Any, Any, object]
MODEL = "one-credit"
AMOUNTS = 8
"""Sums of one row of the roll-ups."""


class HeldDisk:
    """Connections whose commits wait while ``gate`` is closed, and can be made to fail."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.is_full = False
        self.begun = 0

    def connect(self, database: Path) -> sqlite3.Connection:
        return open_connection(database, factory=self._connection_class())

    def _connection_class(self) -> type[sqlite3.Connection]:
        disk = self

        class Cursor(sqlite3.Cursor):
            def execute(self, sql: str, parameters: object = ()) -> "Cursor":
                if sql.startswith("BEGIN"):
                    disk.begun += 1
                    assert disk.gate.wait(60)
                if disk.is_full and sql.startswith("COMMIT"):
                    raise sqlite3.OperationalError("database or disk is full")
                super().execute(sql, parameters)  # type: ignore[arg-type]
                return self

        class Connection(sqlite3.Connection):
            def cursor(self, factory: type[sqlite3.Cursor] = Cursor) -> sqlite3.Cursor:  # type: ignore[override]
                return super().cursor(factory)

        return Connection

    async def in_one_group(self, ledger: SqliteLedger, works: Sequence[Work]) -> list[object]:
        """Do the works so that one commit has them all, and return what became of each."""
        self.gate.clear()
        begun = self.begun
        plug = asyncio.create_task(ledger.grant(2, 1, GrantType.BONUS, None))
        async with asyncio.timeout(60):
            while self.begun == begun:  # noqa: ASYNC110 - The writer is a thread and tells nobody.
                await asyncio.sleep(0.001)
        tasks = [asyncio.create_task(work) for work in works]
        await asyncio.sleep(0)
        self.begun = 0
        self.gate.set()
        await plug
        return list(await asyncio.gather(*tasks, return_exceptions=True))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = migrated_database(tmp_path)
    add_account(path, 1, keys=(1, 2))
    add_account(path, 2, keys=(3,))
    return path


@pytest.fixture
def disk() -> HeldDisk:
    return HeldDisk()


@pytest.fixture
async def ledger(database: Path, disk: HeldDisk) -> AsyncIterator[SqliteLedger]:
    async with open_ledger(database, connect=disk.connect) as opened:
        await opened.grant(1, 100, GrantType.BONUS, "start")
        yield opened
        # Whatever a test did, memory and file say the same, and the books balance.
        for account_id in (1, 2):
            query = "SELECT posted_credits, held_credits FROM ledger_accounts WHERE account_id = ?"
            stored = rows(database, query, account_id) or [(0, 0)]
            balance = await opened.balance(account_id)
            assert stored == [(balance.posted_credits, balance.held_credits)]
    # Roll-ups of these tests belong to no inference.
    assert {check.name for check in await faults(database)} <= {"usage_rollups", "usage_total", "usage_wide_rollups"}


def note(entry_id: str) -> CompanionRow:
    """A row of another feature; a second one of the same id contradicts the first."""
    values = (entry_id, 0, "system", "test", "credits.test", entry_id, 1, "{}")
    return CompanionRow(audit_entries, values)


def noted(database: Path) -> list[str]:
    return [str(value) for (value,) in rows(database, "SELECT id FROM audit_entries ORDER BY id")]


def movements(database: Path) -> list[tuple[object, ...]]:
    return rows(database, "SELECT kind, amount_credits, reference_id FROM transfers WHERE hold_id IS NULL ORDER BY id")


def addition(key_id: int, *amounts: int) -> CompanionSum:
    filled = (*amounts, *[0] * (AMOUNTS - len(amounts)))
    return CompanionSum(usage_rollups, (key_id, 0, MODEL), filled)


async def settle(ledger: SqliteLedger, hold: Hold, charged: int) -> None:
    await ledger.settle(hold, Charge(charged, 0), usage_row(hold, charged=charged))


@pytest.mark.parametrize(("at_most", "taken"), [(1, 1), (60, 60), (100, 100), (101, 100), (2**60, 100)])
async def test_a_take_takes_at_most_what_there_is(
    ledger: SqliteLedger, database: Path, at_most: int, taken: int
) -> None:
    assert await ledger.take(1, at_most, TakeType.REFUND, "r-1") == taken

    assert await ledger.balance(1) == Balance(100 - taken, 0)
    assert movements(database)[-1] == ("REFUND", taken, "r-1")


@pytest.mark.parametrize(("kind", "platform"), [(TakeType.REFUND, "payment"), (TakeType.CREDITS_EXPIRED, "bonus")])
async def test_what_is_taken_goes_back_where_such_credits_come_from(
    ledger: SqliteLedger, database: Path, kind: TakeType, platform: str
) -> None:
    query = "SELECT posted_credits FROM ledger_accounts WHERE kind = ?"
    ((before,),) = rows(database, query, platform)
    await ledger.take(1, 30, kind, "r-1")

    assert rows(database, query, platform) == [(int(str(before)) + 30,)]


async def test_open_holds_are_not_taken(ledger: SqliteLedger) -> None:
    hold = await ledger.hold(hold_request(output_tokens=70))

    assert await ledger.take(1, 100, TakeType.CREDITS_EXPIRED, "r-1") == 30

    assert await ledger.balance(1) == Balance(70, 70)
    await settle(ledger, hold, 70)
    assert await ledger.balance(1) == Balance(0, 0)


async def test_takes_and_holds_at_once_never_overdraw(ledger: SqliteLedger) -> None:
    await ledger.grant(1, 900, GrantType.BONUS, None)
    works = [
        ledger.hold(hold_request(output_tokens=7)) if number % 2 else ledger.take(1, 7, TakeType.REFUND, f"r-{number}")
        for number in range(400)
    ]

    outcomes = await asyncio.gather(*works, return_exceptions=True)

    holds = [outcome for outcome in outcomes if isinstance(outcome, Hold)]
    taken = sum(outcome for outcome in outcomes if isinstance(outcome, int))
    refused = sum(isinstance(outcome, OutOfCreditsError) for outcome in outcomes)
    assert len(holds) + refused == 200
    assert taken + 7 * len(holds) == 1_000  # The last take gets the six credits that make no seven.
    assert await ledger.balance(1) == Balance(1_000 - taken, 7 * len(holds))
    await asyncio.gather(*[settle(ledger, hold, 7) for hold in holds])
    assert await ledger.balance(1) == Balance(0, 0)


async def test_a_used_reference_takes_once(ledger: SqliteLedger, database: Path) -> None:
    first = await ledger.take(1, 30, TakeType.REFUND, "r-1", (note("first"),))
    again = await ledger.take(1, 70, TakeType.REFUND, "r-1", (note("again"),))
    other_kind = await ledger.take(1, 5, TakeType.CREDITS_EXPIRED, "r-1")

    assert (first, again, other_kind) == (30, 30, 5)
    assert noted(database) == ["first"]
    assert await ledger.balance(1) == Balance(65, 0)


async def test_a_take_that_found_nothing_takes_nothing_later(ledger: SqliteLedger, database: Path) -> None:
    assert await ledger.take(2, 30, TakeType.REFUND, "r-1", (note("first"),)) == 0

    await ledger.grant(2, 500, GrantType.PAYMENT, "paid")
    assert await ledger.take(2, 30, TakeType.REFUND, "r-1", (note("again"),)) == 0

    assert await ledger.balance(2) == Balance(500, 0)
    assert noted(database) == ["first"]


async def test_a_used_reference_takes_once_however_many_ask_at_once(
    ledger: SqliteLedger, disk: HeldDisk, database: Path
) -> None:
    outcomes = await disk.in_one_group(
        ledger,
        [ledger.take(1, 100, TakeType.REFUND, "r-1", (note(f"try-{n}"),)) for n in range(20)],
    )

    assert outcomes == [100] * 20
    assert noted(database) == ["try-0"]
    assert await ledger.balance(1) == Balance(0, 0)


async def test_a_reference_of_another_account_is_refused(ledger: SqliteLedger) -> None:
    await ledger.grant(2, 100, GrantType.BONUS, None)
    await ledger.take(1, 30, TakeType.REFUND, "r-1")

    with pytest.raises(GrantConflictError, match="r-1"):
        await ledger.take(2, 30, TakeType.REFUND, "r-1")
    with pytest.raises(GrantConflictError, match="start"):
        await ledger.grant(2, 100, GrantType.BONUS, "start")

    assert await ledger.balance(1) == Balance(70, 0)
    assert await ledger.balance(2) == Balance(100, 0)


@pytest.mark.parametrize("amount", [0, -1])
async def test_a_take_of_nothing_is_a_bug(ledger: SqliteLedger, amount: int) -> None:
    with pytest.raises(ValueError, match=str(amount)):
        await ledger.take(1, amount, TakeType.REFUND, "r-1")


async def test_an_account_that_does_not_exist_loses_nothing(ledger: SqliteLedger, database: Path) -> None:
    with pytest.raises(UnknownAccountError, match="99"):
        await ledger.take(99, 5, TakeType.REFUND, "r-1", (note("orphan"),))

    assert noted(database) == []


async def test_rows_ride_with_a_grant_and_not_with_its_repetition(ledger: SqliteLedger, database: Path) -> None:
    await ledger.grant(1, 50, GrantType.PAYMENT, "pay-1", (note("first"), addition(1, 1, 2)))
    await ledger.grant(1, 50, GrantType.PAYMENT, "pay-1", (note("again"), addition(1, 1, 2)))

    assert await ledger.balance(1) == Balance(150, 0)
    assert noted(database) == ["first"]
    assert rows(database, "SELECT succeeded, failed FROM usage_rollups") == [(1, 2)]


async def test_a_grant_with_one_reference_twice_at_once_is_made_once(
    ledger: SqliteLedger, disk: HeldDisk, database: Path
) -> None:
    outcomes = await disk.in_one_group(
        ledger,
        [ledger.grant(1, 50, GrantType.PAYMENT, "pay-1", (note(f"try-{n}"),)) for n in range(3)],
    )

    assert outcomes[-1] == Balance(150, 0)
    assert noted(database) == ["try-0"]


@pytest.mark.parametrize("is_take", [False, True])
async def test_a_row_that_conflicts_changes_nothing(ledger: SqliteLedger, database: Path, *, is_take: bool) -> None:
    await ledger.grant(1, 1, GrantType.BONUS, None, (note("there"),))
    before = movements(database)

    rows_that_conflict = (note("new"), addition(1, 1), note("there"))
    refused: Awaitable[object]
    if is_take:
        refused = ledger.take(1, 10, TakeType.REFUND, "r-1", rows_that_conflict)
    else:
        refused = ledger.grant(1, 10, GrantType.PAYMENT, "pay-1", rows_that_conflict)
    with pytest.raises(CompanionConflictError):
        await refused

    assert await ledger.balance(1) == Balance(101, 0)
    assert movements(database) == before
    assert noted(database) == ["there"]
    assert rows(database, "SELECT * FROM usage_rollups") == []
    # The reference is free for another try.
    assert await ledger.take(1, 10, TakeType.REFUND, "r-1", (note("new"),)) == 10


async def test_a_conflict_does_not_disturb_its_neighbours(ledger: SqliteLedger, disk: HeldDisk, database: Path) -> None:
    await ledger.grant(1, 10_000, GrantType.BONUS, None, (note("there"),))
    wrong = {0, 77, 255}
    works = [
        ledger.grant(1, 1, GrantType.BONUS, f"g-{n}", (note("there" if n in wrong else f"g-{n}"),)) for n in range(256)
    ]

    outcomes = await disk.in_one_group(ledger, works)

    refused = {n for n, outcome in enumerate(outcomes) if isinstance(outcome, BaseException)}
    assert refused == wrong
    assert {type(outcomes[n]) for n in wrong} == {CompanionConflictError}
    assert await ledger.balance(1) == Balance(10_100 + 253, 0)
    assert len(noted(database)) == 254
    # Some few commits, and not one for each neighbour.
    assert disk.begun < 64


async def test_a_failed_commit_gives_back_what_was_set_aside(
    ledger: SqliteLedger, disk: HeldDisk, database: Path
) -> None:
    before = movements(database)
    disk.is_full = True

    with pytest.raises(LedgerUnavailableError):
        await ledger.take(1, 60, TakeType.REFUND, "r-1", (note("lost"),))
    with pytest.raises(LedgerUnavailableError):
        await ledger.grant(1, -60, GrantType.ADJUSTMENT, "a-1", (note("lost"),))
    with pytest.raises(LedgerUnavailableError):
        await ledger.grant(1, 60, GrantType.PAYMENT, "p-1", (note("lost"),))

    assert await ledger.balance(1) == Balance(100, 0)
    assert (movements(database), noted(database)) == (before, [])
    disk.is_full = False
    assert await ledger.take(1, 60, TakeType.REFUND, "r-1", (note("kept"),)) == 60
    hold = await ledger.hold(hold_request(output_tokens=40))
    await settle(ledger, hold, 40)


async def test_a_take_whose_caller_is_gone_is_made_all_the_same(ledger: SqliteLedger, disk: HeldDisk) -> None:
    disk.gate.clear()
    task = asyncio.create_task(ledger.take(1, 60, TakeType.REFUND, "r-1"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    disk.gate.set()

    await nothing_held(ledger)
    assert await ledger.balance(1) == Balance(40, 0)
    assert await ledger.take(1, 60, TakeType.REFUND, "r-1") == 60


async def test_what_is_taken_is_gone_for_others_before_it_is_written(ledger: SqliteLedger, disk: HeldDisk) -> None:
    disk.gate.clear()
    taking = asyncio.create_task(ledger.take(1, 60, TakeType.REFUND, "r-1"))
    await asyncio.sleep(0)

    assert (await ledger.balance(1)).available_credits == 40
    with pytest.raises(OutOfCreditsError):
        await ledger.hold(hold_request(output_tokens=41))

    disk.gate.set()
    assert await taking == 60


async def test_additions_to_one_row_add_up_within_a_commit_and_over_commits(
    ledger: SqliteLedger, disk: HeldDisk, database: Path
) -> None:
    def work(number: int) -> Work:
        amounts = tuple(number * (place + 1) for place in range(AMOUNTS))
        companions = (addition(1, *amounts), addition(2, 1), addition(1, 1))
        return ledger.grant(1, 1, GrantType.BONUS, None, companions)

    for first in (0, 100, 200):
        await disk.in_one_group(ledger, [work(number) for number in range(first, first + 100)])
    await asyncio.gather(*[ledger.grant(1, 1, GrantType.BONUS, None, (addition(1, 0, 1),)) for _ in range(50)])

    total = sum(range(300))
    found = rows(database, "SELECT * FROM usage_rollups ORDER BY key_id")
    expected = [total * (place + 1) for place in range(AMOUNTS)]
    expected[0] += 300
    expected[1] += 50
    assert found == [(1, 0, MODEL, *expected), (2, 0, MODEL, 300, *[0] * 7)]


async def test_takes_survive_a_restart(database: Path) -> None:
    async with open_ledger(database) as ledger:
        await ledger.grant(1, 100, GrantType.BONUS, None)
        await ledger.take(1, 30, TakeType.REFUND, "r-1")
        await ledger.take(2, 30, TakeType.REFUND, "r-2")

    async with open_ledger(database) as ledger:
        assert await ledger.balance(1) == Balance(70, 0)
        assert await ledger.take(1, 99, TakeType.REFUND, "r-1") == 30
        assert await ledger.take(2, 99, TakeType.REFUND, "r-2") == 0
    assert await faults(database) == []
