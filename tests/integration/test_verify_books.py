import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.support.database import add_account, migrated_database
from tests.support.ledger import NOON_MS, faults, hold_request, open_ledger, usage_row
from tollway.credits.pricing import Meters
from tollway.credits.repository import book_totals, find_exposure, stored_balances, wallet_view
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.types import Balance, Charge, Exposure, GrantType
from tollway.flows.verify_books import verify_books
from tollway.kit.database import Database
from tollway.usage.tables import usage_rollups
from tollway.usage.types import SLOT_MS

A_ROW_VANISHES_WITH_ITS_SUMS = """
DELETE FROM inferences WHERE inference_id = 'voided';
UPDATE usage_rollups SET failed = 0;
UPDATE usage_wide_rollups SET failed = 0;
"""
A_CHARGE_CHANGES_EVERYWHERE_BUT_IN_THE_SUMS = """
UPDATE transfers SET amount_credits = 24 WHERE hold_id = 'settled';
UPDATE key_spend SET spent_credits = 24;
UPDATE ledger_accounts SET posted_credits = posted_credits + 1 WHERE account_id = 1;
UPDATE ledger_accounts SET posted_credits = posted_credits - 1 WHERE kind = 'revenue';
UPDATE inferences SET charged_credits = 24 WHERE inference_id = 'settled';
UPDATE usage_wide_rollups SET charged_credits = 24;
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = migrated_database(tmp_path)
    add_account(path, 1, keys=(1,))
    add_account(path, 2, keys=(2,))
    return path


@pytest.fixture
async def ledger(database: Path) -> AsyncIterator[SqliteLedger]:
    """Books with a settled, a voided and an open hold."""
    async with open_ledger(database) as opened:
        await opened.grant(1, 1_000, GrantType.PAYMENT, "invoice-1")
        await opened.grant(2, 1_000, GrantType.BONUS, None)
        settled = await opened.hold(hold_request(output_tokens=60, hold_id="settled"))
        await opened.settle(settled, Charge(25, 0), usage_row(settled, charged=25))
        voided = await opened.hold(hold_request(output_tokens=60, hold_id="voided"))
        await opened.void(voided, None, usage_row(voided, failed=True))
        await opened.hold(hold_request(output_tokens=60, hold_id="open"))
        yield opened


@pytest.mark.usefixtures("ledger")
async def test_the_books_of_a_running_server_verify(database: Path) -> None:
    reader = Database(database)
    checks = await verify_books(reader)
    await reader.close()

    assert all(check.ok for check in checks)
    assert {check.name for check in checks} >= {"conservation", "posted", "held", "settled", "key_spend", "usage_total"}
    assert "1 open holds" in {check.detail for check in checks}


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        (
            "UPDATE ledger_accounts SET posted_credits = posted_credits + 1 WHERE account_id = 1",
            {"conservation", "posted"},
        ),
        ("UPDATE ledger_accounts SET held_credits = 61 WHERE account_id = 1", {"held"}),
        ("UPDATE ledger_accounts SET held_credits = 1 WHERE account_id = 2", {"held"}),
        ("UPDATE ledger_accounts SET held_credits = 1 WHERE kind = 'revenue'", {"held"}),
        (
            "UPDATE transfers SET amount_credits = 61 WHERE hold_id = 'settled'",
            {"posted", "settled", "key_spend", "usage_total", "usage_settled"},
        ),
        ("DELETE FROM transfers WHERE hold_id = 'settled'", {"posted", "settled", "key_spend", "usage_total"}),
        ("UPDATE transfers SET debit_id = 6 WHERE hold_id = 'settled'", {"posted", "settled"}),
        ("UPDATE transfers SET hold_id = 'voided' WHERE hold_id = 'settled'", {"settled", "released", "usage_settled"}),
        ("UPDATE holds SET state = 'open' WHERE id = 'settled'", {"held", "released", "usage_charged"}),
        ("UPDATE holds SET state = 'voided' WHERE id = 'open'", {"held", "usage_logged"}),
        ("UPDATE key_spend SET spent_credits = 24", {"key_spend"}),
        ("INSERT INTO key_spend VALUES (2, 0, 5)", {"key_spend"}),
        (
            "UPDATE inferences SET charged_credits = 24 WHERE inference_id = 'settled'",
            {"usage_rollups", "usage_settled"},
        ),
        ("DELETE FROM inferences WHERE inference_id = 'settled'", {"usage_rollups", "usage_settled", "usage_logged"}),
        ("DELETE FROM inferences WHERE inference_id = 'voided'", {"usage_rollups", "usage_logged"}),
        (
            "UPDATE inferences SET charged_credits = 1 WHERE inference_id = 'voided'",
            {"usage_rollups", "usage_charged"},
        ),
        ("UPDATE inferences SET status = 'succeeded' WHERE inference_id = 'voided'", {"usage_rollups"}),
        ("UPDATE inferences SET started_at_ms = started_at_ms - 1", {"usage_rollups"}),
        ("UPDATE inferences SET output_tokens = output_tokens + 1 WHERE inference_id = 'settled'", {"usage_rollups"}),
        ("UPDATE inferences SET key_id = 2 WHERE inference_id = 'voided'", {"usage_rollups"}),
        ("UPDATE inferences SET account_id = 2 WHERE inference_id = 'voided'", {"usage_charged"}),
        (
            "UPDATE inferences SET inference_id = 'made-up' WHERE inference_id = 'voided'",
            {"usage_charged", "usage_logged"},
        ),
        (A_ROW_VANISHES_WITH_ITS_SUMS, {"usage_logged"}),
        (A_CHARGE_CHANGES_EVERYWHERE_BUT_IN_THE_SUMS, {"usage_total", "usage_rollups", "usage_wide_rollups"}),
        ("DELETE FROM usage_wide_rollups", {"usage_wide_rollups"}),
        ("DELETE FROM usage_rollups", {"usage_total", "usage_rollups", "usage_wide_rollups"}),
        ("UPDATE usage_rollups SET slot_ms = slot_ms + 900000", {"usage_rollups"}),
        ("UPDATE usage_wide_rollups SET slot_ms = slot_ms + 10800000", {"usage_wide_rollups"}),
        (
            "INSERT INTO usage_rollups VALUES (2, 0, 'm', 0, 1, 0, 0, 0, 0, 0, 0)",
            {"usage_rollups", "usage_wide_rollups"},
        ),
    ],
)
async def test_tampering_is_found(database: Path, tampering: str, found: set[str]) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executescript(tampering)

    assert {check.name for check in await faults(database)} == found


@pytest.mark.usefixtures("ledger")
async def test_a_key_whose_days_are_wrong_is_named(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO key_spend VALUES (2, 86400000, 5)")

    assert [check.detail.rpartition(": ")[2] for check in await faults(database)] == ["key 2 on 86400000"]


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("amount", [column.name for column in usage_rollups.columns][3:])
@pytest.mark.parametrize("table", ["usage_rollups", "usage_wide_rollups"])
async def test_each_sum_is_compared(database: Path, table: str, amount: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"UPDATE {table} SET {amount} = {amount} + 1")  # noqa: S608 - Names of this file.

    found = {"usage_wide_rollups"} if table == "usage_wide_rollups" else {"usage_rollups", "usage_wide_rollups"}
    if (table, amount) == ("usage_rollups", "charged_credits"):
        found.add("usage_total")
    checks = await faults(database)
    assert {check.name for check in checks} == found
    assert all("key 1 at " in check.detail for check in checks if check.name != "usage_total")


def set_horizon(database: Path, horizon_ms: int, *further: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE usage_horizon SET kept_from_ms = ?", (horizon_ms,))
        for statement in further:
            connection.execute(statement)


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("gone", ["1", "inference_id = 'settled'", "0"])
async def test_rows_before_the_horizon_may_be_gone(database: Path, gone: str) -> None:
    set_horizon(database, NOON_MS + SLOT_MS, f"DELETE FROM inferences WHERE {gone}")  # noqa: S608 - Words of this file.

    assert await faults(database) == []


@pytest.mark.usefixtures("ledger")
async def test_rows_before_the_horizon_that_are_still_there_are_compared_with_charges(database: Path) -> None:
    set_horizon(database, NOON_MS + SLOT_MS, "UPDATE inferences SET charged_credits = 24 WHERE charged_credits = 25")

    assert {check.name for check in await faults(database)} == {"usage_settled"}


@pytest.mark.usefixtures("ledger")
async def test_sums_before_the_horizon_still_equal_the_charges(database: Path) -> None:
    set_horizon(database, NOON_MS + SLOT_MS, "DELETE FROM inferences", "UPDATE usage_rollups SET charged_credits = 24")

    assert {check.name for check in await faults(database)} == {"usage_total", "usage_wide_rollups"}


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(("hold_after_ms", "is_missed"), [(SLOT_MS - 1, False), (SLOT_MS, True)])
async def test_a_hold_shortly_after_the_horizon_may_be_of_a_request_before_it(
    database: Path, hold_after_ms: int, is_missed: bool
) -> None:
    set_horizon(
        database,
        NOON_MS,
        f"UPDATE holds SET created_at_ms = {NOON_MS + hold_after_ms}",  # noqa: S608 - Numbers of this file.
        "DELETE FROM inferences",
        "DELETE FROM usage_rollups WHERE charged_credits = 0",
        f"UPDATE usage_rollups SET slot_ms = {NOON_MS - SLOT_MS}",  # noqa: S608 - Numbers of this file.
        f"UPDATE usage_wide_rollups SET slot_ms = {NOON_MS - 12 * SLOT_MS}",  # noqa: S608 - Numbers of this file.
    )

    assert {check.name for check in await faults(database)} == (
        {"usage_settled", "usage_logged"} if is_missed else set()
    )


@pytest.mark.usefixtures("ledger")
async def test_a_wallet_is_shown_with_its_movements_and_holds(database: Path) -> None:
    reader = Database(database)
    async with reader.connect() as connection:
        view = await wallet_view(connection, 1)
        nobody = await wallet_view(connection, 99)
        stored = await stored_balances(connection)
    await reader.close()

    assert view.balance == stored[1] == Balance(975, 60)
    assert set(stored) == {1, 2}
    assert [(entry.kind, entry.amount_credits, entry.reference_id) for entry in view.transfers] == [
        ("MODEL_USAGE", -25, "settled"),
        ("PAYMENT", 1_000, "invoice-1"),
    ]
    assert [(hold.inference_id, hold.amount_credits) for hold in view.open_holds] == [("open", 60)]
    assert (nobody.balance, nobody.transfers, nobody.open_holds) == (Balance(0, 0), (), ())


async def test_only_what_was_voided_adds_up_as_exposure(database: Path, ledger: SqliteLedger) -> None:
    failed = Exposure(reason="upstream_failed", received=Meters(3, 0, 2, 1), amount_credits=6)
    for name in ("failed", "running"):
        hold = await ledger.hold(hold_request(output_tokens=60, hold_id=name))
        await ledger.note_exposures([(hold, msgspec.structs.replace(failed, amount_credits=7))])
        if name == "failed":
            await ledger.void(hold, failed, usage_row(hold, failed=True))
    reader = Database(database)
    async with reader.connect() as connection:
        totals = await book_totals(connection)
        found = await find_exposure(connection, "failed")
    await reader.close()

    assert (totals.charged_credits, totals.exposure_credits) == (25, 6)
    assert found == failed


async def _change_and_raise(database: Database) -> None:
    async with database.begin() as connection:
        await connection.exec_driver_sql("UPDATE accounts SET email = 'other@example.com' WHERE id = 1")
        raise RuntimeError("changed my mind")


async def test_a_transaction_that_raises_leaves_nothing(database: Path) -> None:
    reader = Database(database)
    with pytest.raises(RuntimeError, match="changed my mind"):
        await _change_and_raise(reader)
    async with reader.connect() as connection:
        found = await connection.exec_driver_sql("SELECT email FROM accounts WHERE id = 1")
        pragmas = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
        assert found.scalar() == "account1@example.com"
        assert pragmas == ["wal", 2, 1, 5_000]
    await reader.close()


async def test_readers_see_one_moment(database: Path, ledger: SqliteLedger) -> None:
    reader = Database(database)
    async with reader.connect() as connection:
        before = (await stored_balances(connection))[2]
        await ledger.grant(2, 500, GrantType.BONUS, None)
        assert (await stored_balances(connection))[2] == before
    async with reader.connect() as connection:
        assert (await stored_balances(connection))[2].posted_credits == before.posted_credits + 500
    await reader.close()
