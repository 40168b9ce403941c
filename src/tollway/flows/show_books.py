"""What the operator sees of the books: every wallet, or the movements of one."""

from msgspec import Struct
from sqlalchemy import case, func, or_, select

from tollway.accounts.service import account_by_email
from tollway.accounts.tables import accounts
from tollway.credits.tables import ledger_accounts, transfers
from tollway.kit.database import Database


class WalletView(Struct, frozen=True):
    """The wallet of an account."""

    account_id: int
    email: str
    posted_credits: int
    held_credits: int


class MovementView(Struct, frozen=True):
    """One transfer as the account sees it: credits that came, or negative ones that went."""

    id: int
    kind: str
    amount_credits: int
    reference_id: str | None
    created_at_ms: int


async def list_wallets(database: Database) -> list[WalletView]:
    """Every account with its wallet, by id; one without movements has zero."""
    async with database.connect() as connection:
        return [WalletView(*row) for row in await connection.execute(_WALLETS.order_by(accounts.c.id))]


async def show_wallet(database: Database, email: str, at_most: int) -> tuple[WalletView, list[MovementView]]:
    """One account's wallet with its newest movements, newest first.

    Raises:
        UnknownAccountError: no account has the email.
    """
    wallet = ledger_accounts.c.id
    query = (
        select(
            transfers.c.id,
            transfers.c.kind,
            case((transfers.c.credit_id == wallet, transfers.c.amount_credits), else_=-transfers.c.amount_credits),
            func.coalesce(transfers.c.reference_id, transfers.c.hold_id),
            transfers.c.created_at_ms,
        )
        .join(ledger_accounts, or_(transfers.c.credit_id == wallet, transfers.c.debit_id == wallet))
        .where(ledger_accounts.c.kind == "wallet")
        .order_by(transfers.c.id.desc())
        .limit(at_most)
    )
    async with database.connect() as connection:
        account = await account_by_email(connection, email)
        view = (await connection.execute(_WALLETS.where(accounts.c.id == account.id))).one()
        movements = await connection.execute(query.where(ledger_accounts.c.account_id == account.id))
        return WalletView(*view), [MovementView(*row) for row in movements]


_WALLETS = select(
    accounts.c.id,
    accounts.c.email,
    func.coalesce(ledger_accounts.c.posted_credits, 0),
    func.coalesce(ledger_accounts.c.held_credits, 0),
).outerjoin(ledger_accounts, (ledger_accounts.c.account_id == accounts.c.id) & (ledger_accounts.c.kind == "wallet"))
