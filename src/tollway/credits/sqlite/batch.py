"""The rows of one commit, and the statements that write them."""

import operator
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain

from sqlalchemy import Table

from tollway.credits.sqlite.books import Wallet
from tollway.credits.tables import exposures, holds, key_spend, ledger_accounts, transfers
from tollway.credits.types import Companion, CompanionRow

_SIZES = (64, 32, 16, 8, 4, 2, 1)

Row = Sequence[object]


class RowStatement:
    """One statement over any number of rows, in a few executions.

    Python's SQLite driver gives up the interpreter lock around every step of a statement. Beside a busy event loop each
    time costs the writer a wait for the lock's next change, so `executemany`, with two of them a row, is some hundred
    times slower than its idle figure. Here the rows are bound in powers of two, and each size is compiled once.
    """

    def __init__(self, before: str, columns: int, after: str = "") -> None:
        row = "(" + ",".join("?" * columns) + ")"
        self._by_size = [(size, f"{before} {','.join([row] * size)} {after}") for size in _SIZES]

    def run(self, cursor: sqlite3.Cursor, rows: Sequence[Row]) -> int:
        """Execute the statement for all rows and return how many rows of the table changed."""
        done = changed = 0
        for size, statement in self._by_size:
            while len(rows) - done >= size:
                cursor.execute(statement, list(chain.from_iterable(rows[done : done + size])))
                changed += cursor.rowcount
                done += size
        return changed


def insert_statement(table: Table, columns: Iterable[str] | None = None, after: str = "") -> RowStatement:
    """Build the insertion into a table, of the named columns or of all in their order."""
    names = list(columns) if columns is not None else [column.name for column in table.columns]
    return RowStatement(f"INSERT INTO {table.name} ({','.join(names)}) VALUES", len(names), after)


class Statements:
    """The ledger's statements; those of companion tables are added when they are first met."""

    def __init__(self) -> None:
        self.wallets = insert_statement(ledger_accounts, after="ON CONFLICT (id) DO NOTHING")
        self.holds = insert_statement(holds)
        self.closings = RowStatement(
            "UPDATE holds SET state = column2, closed_at_ms = column3 FROM (VALUES",
            3,
            ") WHERE id = column1 AND state = 'open'",
        )
        self.transfers = insert_statement(
            transfers,
            ("debit_id", "credit_id", "amount_credits", "kind", "hold_id", "reference_id", "created_at_ms"),
        )
        self.exposures = insert_statement(
            exposures,
            after="ON CONFLICT (hold_id) DO UPDATE SET "
            + ", ".join(f"{column.name} = excluded.{column.name}" for column in exposures.columns[1:]),
        )
        # What a crash left noted stays: it says more than the bound that the hold is.
        self.recovered_exposures = insert_statement(
            exposures, after="ON CONFLICT (hold_id) DO UPDATE SET reason = excluded.reason"
        )
        self.forgotten_exposures = RowStatement("DELETE FROM exposures WHERE hold_id IN (VALUES", 1, ")")
        self.spends = insert_statement(
            key_spend,
            after="ON CONFLICT (key_id, day_ms) DO UPDATE SET spent_credits = spent_credits + excluded.spent_credits",
        )
        self.movements = RowStatement(
            "UPDATE ledger_accounts SET posted_credits = posted_credits + column2, "
            "held_credits = held_credits + column3 FROM (VALUES",
            3,
            ") WHERE id = column1",
        )
        self._companions: dict[Table, RowStatement] = {}
        self._sums: dict[Table, RowStatement] = {}

    def companion(self, table: Table) -> RowStatement:
        """Return the insertion into another feature's table."""
        statement = self._companions.get(table)
        if statement is None:
            statement = self._companions[table] = insert_statement(table)
        return statement

    def companion_sum(self, table: Table) -> RowStatement:
        """Return the addition to rows of another feature's table."""
        statement = self._sums.get(table)
        if statement is None:
            key = [column.name for column in table.primary_key]
            added = [column.name for column in table.columns if column.name not in key]
            after = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET "
            after += ", ".join(f"{name} = {name} + excluded.{name}" for name in added)
            statement = self._sums[table] = insert_statement(table, after=after)
        return statement


class Batch:
    """What the operations of one commit write. Changes of one wallet or one key's day are added up to one row."""

    __slots__ = (
        "_companions",
        "_movements",
        "_spends",
        "_statements",
        "_sums",
        "_wallets",
        "closings",
        "cursor",
        "exposures",
        "forgotten_exposures",
        "holds",
        "recovered_exposures",
        "transfers",
    )

    def __init__(self, cursor: sqlite3.Cursor, statements: Statements) -> None:
        self.cursor = cursor
        self.holds: list[Row] = []
        self.closings: list[Row] = []
        self.transfers: list[Row] = []
        self.exposures: list[Row] = []
        self.recovered_exposures: list[Row] = []
        self.forgotten_exposures: list[Row] = []
        self._statements = statements
        self._wallets: dict[int, Row] = {}
        self._spends: dict[tuple[int, int], int] = {}
        self._movements: dict[int, tuple[int, int]] = {}
        self._companions: dict[Table, list[Row]] = {}
        self._sums: dict[Table, dict[tuple[object, ...], tuple[int, ...]]] = {}

    def store(self, wallet: Wallet, now_ms: int) -> None:
        """Add the row of a wallet that has none."""
        self._wallets[wallet.ledger_id] = (wallet.ledger_id, "wallet", wallet.account_id, 0, 0, now_ms)

    def move(self, ledger_id: int, posted_credits: int, held_credits: int) -> None:
        """Change a ledger account's figures by these."""
        posted, held = self._movements.get(ledger_id, (0, 0))
        self._movements[ledger_id] = (posted + posted_credits, held + held_credits)

    def spend(self, key_id: int, day_ms: int, amount_credits: int) -> None:
        """Count a charge on a key's day."""
        place = (key_id, day_ms)
        self._spends[place] = self._spends.get(place, 0) + amount_credits

    def accompany(self, companion: Companion) -> None:
        """Add what another feature writes; amounts for one row are added up here."""
        if isinstance(companion, CompanionRow):
            self._companions.setdefault(companion.table, []).append(companion.values)
            return
        sums = self._sums.setdefault(companion.table, {})
        there = sums.get(companion.key)
        sums[companion.key] = companion.amounts if there is None else tuple(map(operator.add, there, companion.amounts))

    def write(self) -> None:
        """Execute everything, parents before children.

        Raises:
            sqlite3.Error: the database refused; the transaction is the caller's to roll back.
        """
        statements, cursor = self._statements, self.cursor
        statements.wallets.run(cursor, list(self._wallets.values()))
        statements.holds.run(cursor, self.holds)
        if statements.closings.run(cursor, self.closings) != len(self.closings):
            raise sqlite3.IntegrityError("A hold that is to be closed is not open in the database.")
        statements.transfers.run(cursor, self.transfers)
        statements.exposures.run(cursor, self.exposures)
        statements.recovered_exposures.run(cursor, self.recovered_exposures)
        statements.forgotten_exposures.run(cursor, self.forgotten_exposures)
        statements.spends.run(cursor, [(*place, spent) for place, spent in self._spends.items()])
        statements.movements.run(cursor, [(ledger_id, *sums) for ledger_id, sums in self._movements.items()])
        for table, rows in self._companions.items():
            statements.companion(table).run(cursor, rows)
        for table, sums in self._sums.items():
            statements.companion_sum(table).run(cursor, [(*key, *amounts) for key, amounts in sums.items()])
