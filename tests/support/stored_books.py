"""What a server's database says of requests and money, read beside the running server."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

DEADLINE_S = 60.0


class StoredBooks:
    """Reads the database of one data folder."""

    def __init__(self, data_folder: Path) -> None:
        self._path = data_folder / "tollway.db"

    def receipts(self) -> dict[str, dict[str, Any]]:
        """The usage log by inference id."""
        return {row["inference_id"]: row for row in self._rows("SELECT * FROM inferences")}

    def receipts_of(self, email: str) -> list[dict[str, Any]]:
        """The usage log of one account."""
        return self._rows(
            "SELECT i.* FROM inferences i JOIN accounts a ON a.id = i.account_id WHERE a.email = ? ORDER BY i.rowid",
            email,
        )

    def receipt(self, inference_id: str) -> dict[str, Any]:
        """The usage log's row of one inference."""
        (row,) = self._rows("SELECT * FROM inferences WHERE inference_id = ?", inference_id)
        return row

    def charges(self) -> dict[str, int]:
        """The credits charged by inference id; fails where one was charged twice."""
        rows = self._rows("SELECT hold_id, amount_credits FROM transfers WHERE kind = 'MODEL_USAGE'")
        charges = {row["hold_id"]: row["amount_credits"] for row in rows}
        assert len(charges) == len(rows), "an inference was charged twice"
        return charges

    def hold_states(self) -> dict[str, str]:
        """The state of every hold by inference id."""
        return {row["id"]: row["state"] for row in self._rows("SELECT id, state FROM holds")}

    def exposures(self) -> dict[str, dict[str, Any]]:
        """The exposure records by inference id."""
        return {row["hold_id"]: row for row in self._rows("SELECT * FROM exposures")}

    def open_holds(self) -> list[str]:
        """The ids of the holds that are open."""
        return [row["id"] for row in self._rows("SELECT id FROM holds WHERE state = 'open'")]

    def wallet(self, email: str) -> tuple[int, int]:
        """The posted and the held credits of an account."""
        (row,) = self._rows(
            "SELECT posted_credits, held_credits FROM ledger_accounts w JOIN accounts a ON a.id = w.account_id "
            "WHERE w.kind = 'wallet' AND a.email = ?",
            email,
        )
        return row["posted_credits"], row["held_credits"]

    async def nothing_held(self) -> None:
        """Wait until no hold is open.

        Raises:
            AssertionError: one still is at the deadline.
        """
        try:
            async with asyncio.timeout(DEADLINE_S):
                while self.open_holds():  # noqa: ASYNC110 - the server is another process
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"holds are still open: {self.open_holds()}") from None

    def _rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self._path, timeout=DEADLINE_S)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]
