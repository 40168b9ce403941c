"""The changes of the books: what each writes, and what it means for the figures in memory."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence

from msgspec import Struct

from tollway.credits.errors import LedgerUnavailableError
from tollway.credits.limits import day_start_ms
from tollway.credits.sqlite.batch import Batch
from tollway.credits.sqlite.books import KeySpend, PlatformAccount, Wallet
from tollway.credits.types import CHARGE_KIND, Companion, Exposure, Hold


class OpenHold:
    """A hold as the ledger keeps it until it is closed.

    ``closing`` is the operation under way that settles or voids it. ``is_stranded`` is set when that could not be
    written: the answer was then withheld as failed, so that only the ledger may close the hold, as void.
    ``is_row_refused`` is set when the database refuses the row that would accompany that. ``is_noted`` is set when an
    exposure was noted for it while it was under way.
    """

    __slots__ = (
        "closing",
        "created_at_ms",
        "day_ms",
        "hold",
        "is_noted",
        "is_row_refused",
        "is_stranded",
        "model_id",
        "spend",
        "wallet",
    )

    def __init__(self, hold: Hold, model_id: str, wallet: Wallet, spend: KeySpend, now_ms: int) -> None:
        self.hold = hold
        self.model_id = model_id
        self.wallet = wallet
        self.spend = spend
        self.created_at_ms = now_ms
        self.day_ms = day_start_ms(now_ms)
        self.closing: CloseOperation | None = None
        self.is_noted = False
        self.is_row_refused = False
        self.is_stranded = False

    def release(self, charged_credits: int) -> None:
        """Give back in memory what was set aside, less what was charged."""
        amount = self.hold.amount_credits
        self.wallet.held_credits -= amount
        self.wallet.posted_credits -= charged_credits
        self.spend.add(self.day_ms, charged_credits - amount)


def public_error(error: Exception) -> Exception:
    """Turn what the database said into what the port says; a bug stays what it is."""
    if not isinstance(error, sqlite3.OperationalError):
        return error
    unavailable = LedgerUnavailableError()
    unavailable.__cause__ = error
    return unavailable


class HoldOperation:
    """Writes a hold whose credits are set aside in memory already."""

    __slots__ = ("_dropped", "_open", "_undo", "future")

    def __init__(
        self,
        open_hold: OpenHold,
        future: asyncio.Future[None],
        undo: Callable[[OpenHold], None],
        dropped: Callable[[OpenHold], None],
    ) -> None:
        self._open = open_hold
        self._undo = undo
        self._dropped = dropped
        self.future = future

    def collect(self, batch: Batch) -> None:
        """Add the hold's rows."""
        held, hold, wallet = self._open, self._open.hold, self._open.wallet
        if not wallet.is_stored:
            batch.store(wallet, held.created_at_ms)
        amount, now_ms = hold.amount_credits, held.created_at_ms
        version = hold.rate_card.version
        batch.holds.append(
            (
                hold.inference_id,
                hold.account_id,
                hold.key_id,
                held.model_id,
                version,
                amount,
                "open",
                held.day_ms,
                now_ms,
                None,
            )
        )
        batch.move(wallet.ledger_id, 0, amount)

    def committed(self) -> None:
        """Let the caller go on; a caller that is gone will not close its hold, so it is closed here."""
        self._open.wallet.is_stored = True
        if self.future.done():
            self._dropped(self._open)
        else:
            self.future.set_result(None)

    def failed(self, error: Exception) -> None:
        """Give the credits back."""
        self._undo(self._open)
        if not self.future.done():
            self.future.set_exception(public_error(error))


class Closing(Struct, frozen=True):
    """How a hold ends: settled with a charge, or voided when the charge is None."""

    charged_credits: int | None
    exposure: Exposure | None
    rows: Sequence[Companion]


class CloseOperation:
    """Settles or voids a hold; every caller that asks for it meanwhile waits for the same end."""

    __slots__ = ("_done", "_now_ms", "_open", "closing", "futures")

    def __init__(
        self,
        open_hold: OpenHold,
        closing: Closing,
        now_ms: int,
        done: Callable[["CloseOperation", OpenHold, Exception | None], None],
    ) -> None:
        self._open = open_hold
        self._now_ms = now_ms
        self._done = done
        self.closing = closing
        self.futures: list[asyncio.Future[None]] = []

    def collect(self, batch: Batch) -> None:
        """Add the rows of the closing."""
        held, now_ms, closing = self._open, self._now_ms, self.closing
        charged = closing.charged_credits
        hold = held.hold
        hold_id, ledger_id = hold.inference_id, held.wallet.ledger_id
        if charged is None:
            batch.closings.append((hold_id, "voided", now_ms))
            batch.move(ledger_id, 0, -hold.amount_credits)
        else:
            batch.closings.append((hold_id, "settled", now_ms))
            batch.transfers.append((ledger_id, PlatformAccount.REVENUE, charged, CHARGE_KIND, hold_id, None, now_ms))
            batch.move(ledger_id, -charged, -hold.amount_credits)
            batch.move(PlatformAccount.REVENUE, charged, 0)
            batch.spend(hold.key_id, held.day_ms, charged)
        if closing.exposure is not None:
            batch.exposures.append(exposure_row(hold_id, closing.exposure, now_ms))
        elif held.is_noted:
            batch.forgotten_exposures.append((hold_id,))
        for row in closing.rows:
            batch.accompany(row)

    def committed(self) -> None:
        """Release what is left in memory."""
        self._open.release(self.closing.charged_credits or 0)
        self._done(self, self._open, None)
        for future in self.futures:
            if not future.done():
                future.set_result(None)

    def failed(self, error: Exception) -> None:
        """Keep the credits set aside."""
        error = public_error(error)
        self._done(self, self._open, error)
        for future in self.futures:
            if not future.done():
                future.set_exception(error)


def exposure_row(hold_id: str, exposure: Exposure, now_ms: int) -> tuple[object, ...]:
    """Return the row of `credits.tables.exposures`."""
    received = exposure.received
    return (
        hold_id,
        exposure.reason,
        received.input,
        received.cached_input,
        received.output,
        received.reasoning,
        exposure.amount_credits,
        now_ms,
    )


class NoteOperation:
    """Notes what holds under way have received so far."""

    __slots__ = ("_rows", "future")

    def __init__(self, rows: Sequence[tuple[object, ...]], future: asyncio.Future[None]) -> None:
        self._rows = rows
        self.future = future

    def collect(self, batch: Batch) -> None:
        """Add the notes."""
        batch.exposures.extend(self._rows)

    def committed(self) -> None:
        """Let the caller go on."""
        if not self.future.done():
            self.future.set_result(None)

    def failed(self, error: Exception) -> None:
        """Say that nothing was noted."""
        if not self.future.done():
            self.future.set_exception(public_error(error))
