"""Reading the books, for people and reports; the hot path never comes here."""

from typing import Any

from msgspec import Struct
from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tollway.credits.tables import holds, key_spend, ledger_accounts, transfers
from tollway.credits.types import Balance


class TransferEntry(Struct, frozen=True, kw_only=True):
    """A movement as its wallet sees it: ``amount_credits`` is negative for what was paid."""

    kind: str
    amount_credits: int
    reference_id: str | None
    created_at_ms: int


class HoldEntry(Struct, frozen=True, kw_only=True):
    """An open hold."""

    inference_id: str
    key_id: int
    model_id: str
    amount_credits: int
    created_at_ms: int


class WalletView(Struct, frozen=True, kw_only=True):
    """An account's balance, its newest movements (newest first) and what is set aside at present."""

    balance: Balance
    transfers: tuple[TransferEntry, ...]
    open_holds: tuple[HoldEntry, ...]


async def stored_balance(connection: AsyncConnection, account_id: int) -> Balance:
    """Return a wallet's balance as the database has it; zero for an account without movements."""
    wallet = await _find_wallet(connection, account_id)
    return Balance(0, 0) if wallet is None else Balance(wallet.posted_credits, wallet.held_credits)


async def wallet_view(connection: AsyncConnection, account_id: int, *, transfers_max: int = 20) -> WalletView:
    """Return what is to be known of an account's wallet."""
    wallet = await _find_wallet(connection, account_id)
    if wallet is None:
        return WalletView(balance=Balance(0, 0), transfers=(), open_holds=())
    moved = await connection.execute(
        select(transfers)
        .where(
            or_(
                transfers.c.debit_id == wallet.id,
                # Wallets are credited by grants alone, which is what the index of credit accounts holds.
                (transfers.c.credit_id == wallet.id) & transfers.c.hold_id.is_(None),
            )
        )
        .order_by(transfers.c.id.desc())
        .limit(transfers_max)
    )
    held = await connection.execute(
        select(holds).where(holds.c.account_id == account_id, holds.c.state == "open").order_by(holds.c.created_at_ms)
    )
    return WalletView(
        balance=Balance(wallet.posted_credits, wallet.held_credits),
        transfers=tuple(_transfer_entry(row, wallet.id) for row in moved),
        open_holds=tuple(
            HoldEntry(
                inference_id=row.id,
                key_id=row.key_id,
                model_id=row.model_id,
                amount_credits=row.amount_credits,
                created_at_ms=row.created_at_ms,
            )
            for row in held
        ),
    )


async def key_spent_credits(connection: AsyncConnection, key_id: int, *, since_ms: int) -> int:
    """Return what a key was charged on the UTC days that begin at or after the moment."""
    spent = await connection.scalar(
        select(func.coalesce(func.sum(key_spend.c.spent_credits), 0)).where(
            key_spend.c.key_id == key_id, key_spend.c.day_ms >= since_ms
        )
    )
    return int(spent or 0)


async def _find_wallet(connection: AsyncConnection, account_id: int) -> Row[int, int, int] | None:
    found = await connection.execute(
        select(ledger_accounts.c.id, ledger_accounts.c.posted_credits, ledger_accounts.c.held_credits).where(
            ledger_accounts.c.kind == "wallet", ledger_accounts.c.account_id == account_id
        )
    )
    return found.first()


def _transfer_entry(row: Row[Any], wallet_id: int) -> TransferEntry:
    return TransferEntry(
        kind=row.kind,
        amount_credits=row.amount_credits if row.credit_id == wallet_id else -row.amount_credits,
        reference_id=row.reference_id or row.hold_id,
        created_at_ms=row.created_at_ms,
    )
