"""What a starting ledger finds in the database, and what it does with holds that nobody was left to close."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence

from tollway.credits.pricing import Meters
from tollway.credits.sqlite.batch import Batch
from tollway.credits.sqlite.books import DAYS_KEPT, Books, KeySpend, Wallet
from tollway.credits.sqlite.operations import exposure_row
from tollway.credits.types import Companion, Exposure, RecoveredHold
from tollway.kit.clock import DAY_MS

RECOVERED = "recovered"

RecoveredRows = Callable[[RecoveredHold], Sequence[Companion]]
"""Makes what usage is told of a hold which the ledger voided by itself."""


def unknown_exposure(amount_credits: int) -> Exposure:
    """Return the exposure of a hold whose answer is lost: no counts, and the hold as the most it may have cost."""
    return Exposure(reason=RECOVERED, received=Meters(), amount_credits=amount_credits)


class RecoverOperation:
    """Voids a hold that an earlier process left open."""

    def __init__(self, hold: RecoveredHold, ledger_id: int, rows: Sequence[Companion]) -> None:
        self._hold = hold
        self._ledger_id = ledger_id
        self._rows = rows

    def collect(self, batch: Batch) -> None:
        """Add the rows of the closing, with an exposure."""
        hold = self._hold
        batch.closings.append((hold.inference_id, "voided", hold.closed_at_ms))
        batch.move(self._ledger_id, 0, -hold.amount_credits)
        exposure = unknown_exposure(hold.amount_credits)
        batch.recovered_exposures.append(exposure_row(hold.inference_id, exposure, hold.closed_at_ms))
        for row in self._rows:
            batch.accompany(row)

    def committed(self) -> None:
        """Nothing is in memory yet."""

    def failed(self, error: Exception) -> None:
        """Nothing is in memory yet."""


def open_holds(connection: sqlite3.Connection, now_ms: int, rows: RecoveredRows) -> list[RecoverOperation]:
    """Return what voids every hold that is open in the database."""
    found = connection.execute(
        "SELECT h.id, h.account_id, h.key_id, h.model_id, h.rate_card_version, h.amount_credits, h.created_at_ms, w.id "
        "FROM holds h JOIN ledger_accounts w ON w.account_id = h.account_id AND w.kind = 'wallet' "
        "WHERE h.state = 'open' ORDER BY h.created_at_ms"
    ).fetchall()
    operations = []
    for hold_id, account_id, key_id, model_id, version, amount, created_at_ms, ledger_id in found:
        hold = RecoveredHold(
            inference_id=hold_id,
            account_id=account_id,
            key_id=key_id,
            model_id=model_id,
            rate_card_version=version,
            amount_credits=amount,
            created_at_ms=created_at_ms,
            closed_at_ms=now_ms,
        )
        operations.append(RecoverOperation(hold, ledger_id, rows(hold)))
    return operations


def load_books(connection: sqlite3.Connection, now_ms: int) -> Books:
    """Read the figures that the ledger keeps in memory. No hold may be open."""
    wallets = {
        account_id: Wallet(ledger_id, account_id, posted, is_stored=True)
        for ledger_id, account_id, posted in connection.execute(
            "SELECT id, account_id, posted_credits FROM ledger_accounts WHERE kind = 'wallet'"
        )
    }
    (last_id,) = connection.execute("SELECT max(id) FROM ledger_accounts").fetchone()
    days: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for key_id, day_ms, spent in connection.execute(
        "SELECT key_id, day_ms, spent_credits FROM key_spend WHERE day_ms > ?", (now_ms - DAYS_KEPT * DAY_MS,)
    ):
        days[key_id][day_ms] = spent
    totals = connection.execute("SELECT key_id, sum(spent_credits) FROM key_spend GROUP BY key_id")
    return Books(wallets, {key_id: KeySpend(total, days[key_id]) for key_id, total in totals}, last_id + 1)
