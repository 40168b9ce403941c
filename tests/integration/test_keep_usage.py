"""Old rows leave the log in small steps, and nothing else does."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.support.calls import Call, id_at, make_call, some_calls, store_cards
from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import NOON_MS, HeldClock, faults, hold_request, open_ledger, usage_row
from tollway.credits.types import Charge, GrantType
from tollway.flows import keep_usage
from tollway.flows.keep_usage import KeepUsage
from tollway.flows.show_books import show_receipt
from tollway.kit.clock import DAY_MS
from tollway.kit.database import Database
from tollway.kit.errors import NotFoundError
from tollway.kit.settings import SettingsError, load_settings
from tollway.usage.repository import delete_inferences
from tollway.usage.types import SLOT_MS

DEADLINE_S = 120.0
KEEP_DAYS = 92
OLD_MS = NOON_MS - KEEP_DAYS * DAY_MS
"""Start of a slot: what started before it is too old at the noon of these tests."""

OLD_ROW = (
    "INSERT INTO inferences SELECT ?, 1, 1, 'twk00001', 'm', '', 'failed', 'api', 0, 0, 0, 0, 0, 1, 0, 0, 0, NULL,"
    " 0, 0, NULL, NULL, ?, ?, NULL, '[]', 0, ''"
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_usage, "PAUSE_S", 0.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = migrated_database(tmp_path)
    add_account(found)
    store_cards(found)
    return found


@asynccontextmanager
async def keeping(path: Path, clock: HeldClock | None = None, *, days: int = KEEP_DAYS) -> AsyncIterator[KeepUsage]:
    database = Database(path)
    try:
        yield KeepUsage(database, clock or HeldClock(), days)
    finally:
        await database.close()


async def make_calls(path: Path, *calls: Call) -> list[str]:
    clock = HeldClock()
    async with open_ledger(path, clock) as ledger:
        await ledger.grant(1, 2**40, GrantType.INIT, None)
        return [await make_call(ledger, clock, call) for call in calls]


def kept(path: Path) -> list[str]:
    return [str(value) for (value,) in rows(path, "SELECT inference_id FROM inferences ORDER BY inference_id")]


def horizon_ms(path: Path) -> int:
    ((found,),) = rows(path, "SELECT kept_from_ms FROM usage_horizon")
    return int(str(found))


def everything_else(path: Path) -> dict[str, list[tuple[object, ...]]]:
    tables = ("holds", "transfers", "ledger_accounts", "exposures", "key_spend", "usage_rollups", "usage_wide_rollups")
    return {table: rows(path, f"SELECT * FROM {table}") for table in tables}  # noqa: S608 - Names of this file.


async def test_what_is_too_old_leaves_the_log_and_nothing_else_changes(path: Path) -> None:
    calls = some_calls(random.Random(5), 1_200, from_ms=OLD_MS - 700 * 60_000, every_ms=60_000)
    made = await make_calls(path, *calls)
    before = everything_else(path)

    async with keeping(path) as keeper:
        assert await keeper.run_once() == 700
        assert await keeper.run_once() == 0

    assert kept(path) == made[700:]
    assert horizon_ms(path) == OLD_MS
    assert everything_else(path) == before
    assert await faults(path) == []


async def test_the_border_is_the_start_of_a_slot(path: Path) -> None:
    made = await make_calls(path, *[Call(started_at_ms=OLD_MS + shift) for shift in (-1, 0, SLOT_MS - 1, SLOT_MS)])

    async with keeping(path, HeldClock(NOON_MS + SLOT_MS - 1)) as keeper:
        assert await keeper.run_once() == 1
    assert (kept(path), horizon_ms(path)) == (made[1:], OLD_MS)

    async with keeping(path, HeldClock(NOON_MS + SLOT_MS)) as keeper:
        assert await keeper.run_once() == 2
    assert (kept(path), horizon_ms(path)) == (made[3:], OLD_MS + SLOT_MS)


async def test_the_moment_of_the_request_decides_and_not_the_one_in_its_id(path: Path) -> None:
    """A recovered row names a moment after its id's, and a clock may be set while a request begins."""
    late, early, far = await make_calls(path, *[Call(started_at_ms=OLD_MS + shift) for shift in (-10, 10, DAY_MS)])
    with closing(sqlite3.connect(path)) as connection, connection:
        for inference_id, started_at_ms in ((late, OLD_MS), (early, OLD_MS - 1), (far, OLD_MS - 2)):
            connection.execute(
                "UPDATE inferences SET started_at_ms = ? WHERE inference_id = ?", (started_at_ms, inference_id)
            )

    async with keeping(path) as keeper:
        await keeper.run_once()
    assert kept(path) == [late, far]

    async with keeping(path, HeldClock(NOON_MS + 2 * DAY_MS)) as keeper:
        await keeper.run_once()
    assert kept(path) == []


