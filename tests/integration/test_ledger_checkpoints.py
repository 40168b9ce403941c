"""What is committed reaches the database file, beside the writer; nothing of it is only in the log for long."""

import asyncio
import shutil
import sqlite3
import threading
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import hold_request, open_ledger, usage_row
from tollway.credits.sqlite import checkpoints
from tollway.credits.sqlite.checkpoints import Checkpoints
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.types import Charge, GrantType

DEADLINE_S = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = migrated_database(tmp_path)
    add_account(found)
    return found


async def make_call(ledger: SqliteLedger) -> str:
    hold = await ledger.hold(hold_request())
    await ledger.settle(hold, Charge(1, 0), usage_row(hold, charged=1))
    return hold.inference_id


def in_the_file_alone(path: Path) -> list[str]:
    """The inferences that the database file has without its log."""
    copy = path.with_name("copy.db")
    shutil.copyfile(path, copy)
    try:
        return [str(found) for (found,) in rows(copy, "SELECT inference_id FROM inferences ORDER BY inference_id")]
    except sqlite3.DatabaseError:
        # It was copied while pages were moved.
        return []


async def test_what_was_committed_is_moved_while_the_ledger_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_EVERY_S", 0.001)
    async with open_ledger(path) as ledger:
        await ledger.grant(1, 1_000, GrantType.INIT, None)
        first = await make_call(ledger)
        assert in_the_file_alone(path) == []
        with closing(Checkpoints.open(path, lambda: ledger.commits)) as moving:
            task = asyncio.create_task(moving.run())
            async with asyncio.timeout(DEADLINE_S):
                while first not in in_the_file_alone(path):  # noqa: ASYNC110 - a thread moves it
                    await asyncio.sleep(0.005)
                second = await make_call(ledger)
                while second not in in_the_file_alone(path):  # noqa: ASYNC110 - a thread moves it
                    await asyncio.sleep(0.005)
            task.cancel()
        assert (await ledger.balance(1)).posted_credits == 998


async def test_nothing_is_done_while_nothing_is_committed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_EVERY_S", 0.0)
    outcomes, moves, asked = iter([False, True, True]), [], asyncio.Event()
    counts = iter([1, 1, 1, 1, 2, 2])

    def move() -> bool:
        moves.append(1)
        return next(outcomes)

    def commits() -> int:
        told = next(counts, None)
        if told is None:
            asked.set()
        return told or 2

    with closing(Checkpoints.open(path, commits)) as moving:
        monkeypatch.setattr(moving, "move", move)
        task = asyncio.create_task(moving.run())
        async with asyncio.timeout(DEADLINE_S):
            await asked.wait()
        task.cancel()
    # Twice for the first commit, because the first time a reader was in the way, and once for the second.
    assert len(moves) == 3


async def test_a_database_that_cannot_be_written_is_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_EVERY_S", 0.001)
    moved, attempts = threading.Event(), count(1)

    def move() -> bool:
        if next(attempts) < 3:
            raise sqlite3.OperationalError("disk full")
        moved.set()
        return True

    with closing(Checkpoints.open(path, lambda: 1)) as moving:
        monkeypatch.setattr(moving, "move", move)
        task = asyncio.create_task(moving.run())
        assert await asyncio.to_thread(moved.wait, DEADLINE_S)
        task.cancel()
    assert [record.getMessage() for record in caplog.records] == ["pages of the log not moved"]
