"""The shapes of the billing endpoints."""

from typing import Literal

from msgspec import Struct

from tollway.credits.statement import Direction, MovementType, StatementEntry
from tollway.flows.read_billing import BalanceState, BalanceStatus, BillingDetail, Statement
from tollway.kit.clock import MomentText, iso_utc
from tollway.kit.money import CENTS_PER_USD, usd_number
from tollway.payments.auto_top_up_settings import AutoTopUpSettings

Usd = Literal["USD"]
_EXPLANATIONS = {
    BalanceStatus.EXHAUSTED: "There are no credits left: calls that cost something are refused until more are added.",
    BalanceStatus.PAST_DUE: "The last auto top-up failed: check the saved payment method.",
    BalanceStatus.LOW: "The balance is below the low-balance threshold.",
    BalanceStatus.CURRENT: "The balance is not below the low-balance threshold, and nothing is due.",
}


class BillingBalance(Struct):
    """The posted balance; what open holds set aside is still in it."""

    current_balance: float
    currency: Usd


class AutoTopUpAnswer(Struct):
    """When the account is topped up by itself, and by how much: zeros until it is set."""

    is_enabled: bool
    threshold: float
    amount: float
    currency: Usd


class BillingDetailAnswer(Struct):
    """The account behind the key, with its balance and settings."""

    user_id: int
    email: str
    current_balance: float
    currency: Usd
    autotopup_settings: AutoTopUpAnswer


class PlanBalance(Struct, rename="camel"):
    """The balance in credits, and a word on how it is doing."""

    balance: int
    low_balance: bool
    low_balance_threshold: int
    last_updated: MomentText
    auto_debit_status: Literal["enabled", "disabled"]
    status: BalanceStatus
    status_explanation: str


class MovedAmount(Struct):
    """How much moved, in both units; never negative."""

    usd: float
    credits: int


class TransactionEntry(Struct):
    """One movement of the balance. ``reference_id`` is the inference of a charge or the payment behind a movement."""

    created_at: MomentText
    direction: Direction
    type: MovementType
    amount: MovedAmount
    model: str | None
    reference_id: str | None


class TransactionPaging(Struct):
    """Whether more follows, and the cursor that leads there."""

    next_cursor: str | None
    has_more: bool


class TransactionPage(Struct):
    """One page of movements, newest first."""

    data: list[TransactionEntry]
    pagination: TransactionPaging


EXAMPLE_TOP_UP = AutoTopUpAnswer(is_enabled=True, threshold=5.0, amount=20.0, currency="USD")
EXAMPLE_DETAIL = BillingDetailAnswer(
    user_id=1,
    email="someone@example.com",
    current_balance=9.9998045,
    currency="USD",
    autotopup_settings=EXAMPLE_TOP_UP,
)
EXAMPLE_PLAN = PlanBalance(
    balance=19_999_609,
    low_balance=False,
    low_balance_threshold=10_000,
    last_updated="2026-08-01T12:00:00.000Z",
    auto_debit_status="enabled",
    status=BalanceStatus.CURRENT,
    status_explanation=_EXPLANATIONS[BalanceStatus.CURRENT],
)
EXAMPLE_TRANSACTIONS = TransactionPage(
    data=[
        TransactionEntry(
            created_at="2026-08-01T12:00:00.000Z",
            direction=Direction.CHARGE,
            type=MovementType.MODEL_USAGE,
            amount=MovedAmount(0.0001955, 391),
            model="baidu/ernie-x1-turbo-32k",
            reference_id="V1StGXR8_Z5jdHi6B-myT",
        )
    ],
    pagination=TransactionPaging(None, has_more=False),
)


def auto_top_up_answer(settings: AutoTopUpSettings) -> AutoTopUpAnswer:
    """Show settings in US dollars."""
    return AutoTopUpAnswer(
        is_enabled=settings.is_enabled,
        threshold=usd_number(settings.threshold_credits),
        amount=settings.amount_cents / CENTS_PER_USD,
        currency="USD",
    )


def billing_detail(detail: BillingDetail) -> BillingDetailAnswer:
    """Show an account with its balance."""
    return BillingDetailAnswer(
        user_id=detail.account_id,
        email=detail.email,
        current_balance=usd_number(detail.balance_credits),
        currency="USD",
        autotopup_settings=auto_top_up_answer(detail.auto_top_up),
    )


def plan_balance(state: BalanceState, now_ms: int) -> PlanBalance:
    """Show a balance as it is at the moment."""
    return PlanBalance(
        balance=state.balance_credits,
        low_balance=state.is_low,
        low_balance_threshold=state.low_balance_credits,
        last_updated=iso_utc(now_ms),
        auto_debit_status="enabled" if state.auto_top_up.is_enabled else "disabled",
        status=state.status,
        status_explanation=_EXPLANATIONS[state.status],
    )


def transaction_page(statement: Statement) -> TransactionPage:
    """Show a page of movements."""
    return TransactionPage(
        data=[transaction_entry(entry) for entry in statement.entries],
        pagination=TransactionPaging(statement.next_cursor, statement.next_cursor is not None),
    )


def transaction_entry(entry: StatementEntry) -> TransactionEntry:
    """Show one movement."""
    return TransactionEntry(
        created_at=iso_utc(entry.position.created_at_ms),
        direction=entry.direction,
        type=entry.type,
        amount=MovedAmount(usd_number(entry.amount_credits), entry.amount_credits),
        model=entry.model_id,
        reference_id=_reference(entry),
    )


def _reference(entry: StatementEntry) -> str | None:
    """Name what the owner has in hand; references of other movements are the ledger's own."""
    match entry.type:
        case MovementType.MODEL_USAGE:
            return entry.hold_id
        case MovementType.PAYMENT:
            return entry.reference
        case MovementType.REFUND:
            # One payment may be refunded in parts, so the ledger's reference names the refund behind the payment.
            return None if entry.reference is None else entry.reference.partition(":")[0]
        case _:
            return None