async def test_the_horizon_never_goes_back(path: Path) -> None:
    async with keeping(path) as keeper:
        await keeper.run_once()
    async with keeping(path, days=400) as keeper:
        await keeper.run_once()
    async with keeping(path, HeldClock(0)) as keeper:
        await keeper.run_once()

    assert horizon_ms(path) == OLD_MS


async def test_a_reader_is_told_of_the_horizon_before_rows_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_calls(path, *[Call(started_at_ms=OLD_MS - 1) for _ in range(3)])

    async def broken(*_: object, **__: object) -> int:
        raise RuntimeError("the process ends here")

    monkeypatch.setattr(keep_usage, "delete_inferences", broken)
    async with keeping(path) as keeper:
        with pytest.raises(RuntimeError, match="ends here"):
            await keeper.run_once()

    assert (len(kept(path)), horizon_ms(path)) == (3, OLD_MS)
    assert await faults(path) == []
    monkeypatch.undo()
    async with keeping(path) as keeper:
        assert await keeper.run_once() == 3


async def test_the_books_verify_between_any_two_steps(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_usage, "ROWS_AT_ONCE", 7)
    await make_calls(path, *some_calls(random.Random(6), 40, from_ms=OLD_MS - 30 * 60_000, every_ms=60_000))
    found, sizes = [], []

    async def watched(connection: AsyncConnection, *, first_id: str, last_id: str, started_before_ms: int) -> int:
        found.extend(await faults(path))
        sizes.append(
            await delete_inferences(connection, first_id=first_id, last_id=last_id, started_before_ms=started_before_ms)
        )
        return sizes[-1]

    monkeypatch.setattr(keep_usage, "delete_inferences", watched)
    async with keeping(path) as keeper:
        assert await keeper.run_once() == 30

    assert found == []
    assert sizes == [7, 7, 7, 7, 2]
    assert await faults(path) == []


async def test_a_receipt_that_is_gone_is_said_to_be_gone(path: Path) -> None:
    (made,) = await make_calls(path, Call(started_at_ms=OLD_MS - 1))
    async with keeping(path) as keeper:
        await keeper.run_once()

    database = Database(path)
    with pytest.raises(NotFoundError, match="not kept any more"):
        await show_receipt(database, made)
    await database.close()


async def test_settlements_do_not_wait_for_the_deletion(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        moments = [OLD_MS - 1 - number * 1_000 for number in range(4_000)]
        connection.executemany(OLD_ROW, [(id_at(moment_ms), moment_ms, moment_ms) for moment_ms in moments])
    settled = pauses = 0

    async def until_settled(_pause_s: float) -> None:
        """Pause until an inference has been held and settled, both since the pause began."""
        nonlocal pauses
        pauses += 1
        enough = settled + 2
        async with asyncio.timeout(DEADLINE_S):
            while settled < enough:  # noqa: ASYNC110 - the ledger tells nobody
                await asyncio.sleep(0.001)

    monkeypatch.setattr(keep_usage, "asyncio", SimpleNamespace(sleep=until_settled))
    async with open_ledger(path, HeldClock()) as ledger, keeping(path) as keeper:
        await ledger.grant(1, 2**40, GrantType.INIT, None)
        deleting = asyncio.create_task(keeper.run_once())
        while not deleting.done():
            hold = await ledger.hold(hold_request(output_tokens=1))
            await ledger.settle(hold, Charge(1, 0), usage_row(hold, charged=1))
            settled += 1
        assert await deleting == 4_000

    assert pauses == 4_000 / keep_usage.ROWS_AT_ONCE
    assert len(kept(path)) == settled


@pytest.mark.parametrize("days", ["91", "0", "-1", "many", "36501"])
def test_a_time_too_short_for_reports_is_refused(days: str) -> None:
    with pytest.raises(SettingsError, match=r"usage\.keep_days"):
        load_settings(config=None, environment={"TOLLWAY_USAGE__KEEP_DAYS": days})


def test_the_time_is_a_setting() -> None:
    assert load_settings(config=None, environment={}).usage.keep_days == 400
    assert load_settings(config=None, environment={"TOLLWAY_USAGE__KEEP_DAYS": "92"}).usage.keep_days == 92
