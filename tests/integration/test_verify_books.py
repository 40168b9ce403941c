import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.support.database import add_account, migrated_database
from tests.support.ledger import faults, hold_request, open_ledger, usage_row
from tollway.credits.pricing import Meters
from tollway.credits.repository import book_totals, find_exposure, stored_balances, wallet_view
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.types import Balance, Charge, Exposure, GrantType
from tollway.flows.verify_books import verify_books
from tollway.kit.database import Database


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
        ("UPDATE inferences SET charged_credits = 24 WHERE inference_id = 'settled'", {"usage_total", "usage_settled"}),
        ("DELETE FROM inferences WHERE inference_id = 'voided'", {"usage_logged"}),
        ("UPDATE inferences SET charged_credits = 1 WHERE inference_id = 'voided'", {"usage_total", "usage_charged"}),
    ],
)
async def test_tampering_is_found(database: Path, tampering: str, found: set[str]) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(tampering)

    assert {check.name for check in await faults(database)} == found


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
