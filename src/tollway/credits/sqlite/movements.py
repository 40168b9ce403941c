"""Movements of a wallet that are no charges: grants, refunds, expiries. A reference is used once."""

import asyncio
import sqlite3
from collections.abc import Sequence

from msgspec import Struct

from tollway.credits.errors import (
    CompanionConflictError,
    GrantConflictError,
    OutOfCreditsError,
    UnknownAccountError,
)
from tollway.credits.sqlite.batch import Batch
from tollway.credits.sqlite.books import PlatformAccount, Wallet
from tollway.credits.sqlite.operations import public_error
from tollway.credits.types import Companion, GrantType, TakeType

_OTHER_SIDE = {
    GrantType.PAYMENT: PlatformAccount.PAYMENT,
    GrantType.BONUS: PlatformAccount.BONUS,
    GrantType.ADJUSTMENT: PlatformAccount.ADJUSTMENT,
    GrantType.INIT: PlatformAccount.ADJUSTMENT,
    TakeType.REFUND: PlatformAccount.PAYMENT,
    TakeType.CREDITS_EXPIRED: PlatformAccount.BONUS,
}
"""The platform's side of each kind of movement."""


class Movement(Struct, frozen=True):
    """What is asked for: how many credits, why, under which reference, and what is written with it."""

    amount_credits: int
    kind: GrantType | TakeType
    reference: str | None
    rows: Sequence[Companion]


class GrantOperation:
    """Adds credits to a wallet, or takes them away; a reference that was used before changes nothing.

    ``is_covered`` tells whether the wallet can pay what is taken; if so, it is set aside in memory until it is written.
    """

    def __init__(self, wallet: Wallet, movement: Movement, now_ms: int) -> None:
        self._wallet = wallet
        self._movement = movement
        self._amount = movement.amount_credits
        self._now_ms = now_ms
        self._is_replay = False
        self.is_covered = self._amount >= 0 or wallet.available_credits + self._amount >= 0
        if self.is_covered:
            wallet.held_credits += max(-self._amount, 0)
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def collect(self, batch: Batch) -> None:
        """Add the transfer and the rows, unless the reference has a transfer.

        Raises:
            GrantConflictError: the reference belongs to another grant.
            OutOfCreditsError: the wallet cannot pay.
            UnknownAccountError: there is no such account.
        """
        self._is_replay = self._was_made(batch.cursor)
        if self._is_replay:
            return
        if not self.is_covered:
            raise OutOfCreditsError(self._wallet.available_credits, -self._amount)
        wallet, amount, kind = self._wallet, self._amount, self._movement.kind
        platform = _OTHER_SIDE[kind]
        _store_wallet(batch, wallet, self._now_ms)
        debit_id, credit_id = (platform, wallet.ledger_id) if amount >= 0 else (wallet.ledger_id, platform)
        reference = self._movement.reference
        batch.transfers.append((debit_id, credit_id, abs(amount), kind, None, reference, self._now_ms))
        batch.move(wallet.ledger_id, amount, 0)
        batch.move(platform, -amount, 0)
        for row in self._movement.rows:
            batch.accompany(row)

    def _was_made(self, cursor: sqlite3.Cursor) -> bool:
        found = _find_movement(cursor, self._movement)
        if found is None:
            return False
        debit_id, credit_id, amount = found
        signed = amount if credit_id == self._wallet.ledger_id else -amount
        if self._wallet.ledger_id not in {debit_id, credit_id} or signed != self._amount:
            raise GrantConflictError(f"The reference '{self._movement.reference}' was used for another grant.")
        return True

    def committed(self) -> None:
        """Count the credits."""
        self._unreserve()
        if not self._is_replay:
            self._wallet.is_stored = True
            self._wallet.posted_credits += self._amount
        if not self.future.done():
            self.future.set_result(None)

    def failed(self, error: Exception) -> None:
        """Leave the wallet as it was."""
        self._unreserve()
        if not self.future.done():
            self.future.set_exception(_movement_error(error))

    def _unreserve(self) -> None:
        if self.is_covered:
            self._wallet.held_credits -= max(-self._amount, 0)


class TakeOperation:
    """Takes as many credits as are available, up to a number; they are set aside in memory until it is written.

    The future gives how many were taken; for a reference that was used before, how many were taken then. Where nothing
    was available a movement of zero is written, because the reference counts as used then, too: a repetition must not
    take what came meanwhile.
    """

    def __init__(self, wallet: Wallet, movement: Movement, now_ms: int) -> None:
        self._wallet = wallet
        self._movement = movement
        self._now_ms = now_ms
        self._amount = max(0, min(movement.amount_credits, wallet.available_credits))
        self._taken_before: int | None = None
        wallet.held_credits += self._amount
        self.future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def collect(self, batch: Batch) -> None:
        """Add the transfer and the rows, unless the reference has a transfer.

        Raises:
            GrantConflictError: the reference belongs to another account.
            UnknownAccountError: there is no such account.
        """
        kind, reference = self._movement.kind, self._movement.reference
        found = _find_movement(batch.cursor, self._movement)
        if found is not None:
            debit_id, _, self._taken_before = found
            if debit_id != self._wallet.ledger_id:
                raise GrantConflictError(f"The reference '{reference}' was used for another account.")
            return
        amount, ledger_id, platform = self._amount, self._wallet.ledger_id, _OTHER_SIDE[kind]
        _store_wallet(batch, self._wallet, self._now_ms)
        batch.transfers.append((ledger_id, platform, amount, kind, None, reference, self._now_ms))
        batch.move(ledger_id, -amount, 0)
        batch.move(platform, amount, 0)
        for row in self._movement.rows:
            batch.accompany(row)

    def committed(self) -> None:
        """Count the credits as gone."""
        self._wallet.held_credits -= self._amount
        if self._taken_before is None:
            self._wallet.is_stored = True
            self._wallet.posted_credits -= self._amount
        if not self.future.done():
            self.future.set_result(self._amount if self._taken_before is None else self._taken_before)

    def failed(self, error: Exception) -> None:
        """Leave the wallet as it was."""
        self._wallet.held_credits -= self._amount
        if not self.future.done():
            self.future.set_exception(_movement_error(error))


def _store_wallet(batch: Batch, wallet: Wallet, now_ms: int) -> None:
    """Add the wallet's row where it has none.

    Raises:
        UnknownAccountError: nobody could own it.
    """
    if wallet.is_stored:
        return
    if not batch.cursor.execute("SELECT 1 FROM accounts WHERE id = ?", (wallet.account_id,)).fetchone():
        raise UnknownAccountError(f"There is no account with the id {wallet.account_id}.")
    batch.store(wallet, now_ms)


def _find_movement(cursor: sqlite3.Cursor, wanted: Movement) -> tuple[int, int, int] | None:
    """Return debit, credit and amount of the movement that has the reference already."""
    if wanted.reference is None:
        return None
    found: tuple[int, int, int] | None = cursor.execute(
        "SELECT debit_id, credit_id, amount_credits FROM transfers WHERE kind = ? AND reference_id = ?",
        (wanted.kind, wanted.reference),
    ).fetchone()
    return found


def _movement_error(error: Exception) -> Exception:
    """Turn what the database said into what the port says; a row that does not fit is the caller's to deal with."""
    if not isinstance(error, sqlite3.IntegrityError):
        return public_error(error)
    conflict = CompanionConflictError("What belongs to this movement contradicts what is stored.")
    conflict.__cause__ = error
    return conflict
