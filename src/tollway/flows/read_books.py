"""What the operator sees of the books as a whole."""

from msgspec import Struct

from tollway.credits.types import Balance, Check
from tollway.flows.show_books import Totals, show_all
from tollway.flows.verify_books import verify_books
from tollway.kit.database import Database


class BooksState(Struct, frozen=True):
    """Whether the books balance and what is in them; ``wallets`` is all wallets together."""

    checks: tuple[Check, ...]
    totals: Totals
    wallets: Balance


class ReadBooks:
    """Proves the books and adds them up. It reads all of them, so it takes its time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> BooksState:
        """Check every identity of the books, and add them up."""
        checks = await verify_books(self._database)
        wallets, totals = await show_all(self._database)
        posted = sum(wallet.posted_credits for wallet in wallets)
        held = sum(wallet.held_credits for wallet in wallets)
        return BooksState(tuple(checks), totals, Balance(posted, held))
