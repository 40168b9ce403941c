"""What the operator sees of the books: every wallet, the movements of one, or the receipt of one inference."""

from msgspec import Struct
from sqlalchemy import func, select

from tollway.accounts.repository import list_all
from tollway.accounts.service import account_by_email
from tollway.accounts.types import Account
from tollway.credits.repository import (
    WalletView,
    book_totals,
    find_exposure,
    find_hold,
    stored_balances,
    wallet_view,
)
from tollway.credits.types import Balance, Exposure
from tollway.kit.database import Database
from tollway.kit.errors import NotFoundError
from tollway.usage.log import find_record
from tollway.usage.repository import kept_from_ms
from tollway.usage.tables import inferences
from tollway.usage.types import InferenceRecord


class AccountBalance(Struct, frozen=True):
    """An account with its wallet's credits."""

    account_id: int
    email: str
    posted_credits: int
    held_credits: int


class Totals(Struct, frozen=True, kw_only=True):
    """All inferences together.

    Attributes:
        charged_credits: what callers paid.
        absorbed_credits: what was used beyond the hold, which the platform bears: of inferences in the log.
        absorbed_from_ms: the log's horizon, in Unix milliseconds: earlier inferences may be gone from it.
        exposure_credits: what inferences without a charge may have cost the platform.
    """

    charged_credits: int
    absorbed_credits: int
    absorbed_from_ms: int
    exposure_credits: int


class Receipt(Struct, frozen=True, kw_only=True):
    """What is kept of one inference; ``exposure`` is what it may have cost the platform without a charge."""

    inference: InferenceRecord
    exposure: Exposure | None


async def show_all(database: Database) -> tuple[list[AccountBalance], Totals]:
    """Every account with its balance, by id, and the totals; an account without movements has zero."""
    async with database.connect() as connection:
        balances = await stored_balances(connection)
        accounts = [_with_balance(one, balances.get(one.id, Balance(0, 0))) for one in await list_all(connection)]
        booked = await book_totals(connection)
        absorbed_credits = await connection.scalar(select(func.sum(inferences.c.absorbed_credits))) or 0
        absorbed_from_ms = await kept_from_ms(connection)
    totals = Totals(
        charged_credits=booked.charged_credits,
        absorbed_credits=absorbed_credits,
        absorbed_from_ms=absorbed_from_ms,
        exposure_credits=booked.exposure_credits,
    )
    return accounts, totals


async def show_wallet(database: Database, email: str, at_most: int) -> tuple[AccountBalance, WalletView]:
    """One account's balance, its newest movements (newest first) and its open holds.

    Raises:
        UnknownAccountError: no account has the email.
    """
    async with database.connect() as connection:
        account = await account_by_email(connection, email)
        view = await wallet_view(connection, account.id, transfers_max=at_most)
    return _with_balance(account, view.balance), view


async def show_receipt(database: Database, inference_id: str) -> Receipt:
    """The receipt of an inference that has ended.

    Raises:
        NotFoundError: there is no such inference, it is still being answered, or its receipt is not kept any more.
    """
    async with database.connect() as connection:
        record = await find_record(connection, inference_id)
        if record is None:
            hold = await find_hold(connection, inference_id)
            if hold is None:
                raise NotFoundError(f"There is no inference {inference_id}")
            if hold.state == "open":
                raise NotFoundError(f"The inference {inference_id} is still being answered")
            raise NotFoundError(f"The receipt of the inference {inference_id} is not kept any more")
        exposure = await find_exposure(connection, inference_id)
    return Receipt(inference=record, exposure=exposure)


def _with_balance(account: Account, balance: Balance) -> AccountBalance:
    return AccountBalance(account.id, account.email, balance.posted_credits, balance.held_credits)
