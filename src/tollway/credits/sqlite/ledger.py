"""The ledger's port on SQLite: decides on the event loop, writes through the writer thread."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from tollway.credits.admission import Admitted, admit, least_credits
from tollway.credits.errors import KeyLimitReachedError, LedgerUnavailableError, OutOfCreditsError
from tollway.credits.sqlite.batch import Batch
from tollway.credits.sqlite.books import Books, KeySpend, PlatformAccount, Wallet
from tollway.credits.sqlite.lock import LedgerLock
from tollway.credits.sqlite.movements import GrantOperation, Movement, TakeOperation
from tollway.credits.sqlite.operations import (
    CloseOperation,
    Closing,
    HoldOperation,
    NoteOperation,
    OpenHold,
    exposure_row,
)
from tollway.credits.sqlite.recovery import (
    RecoveredRows,
    RecoverOperation,
    load_books,
    open_holds,
    unknown_exposure,
)
from tollway.credits.sqlite.writer import BATCH_MAX, Committer, Writer, open_connection
from tollway.credits.types import (
    Balance,
    Charge,
    Companion,
    Exposure,
    GrantType,
    Hold,
    HoldRequest,
    RecoveredHold,
    TakeType,
)
from tollway.kit.clock import Clock
from tollway.kit.metrics import Metrics

RETRY_S = 1.0
"""Pause before a stranded hold is tried again."""

_log = logging.getLogger(__name__)


class SqliteLedger:
    """The only owner of a database's books; see the port `credits.types.Ledger` for what its methods promise.

    Credits are set aside in memory, in one step on the event loop, before the row is written: whoever comes next sees
    less, whether or not the commit has happened. They are given back in memory after the commit that gives them back.
    """

    def __init__(  # noqa: PLR0913 - the parts that it is put together from
        self,
        *,
        books: Books,
        committer: Committer,
        lock: LedgerLock,
        clock: Clock,
        recovered_rows: RecoveredRows,
        metrics: Metrics,
    ) -> None:
        self._books = books
        self._lock = lock
        self._clock = clock
        self._recovered_rows = recovered_rows
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._open: dict[str, OpenHold] = {}
        self._stranded: list[OpenHold] = []
        self._retry: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._writer = Writer(committer, self._loop)

    @classmethod
    async def open(
        cls,
        database: Path,
        *,
        clock: Clock,
        recovered_rows: RecoveredRows,
        metrics: Metrics | None = None,
        connect: Callable[[Path], sqlite3.Connection] = open_connection,
    ) -> Self:
        """Take a migrated database's lock, void the holds that an earlier process left open, and load the books.

        ``metrics`` is told how long holds and settlements take to be durable.

        Raises:
            LedgerLockedError: another process owns the ledger.
            LedgerUnavailableError: the database cannot be read or recovery could not be written.
        """
        lock = LedgerLock.acquire(database)
        try:
            books, committer = await asyncio.to_thread(_recover, database, clock.now_ms(), recovered_rows, connect)
        except BaseException:
            lock.release()
            raise
        return cls(
            books=books,
            committer=committer,
            lock=lock,
            clock=clock,
            recovered_rows=recovered_rows,
            metrics=metrics or Metrics(),
        )

    @property
    def commits(self) -> int:
        """How often something was committed."""
        return self._writer.commits

    async def close(self) -> None:
        """Write what is under way, then give the database back. Closing twice does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._retry is not None:
            self._retry.cancel()
        await self._writer.close()
        self._lock.release()

    async def hold(self, request: HoldRequest) -> Hold:
        """Set money aside for one inference."""
        self._require_open()
        inference_id = request.inference_id
        if inference_id in self._open:
            raise ValueError(f"The inference id {inference_id} has a hold already.")
        wallet = self._books.wallet(request.account_id)
        spend = self._books.key_spend(request.key_id)
        now_ms = self._clock.now_ms()
        amount, output_tokens, policy = _admit(request, wallet, spend, now_ms)
        hold = Hold(inference_id, request.account_id, request.key_id, amount, output_tokens, request.rate_card, policy)
        open_hold = OpenHold(hold, request.model_id, wallet, spend, now_ms)
        wallet.held_credits += amount
        spend.add(open_hold.day_ms, amount)
        self._open[inference_id] = open_hold
        future: asyncio.Future[None] = self._loop.create_future()
        began_s = self._clock.monotonic_s()
        self._writer.submit(HoldOperation(open_hold, future, self._forget, self._strand))
        await future
        self._metrics.hold_latency.observe(self._clock.monotonic_s() - began_s)
        return hold

    async def settle(self, hold: Hold, charge: Charge, rows: Sequence[Companion] = ()) -> None:
        """Charge the hold, release the rest and insert the rows."""
        if not 0 <= charge.charged_credits <= hold.amount_credits:
            raise ValueError(f"A charge of {charge.charged_credits} does not fit a hold of {hold.amount_credits}.")
        began_s = self._clock.monotonic_s()
        await self._close_hold(hold, Closing(charge.charged_credits, None, rows))
        self._metrics.settle_latency.observe(self._clock.monotonic_s() - began_s)

    async def void(self, hold: Hold, exposure: Exposure | None, rows: Sequence[Companion] = ()) -> None:
        """Release the whole hold, record the exposure if any and insert the rows."""
        await self._close_hold(hold, Closing(None, exposure, rows))

    async def note_exposures(self, under_way: Sequence[tuple[Hold, Exposure]]) -> None:
        """Record what holds under way have received so far."""
        self._require_open()
        rows, now_ms = [], self._clock.now_ms()
        for hold, exposure in under_way:
            open_hold = self._open.get(hold.inference_id)
            if open_hold is not None and open_hold.closing is None:
                open_hold.is_noted = True
                rows.append(exposure_row(hold.inference_id, exposure, now_ms))
        if rows:
            future: asyncio.Future[None] = self._loop.create_future()
            self._writer.submit(NoteOperation(rows, future))
            await future

    async def grant(
        self,
        account_id: int,
        amount_credits: int,
        kind: GrantType,
        reference: str | None,
        rows: Sequence[Companion] = (),
    ) -> Balance:
        """Add credits to a wallet, or take some away with a negative adjustment."""
        self._require_open()
        if amount_credits == 0 or (amount_credits < 0 and kind is not GrantType.ADJUSTMENT):
            raise ValueError(f"A grant of {amount_credits} credits cannot be of the kind {kind}.")
        wallet = self._books.wallet(account_id)
        operation = GrantOperation(wallet, Movement(amount_credits, kind, reference, rows), self._clock.now_ms())
        self._writer.submit(operation)
        await operation.future
        return Balance(wallet.posted_credits, wallet.held_credits)

    async def take(
        self,
        account_id: int,
        at_most_credits: int,
        kind: TakeType,
        reference: str,
        rows: Sequence[Companion] = (),
    ) -> int:
        """Take credits from a wallet, as many as are available up to a number."""
        self._require_open()
        if at_most_credits <= 0:
            raise ValueError(f"{at_most_credits} credits cannot be taken.")
        wallet = self._books.wallet(account_id)
        operation = TakeOperation(wallet, Movement(at_most_credits, kind, reference, rows), self._clock.now_ms())
        self._writer.submit(operation)
        return await operation.future

    async def balance(self, account_id: int) -> Balance:
        """Return a wallet's balance."""
        wallet = self._books.find_wallet(account_id)
        return Balance(wallet.posted_credits, wallet.held_credits) if wallet is not None else Balance(0, 0)

    async def can_write(self) -> bool:
        """Say whether changes can be made durable at present.

        The last commit tells. After one that failed, another one is tried: a server that is taken out of rotation
        because of this answer gets no request that would find out.
        """
        if self._is_closed or not self._writer.is_alive:
            return False
        if not self._writer.can_write:
            future: asyncio.Future[None] = self._loop.create_future()
            self._writer.submit(_ProbeOperation((), future))
            try:
                await future
            except LedgerUnavailableError:
                return False
        return True

    async def _close_hold(self, hold: Hold, closing: Closing) -> None:
        open_hold = self._open.get(hold.inference_id)
        if open_hold is None:
            return
        self._require_open()
        if open_hold.is_stranded:
            raise LedgerUnavailableError
        operation = open_hold.closing or self._submit(open_hold, closing)
        future: asyncio.Future[None] = self._loop.create_future()
        operation.futures.append(future)
        await future

    def _submit(self, open_hold: OpenHold, closing: Closing) -> CloseOperation:
        operation = CloseOperation(open_hold, closing, self._clock.now_ms(), self._closed)
        open_hold.closing = operation
        self._writer.submit(operation)
        return operation

    def _closed(self, operation: CloseOperation, open_hold: OpenHold, error: Exception | None) -> None:
        """Note the end of a closing. After a settlement that failed by a bug the caller may still void the hold."""
        # The two know each other: as a cycle they would wait for the garbage collector, which then took a tenth of the
        # time of every request and made the slowest ones.
        open_hold.closing = None
        if error is None:
            del self._open[open_hold.hold.inference_id]
            return
        open_hold.is_row_refused = open_hold.is_stranded and not isinstance(error, LedgerUnavailableError)
        if operation.closing.charged_credits is None or isinstance(error, LedgerUnavailableError):
            self._strand(open_hold)

    def _forget(self, open_hold: OpenHold) -> None:
        open_hold.release(0)
        del self._open[open_hold.hold.inference_id]

    def _strand(self, open_hold: OpenHold) -> None:
        """Take over a hold that its caller cannot close any more."""
        open_hold.is_stranded = True
        self._stranded.append(open_hold)
        if self._retry is None and not self._is_closed:
            self._retry = self._loop.call_later(RETRY_S, self._void_stranded)

    def _void_stranded(self) -> None:
        self._retry = None
        stranded, self._stranded = self._stranded, []
        _log.warning("releasing holds that could not be closed", extra={"holds": len(stranded)})
        now_ms = self._clock.now_ms()
        for open_hold in stranded:
            rows = () if open_hold.is_row_refused else self._recovered_rows(_as_recovered(open_hold, now_ms))
            self._submit(open_hold, Closing(None, unknown_exposure(open_hold.hold.amount_credits), rows))

    def _require_open(self) -> None:
        if self._is_closed:
            raise LedgerUnavailableError("The ledger is closed.")


