"""What the operator sees of the books as a whole."""

from msgspec import Struct

from tollway.credits.types import Balance, Check
from tollway.flows.show_books import Totals, show_all
from tollway.flows.verify_books import verify_books
from tollway.kit.clock import Clock
from tollway.kit.database import Database


class BooksState(Struct, frozen=True):
    """Whether the books balance and what is in them.

    ``wallets`` is all wallets together, ``checked_at_ms`` when the check began and ``took_ms`` how long it all took.
    """

    checks: tuple[Check, ...]
    totals: Totals
    wallets: Balance
    checked_at_ms: int
    took_ms: int


class ReadBooks:
    """Proves the books and adds them up. It reads all of them, so it takes its time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def read(self) -> BooksState:
        """Check every identity of the books, and add them up."""
        checked_at_ms, began_s = self._clock.now_ms(), self._clock.monotonic_s()
        checks = await verify_books(self._database)
        wallets, totals = await show_all(self._database)
        posted = sum(wallet.posted_credits for wallet in wallets)
        held = sum(wallet.held_credits for wallet in wallets)
        took_ms = round((self._clock.monotonic_s() - began_s) * 1000)
        return BooksState(tuple(checks), totals, Balance(posted, held), checked_at_ms, took_ms)
