"""Reading the books, for people and reports; the hot path never comes here."""

from typing import Any

from msgspec import Struct
from sqlalchemy import Row, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tollway.credits.pricing import Meters
from tollway.credits.tables import exposures, holds, ledger_accounts, transfers
from tollway.credits.types import CHARGE_KIND, Balance, Exposure

# Free calls and takes that found nothing are no movements. The database uses the index of charges where it finds the
# index's own condition in the query, so the zero is written out.
_MOVED = transfers.c.amount_credits > literal_column("0")


class TransferEntry(Struct, frozen=True, kw_only=True):
    """A movement as its wallet sees it: ``amount_credits`` is negative for what was paid."""

    id: int
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


class HoldFacts(Struct, frozen=True):
    """How a hold stands: ``state`` is ``open``, ``settled`` or ``voided``; times are Unix milliseconds."""

    state: str
    created_at_ms: int
    closed_at_ms: int | None


class WalletView(Struct, frozen=True, kw_only=True):
    """An account's balance, its newest movements (newest first) and what is set aside at present."""

    balance: Balance
    transfers: tuple[TransferEntry, ...]
    open_holds: tuple[HoldEntry, ...]


class BookTotals(Struct, frozen=True, kw_only=True):
    """What all callers were charged, and what voided holds may have cost the platform."""

    charged_credits: int
    exposure_credits: int


async def book_totals(connection: AsyncConnection) -> BookTotals:
    """Add up every charge and every exposure; a note of a request that is still answered is none yet."""
    charged = select(func.sum(transfers.c.amount_credits)).where(transfers.c.kind == CHARGE_KIND)
    exposed = (
        select(func.sum(exposures.c.amount_credits))
        .join(holds, holds.c.id == exposures.c.hold_id)
        .where(holds.c.state == "voided")
    )
    return BookTotals(
        charged_credits=await connection.scalar(charged) or 0, exposure_credits=await connection.scalar(exposed) or 0
    )


async def stored_balances(connection: AsyncConnection) -> dict[int, Balance]:
    """Return the balance of every wallet by its account; an account without movements has none."""
    wallets = await connection.execute(
        select(ledger_accounts.c.account_id, ledger_accounts.c.posted_credits, ledger_accounts.c.held_credits).where(
            ledger_accounts.c.kind == "wallet"
        )
    )
    return {account_id: Balance(posted_credits, held_credits) for account_id, posted_credits, held_credits in wallets}


async def find_exposure(connection: AsyncConnection, inference_id: str) -> Exposure | None:
    """Return what an inference may have cost the platform without a charge, if anything."""
    found = (await connection.execute(select(exposures).where(exposures.c.hold_id == inference_id))).first()
    if found is None:
        return None
    received = Meters(found.input_tokens, found.cached_input_tokens, found.output_tokens, found.reasoning_tokens)
    return Exposure(reason=found.reason, received=received, amount_credits=found.amount_credits)


async def find_hold(connection: AsyncConnection, inference_id: str) -> HoldFacts | None:
    """Return what is known of an inference's hold, or None when there is none."""
    query = select(holds.c.state, holds.c.created_at_ms, holds.c.closed_at_ms).where(holds.c.id == inference_id)
    found = (await connection.execute(query)).first()
    return None if found is None else HoldFacts(found.state, found.created_at_ms, found.closed_at_ms)


async def wallet_view(connection: AsyncConnection, account_id: int, *, transfers_max: int = 20) -> WalletView:
    """Return what is to be known of an account's wallet."""
    wallet = await _find_wallet(connection, account_id)
    if wallet is None:
        return WalletView(balance=Balance(0, 0), transfers=(), open_holds=())
    moved = await connection.execute(
        select(transfers)
        .where(
            or_(
                (transfers.c.debit_id == wallet.id) & transfers.c.hold_id.is_not(None) & _MOVED,
                (transfers.c.debit_id == wallet.id) & transfers.c.hold_id.is_(None) & _MOVED,
                (transfers.c.credit_id == wallet.id) & transfers.c.hold_id.is_(None) & _MOVED,
            )
        )
        .order_by(transfers.c.created_at_ms.desc(), transfers.c.id.desc())
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


async def _find_wallet(connection: AsyncConnection, account_id: int) -> Row[int, int, int] | None:
    found = await connection.execute(
        select(ledger_accounts.c.id, ledger_accounts.c.posted_credits, ledger_accounts.c.held_credits).where(
            ledger_accounts.c.kind == "wallet", ledger_accounts.c.account_id == account_id
        )
    )
    return found.first()


def _transfer_entry(row: Row[Any], wallet_id: int) -> TransferEntry:
    return TransferEntry(
        id=row.id,
        kind=row.kind,
        amount_credits=row.amount_credits if row.credit_id == wallet_id else -row.amount_credits,
        reference_id=row.reference_id or row.hold_id,
        created_at_ms=row.created_at_ms,
    )
