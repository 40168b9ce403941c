"""What the owner of an account sees of its money: the balance, the plan's state, and every movement."""

import struct
from enum import StrEnum

import msgspec
from msgspec import Struct
from sqlalchemy import select

from tollway.accounts.tables import accounts
from tollway.credits.statement import Position, StatementEntry, StatementFilter, statement_page
from tollway.credits.types import Ledger
from tollway.kit.cursor import CursorSigner
from tollway.kit.database import Database
from tollway.payments.auto_top_up_settings import AutoTopUpSettings, find_settings

CURSOR_LABEL = "billing statement cursor"
"""What the key of the cursors is derived by."""
_POSITION = struct.Struct(">qq")


class BalanceStatus(StrEnum):
    """How a balance is doing, the most urgent word first."""

    EXHAUSTED = "exhausted"
    PAST_DUE = "past_due"
    LOW = "low"
    CURRENT = "current"


class BalanceState(Struct, frozen=True, kw_only=True):
    """An account's posted balance and what is to be said of it.

    ``low_balance_credits`` is the threshold of a low balance, ``auto_top_up`` the account's own settings.
    """

    balance_credits: int
    low_balance_credits: int
    auto_top_up: AutoTopUpSettings

    @property
    def is_low(self) -> bool:
        """Whether the balance is below the threshold."""
        return self.balance_credits < self.low_balance_credits

    @property
    def status(self) -> BalanceStatus:
        """The most urgent thing that is true.

        A payment that failed counts as past due only as long as the credits that it should have brought are missing.
        """
        settings = self.auto_top_up
        if self.balance_credits <= 0:
            return BalanceStatus.EXHAUSTED
        if settings.failures and self.balance_credits < settings.threshold_credits:
            return BalanceStatus.PAST_DUE
        return BalanceStatus.LOW if self.is_low else BalanceStatus.CURRENT


class BillingDetail(Struct, frozen=True, kw_only=True):
    """An account with its posted balance and its settings."""

    account_id: int
    email: str
    balance_credits: int
    auto_top_up: AutoTopUpSettings


class Statement(Struct, frozen=True):
    """One page of movements, newest first, and the cursor of the next one; None on the last page."""

    entries: tuple[StatementEntry, ...]
    next_cursor: str | None


class ReadBilling:
    """Answers questions about an account's money. The balance is the posted one: open holds are still in it."""

    def __init__(self, database: Database, ledger: Ledger, *, cursor_key: bytes, low_balance_credits: int) -> None:
        self._database = database
        self._ledger = ledger
        self._cursors = CursorSigner(cursor_key)
        self._low_balance_credits = low_balance_credits

    async def balance_credits(self, account_id: int) -> int:
        """Return an account's posted balance."""
        return (await self._ledger.balance(account_id)).posted_credits

    async def state(self, account_id: int) -> BalanceState:
        """Return an account's balance with what is to be said of it."""
        async with self._database.connect() as connection:
            settings = await find_settings(connection, account_id)
        return BalanceState(
            balance_credits=await self.balance_credits(account_id),
            low_balance_credits=self._low_balance_credits,
            auto_top_up=settings,
        )

    async def detail(self, account_id: int) -> BillingDetail:
        """Return an account's name, balance and settings."""
        async with self._database.connect() as connection:
            email = (await connection.execute(select(accounts.c.email).where(accounts.c.id == account_id))).scalar_one()
            settings = await find_settings(connection, account_id)
        return BillingDetail(
            account_id=account_id,
            email=email,
            balance_credits=await self.balance_credits(account_id),
            auto_top_up=settings,
        )

    async def statement(
        self, account_id: int, wanted: StatementFilter, *, entries_max: int, cursor: str | None = None
    ) -> Statement:
        """Return a page of an account's movements: the newest, or those that follow the cursor's page.

        Raises:
            WrongCursorError: the cursor was not issued for this account and this filter, or not in this form.
        """
        after = None
        if cursor is not None:
            after = Position(*_POSITION.unpack(self._cursors.read(cursor, _scope(account_id, wanted))))
        async with self._database.connect() as connection:
            page = await statement_page(connection, account_id, wanted, entries_max=entries_max, after=after)
        place = page.next_after
        cursor = None if place is None else issue_cursor(self._cursors, account_id, wanted, place)
        return Statement(page.entries, cursor)


def issue_cursor(signer: CursorSigner, account_id: int, wanted: StatementFilter, place: Position) -> str:
    """Return the cursor of the page that begins after a movement."""
    position = _POSITION.pack(place.created_at_ms, place.transfer_id)
    return signer.issue(position, _scope(account_id, wanted))


def _scope(account_id: int, wanted: StatementFilter) -> bytes:
    return msgspec.json.encode((account_id, wanted))
