"""The disk fails under the ledger, and comes back."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import faults, hold_request, nothing_held, open_ledger, usage_row
from tollway.credits.errors import LedgerUnavailableError
from tollway.credits.sqlite.writer import open_connection
from tollway.credits.types import Balance, Charge, GrantType, Hold


class FaultyDisk:
    """Connections whose statements fail as on a full disk while ``failing`` names their beginning."""

    def __init__(self) -> None:
        self.failing: str | None = None

    def connect(self, database: Path) -> sqlite3.Connection:
        return open_connection(database, factory=self._connection_class())

    def _connection_class(self) -> type[sqlite3.Connection]:
        disk = self

        class Cursor(sqlite3.Cursor):
            def execute(self, sql: str, parameters: object = ()) -> "Cursor":
                if disk.failing is not None and sql.startswith(disk.failing):
                    raise sqlite3.OperationalError("database or disk is full")
                super().execute(sql, parameters)  # type: ignore[arg-type]
                return self

        class Connection(sqlite3.Connection):
            def cursor(self, factory: type[sqlite3.Cursor] = Cursor) -> sqlite3.Cursor:  # type: ignore[override]
                return super().cursor(factory)

        return Connection


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = migrated_database(tmp_path)
    add_account(path)
    return path


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollway.credits.sqlite.ledger.RETRY_S", 0.01)


STAGES = ["BEGIN", "INSERT INTO holds", "UPDATE ledger_accounts", "COMMIT"]


@pytest.mark.parametrize("stage", STAGES)
async def test_a_hold_that_cannot_be_written_takes_nothing(database: Path, stage: str) -> None:
    disk = FaultyDisk()
    async with open_ledger(database, connect=disk.connect) as ledger:
        await ledger.grant(1, 100, GrantType.BONUS, None)

        disk.failing = stage
        outcomes = await asyncio.gather(
            *[ledger.hold(hold_request(output_tokens=10)) for _ in range(20)], return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes[:10]] == [LedgerUnavailableError] * 10
        assert not any(isinstance(outcome, Hold) for outcome in outcomes)
        assert await ledger.balance(1) == Balance(100, 0)
        assert rows(database, "SELECT count(*) FROM holds") == [(0,)]

        disk.failing = None
        hold = await ledger.hold(hold_request(output_tokens=100))
        await ledger.settle(hold, Charge(100, 0), usage_row(hold, charged=100))
    assert await faults(database) == []


@pytest.mark.parametrize("stage", ["UPDATE holds", "INSERT INTO transfers", "INSERT INTO inferences", "COMMIT"])
async def test_a_settlement_that_cannot_be_written_becomes_a_void(database: Path, stage: str) -> None:
    disk = FaultyDisk()
    async with open_ledger(database, connect=disk.connect) as ledger:
        await ledger.grant(1, 100, GrantType.BONUS, None)
        hold = await ledger.hold(hold_request(output_tokens=60))

        disk.failing = stage
        with pytest.raises(LedgerUnavailableError) as failed:
            await ledger.settle(hold, Charge(25, 0), usage_row(hold, charged=25))
        assert failed.value.status == 503
        assert await ledger.balance(1) == Balance(100, 60)

        disk.failing = None
        await nothing_held(ledger)
        assert await ledger.balance(1) == Balance(100, 0)
    assert rows(database, "SELECT status, error_code FROM inferences") == [("failed", "recovered")]
    assert rows(database, "SELECT reason, amount_credits FROM exposures") == [("recovered", 60)]
    assert await faults(database) == []


async def test_an_answer_that_was_withheld_cannot_be_charged_later(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tollway.credits.sqlite.ledger.RETRY_S", 3_600)
    disk = FaultyDisk()
    async with open_ledger(database, connect=disk.connect) as ledger:
        await ledger.grant(1, 100, GrantType.BONUS, None)
        hold = await ledger.hold(hold_request(output_tokens=60))
        disk.failing = "COMMIT"
        with pytest.raises(LedgerUnavailableError):
            await ledger.settle(hold, Charge(25, 0), usage_row(hold, charged=25))

        disk.failing = None
        with pytest.raises(LedgerUnavailableError):
            await ledger.settle(hold, Charge(25, 0), usage_row(hold, charged=25))
        assert await ledger.balance(1) == Balance(100, 60)
    assert rows(database, "SELECT state FROM holds") == [("open",)]


async def test_what_cannot_be_released_before_the_end_is_released_at_the_next_start(database: Path) -> None:
    disk = FaultyDisk()
    async with open_ledger(database, connect=disk.connect) as ledger:
        await ledger.grant(1, 100, GrantType.BONUS, None)
        hold = await ledger.hold(hold_request(output_tokens=60))
        disk.failing = "COMMIT"
        with pytest.raises(LedgerUnavailableError):
            await ledger.void(hold, None, usage_row(hold, failed=True))

    async with open_ledger(database) as ledger:
        assert await ledger.balance(1) == Balance(100, 0)
    assert rows(database, "SELECT state FROM holds") == [("voided",)]
    assert rows(database, "SELECT reason, amount_credits FROM exposures") == [("recovered", 60)]
    assert rows(database, "SELECT status, error_code FROM inferences") == [("failed", "recovered")]
    assert await faults(database) == []


async def test_one_refused_operation_does_not_fail_its_neighbours(database: Path) -> None:
    async with open_ledger(database) as ledger:
        await ledger.grant(1, 1_000, GrantType.BONUS, None)
        holds = await asyncio.gather(*[ledger.hold(hold_request(output_tokens=10)) for _ in range(30)])
        wrong = usage_row(holds[0], charged=1)

        ends = [
            ledger.settle(hold, Charge(1, 0), wrong if hold is holds[1] else usage_row(hold, charged=1))
            for hold in holds
        ]
        outcomes = await asyncio.gather(*ends, return_exceptions=True)

        # The row of the first was given to the second, too, so that its id was taken.
        assert [index for index, outcome in enumerate(outcomes) if outcome is not None] == [1]
        assert isinstance(outcomes[1], sqlite3.IntegrityError)
        await ledger.void(holds[1], None, usage_row(holds[1], failed=True))
        assert await ledger.balance(1) == Balance(1_000 - 29, 0)
    assert await faults(database) == []


async def test_a_closed_ledger_refuses(database: Path) -> None:
    async with open_ledger(database) as ledger:
        await ledger.grant(1, 5, GrantType.BONUS, None)
    with pytest.raises(LedgerUnavailableError):
        await ledger.hold(hold_request())
    with pytest.raises(LedgerUnavailableError):
        await ledger.grant(1, 5, GrantType.BONUS, None)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tollway.db"
    path.touch()
    with pytest.raises(LedgerUnavailableError, match="no such table"):
        async with open_ledger(path):
            pass


async def test_a_ledger_that_cannot_write_says_so_until_it_can(database: Path) -> None:
    disk = FaultyDisk()
    async with open_ledger(database, connect=disk.connect) as ledger:
        assert await ledger.can_write()
        disk.failing = "UPDATE ledger_accounts"
        with pytest.raises(LedgerUnavailableError):
            await ledger.grant(1, 100, GrantType.BONUS, None)
        assert not await ledger.can_write()

        disk.failing = None
        assert await ledger.can_write()
    assert not await ledger.can_write()
    assert await faults(database) == []
