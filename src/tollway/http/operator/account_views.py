"""Accounts as the operator sees them."""

from typing import Literal

from msgspec import Struct

from tollway.accounts.types import Account, AccountStatus
from tollway.credits.types import GrantType
from tollway.flows.grant_credits import MadeGrant
from tollway.flows.read_accounts import AccountPage, AccountState
from tollway.kit.clock import MomentText, iso_utc
from tollway.kit.money import CENTS_PER_USD, usd_number
from tollway.payments.auto_top_up_settings import AutoTopUpSettings


class AccountTopUp(Struct):
    """When the account is topped up by itself, in US dollars; ``failures`` are those since the last success."""

    is_enabled: bool
    threshold_usd: float
    amount_usd: float
    failures: int


class AccountEntry(Struct, kw_only=True):
    """An account with what it has.

    ``balance_credits`` is the posted balance; ``held_credits`` of it are set aside for calls under way.
    """

    id: int
    email: str
    status: AccountStatus
    is_operator: bool
    created_at: MomentText
    balance_credits: int
    balance_usd: float
    held_credits: int
    auto_top_up: AccountTopUp


class AccountList(Struct):
    """Accounts, oldest first; ``next_after`` is the ``after`` of the next page, null on the last."""

    object: Literal["list"]
    data: list[AccountEntry]
    next_after: int | None


class NewAccountAnswer(Struct, kw_only=True):
    """An account that was made; ``password`` is there when this server chose it, and is not shown again."""

    id: int
    email: str
    status: AccountStatus
    is_operator: bool
    created_at: MomentText
    password: str | None


class GrantMovement(Struct, kw_only=True):
    """A movement of credits; ``reference`` is the name under which it was made once."""

    type: GrantType
    credits: int
    usd: float
    reference: str
    created_at: MomentText
    expires_at: MomentText | None


class GrantAnswer(Struct):
    """What was granted, now or earlier under the same reference, and the posted balance at present."""

    account_id: int
    movement: GrantMovement
    balance_credits: int
    balance_usd: float


EXAMPLE_ACCOUNT = AccountEntry(
    id=1,
    email="someone@example.com",
    status=AccountStatus.ACTIVE,
    is_operator=False,
    created_at="2026-08-01T12:00:00.000Z",
    balance_credits=20_000_000,
    balance_usd=10.0,
    held_credits=0,
    auto_top_up=AccountTopUp(is_enabled=False, threshold_usd=0.0, amount_usd=0.0, failures=0),
)
EXAMPLE_NEW_ACCOUNT = NewAccountAnswer(
    id=2,
    email="someone@example.com",
    status=AccountStatus.ACTIVE,
    is_operator=False,
    created_at="2026-08-01T12:00:00.000Z",
    password="a random password",  # noqa: S106 - an example in the documentation
)
EXAMPLE_GRANT = GrantAnswer(
    account_id=1,
    movement=GrantMovement(
        type=GrantType.BONUS,
        credits=2_000_000,
        usd=1.0,
        reference="welcome",
        created_at="2026-08-01T12:00:00.000Z",
        expires_at=None,
    ),
    balance_credits=22_000_000,
    balance_usd=11.0,
)


def account_entry(state: AccountState) -> AccountEntry:
    """Show an account."""
    account, posted_credits = state.account, state.balance.posted_credits
    return AccountEntry(
        id=account.id,
        email=account.email,
        status=account.status,
        is_operator=account.is_operator,
        created_at=iso_utc(account.created_at_ms),
        balance_credits=posted_credits,
        balance_usd=usd_number(posted_credits),
        held_credits=state.balance.held_credits,
        auto_top_up=_top_up(state.auto_top_up),
    )


def account_list(page: AccountPage) -> AccountList:
    """Show a page of accounts."""
    return AccountList("list", [account_entry(state) for state in page.accounts], page.next_after)


def new_account_answer(account: Account, password: str | None) -> NewAccountAnswer:
    """Show an account that was just made."""
    return NewAccountAnswer(
        id=account.id,
        email=account.email,
        status=account.status,
        is_operator=account.is_operator,
        created_at=iso_utc(account.created_at_ms),
        password=password,
    )


def grant_answer(made: MadeGrant) -> GrantAnswer:
    """Show a grant."""
    ends_at_ms, posted_credits = made.expires_at_ms, made.balance.posted_credits
    movement = GrantMovement(
        type=made.kind,
        credits=made.amount_credits,
        usd=usd_number(made.amount_credits),
        reference=made.reference,
        created_at=iso_utc(made.granted_at_ms),
        expires_at=None if ends_at_ms is None else iso_utc(ends_at_ms),
    )
    return GrantAnswer(made.account_id, movement, posted_credits, usd_number(posted_credits))


def _top_up(settings: AutoTopUpSettings) -> AccountTopUp:
    return AccountTopUp(
        is_enabled=settings.is_enabled,
        threshold_usd=usd_number(settings.threshold_credits),
        amount_usd=settings.amount_cents / CENTS_PER_USD,
        failures=settings.failures,
    )
