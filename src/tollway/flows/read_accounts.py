"""What the operator sees of accounts: who they are, what they have, when they are topped up by themselves."""

from typing import Any

from msgspec import Struct
from sqlalchemy import Row, Select, func, select

from tollway.accounts.errors import UnknownAccountError
from tollway.accounts.tables import accounts
from tollway.accounts.types import Account, AccountStatus
from tollway.credits.tables import ledger_accounts
from tollway.credits.types import Balance
from tollway.kit.database import Database
from tollway.payments.auto_top_up_settings import AutoTopUpSettings
from tollway.payments.tables import auto_top_ups


class AccountState(Struct, frozen=True):
    """An account with its wallet and its settings of auto top-up."""

    account: Account
    balance: Balance
    auto_top_up: AutoTopUpSettings


class AccountPage(Struct, frozen=True):
    """Some accounts, oldest first; ``next_after`` is the id to go on behind, None on the last page."""

    accounts: tuple[AccountState, ...]
    next_after: int | None


class ReadAccounts:
    """Answers the operator's questions about accounts; everything in an answer is of one moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, *, at_most: int, after: int = 0, email_part: str = "") -> AccountPage:
        """Accounts behind the id ``after``, those whose email has ``email_part`` in it."""
        query = _select().where(accounts.c.id > after).order_by(accounts.c.id).limit(at_most + 1)
        if email_part:
            # Emails are stored in small letters.
            query = query.where(accounts.c.email.contains(email_part.strip().lower(), autoescape=True))
        async with self._database.connect() as connection:
            found = [_state(row) for row in await connection.execute(query)]
        page = tuple(found[:at_most])
        return AccountPage(page, page[-1].account.id if len(found) > at_most else None)

    async def get(self, account_id: int) -> AccountState:
        """Find an account by its id.

        Raises:
            UnknownAccountError: no account has it.
        """
        async with self._database.connect() as connection:
            row = (await connection.execute(_select().where(accounts.c.id == account_id))).first()
        if row is None:
            raise UnknownAccountError(f"There is no account with the id {account_id}", param="account_id")
        return _state(row)


def _select() -> Select[Any]:
    return (
        select(
            accounts.c.id,
            accounts.c.email,
            accounts.c.status,
            accounts.c.created_at_ms,
            accounts.c.is_operator,
            func.coalesce(ledger_accounts.c.posted_credits, 0).label("posted_credits"),
            func.coalesce(ledger_accounts.c.held_credits, 0).label("held_credits"),
            auto_top_ups.c.is_enabled,
            auto_top_ups.c.threshold_credits,
            auto_top_ups.c.amount_cents,
            auto_top_ups.c.failures,
        )
        .outerjoin(
            ledger_accounts,
            (ledger_accounts.c.account_id == accounts.c.id) & (ledger_accounts.c.kind == "wallet"),
        )
        .outerjoin(auto_top_ups, auto_top_ups.c.account_id == accounts.c.id)
    )


def _state(row: Row[Any]) -> AccountState:
    settings = AutoTopUpSettings()
    if row.is_enabled is not None:
        settings = AutoTopUpSettings(
            is_enabled=row.is_enabled,
            threshold_credits=row.threshold_credits,
            amount_cents=row.amount_cents,
            failures=row.failures,
        )
    account = Account(
        id=row.id,
        email=row.email,
        status=AccountStatus(row.status),
        created_at_ms=row.created_at_ms,
        is_operator=row.is_operator,
    )
    return AccountState(account, Balance(row.posted_credits, row.held_credits), settings)