class _ProbeOperation(NoteOperation):
    """Finds out whether the database can be written, and changes nothing."""

    def collect(self, batch: Batch) -> None:
        """Write a page, and write it back: a commit without written pages would succeed on a full disk."""
        for change in (1, -1):
            batch.cursor.execute(
                "UPDATE ledger_accounts SET held_credits = held_credits + ? WHERE id = ?",
                (change, PlatformAccount.REVENUE),
            )


def _admit(request: HoldRequest, wallet: Wallet, spend: KeySpend, now_ms: int) -> Admitted:
    available = wallet.posted_credits - wallet.held_credits
    limit = request.key_limit
    if limit is None:
        admitted = admit(request, available)
    else:
        left = spend.left_credits(limit, now_ms)
        admitted = admit(request, min(available, left))
        if admitted is None and admit(request, available) is not None:
            raise KeyLimitReachedError(limit, left, least_credits(request))
    if admitted is None:
        raise OutOfCreditsError(available, least_credits(request))
    return admitted


def _as_recovered(open_hold: OpenHold, now_ms: int) -> RecoveredHold:
    hold = open_hold.hold
    return RecoveredHold(
        inference_id=hold.inference_id,
        account_id=hold.account_id,
        key_id=hold.key_id,
        model_id=open_hold.model_id,
        rate_card_version=hold.rate_card.version,
        amount_credits=hold.amount_credits,
        created_at_ms=open_hold.created_at_ms,
        closed_at_ms=now_ms,
    )


def _recover(
    database: Path, now_ms: int, recovered_rows: RecoveredRows, connect: Callable[[Path], sqlite3.Connection]
) -> tuple[Books, Committer]:
    try:
        connection = connect(database)
        try:
            committer = Committer(connection)
            _void_all(committer, open_holds(connection, now_ms, recovered_rows))
            return load_books(connection, now_ms), committer
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError as error:
        raise LedgerUnavailableError(f"The ledger's database {database} cannot be used: {error}.") from error


def _void_all(committer: Committer, operations: Sequence[RecoverOperation]) -> None:
    for first in range(0, len(operations), BATCH_MAX):
        for error in committer.commit(operations[first : first + BATCH_MAX]):
            if error is not None:
                raise error
