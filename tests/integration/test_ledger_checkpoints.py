"""What is committed reaches the database file, beside the writer; nothing of it is only in the log for long."""

import asyncio
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import hold_request, open_ledger, usage_row
from tollway.credits.sqlite import checkpoints
from tollway.credits.sqlite.checkpoints import Checkpoints
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.types import Charge, GrantType

DEADLINE_S = 10


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
    return [str(found) for (found,) in rows(copy, "SELECT inference_id FROM inferences ORDER BY inference_id")]


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
    moves, asked = [], asyncio.Event()
    counts = iter([1, 1, 1, 2, 2])

    def count() -> int:
        count = next(counts, None)
        if count is None:
            asked.set()
        return count or 2

    with closing(Checkpoints.open(path, count)) as moving:
        monkeypatch.setattr(moving, "move", lambda: moves.append(1))
        task = asyncio.create_task(moving.run())
        async with asyncio.timeout(DEADLINE_S):
            await asked.wait()
        task.cancel()
    assert len(moves) == 2


async def test_a_database_that_cannot_be_written_is_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_EVERY_S", 0.001)
    moved, commits = threading.Event(), iter(range(1, 1_000_000))

    def move() -> None:
        if caplog.records:
            moved.set()
            return
        raise sqlite3.OperationalError("disk full")

    with closing(Checkpoints.open(path, lambda: next(commits))) as moving:
        monkeypatch.setattr(moving, "move", move)
        task = asyncio.create_task(moving.run())
        assert await asyncio.to_thread(moved.wait, DEADLINE_S)
        task.cancel()
    assert "pages of the log not moved" in caplog.text
