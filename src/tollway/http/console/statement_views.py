"""The shapes of the monthly statement."""

from typing import Literal

from msgspec import Struct

from tollway.credits.month_sums import KindSum
from tollway.credits.statement import Direction, MovementType
from tollway.flows.read_month_statement import ModelSpend, MonthStatement
from tollway.http.service.billing_views import MovedAmount, TransactionEntry, transaction_entry
from tollway.http.service.usage_views import GroupRequests, GroupTokens, request_counts, token_sums
from tollway.kit.clock import MomentText, iso_utc
from tollway.kit.money import usd_number
from tollway.usage.slots import Span


class Amount(Struct):
    """An amount in both units; negative where a balance is."""

    usd: float
    credits: int


class KindEntry(Struct):
    """All movements of one kind in one direction."""

    type: MovementType
    direction: Direction
    count: int
    amount: MovedAmount


class StatementModel(Struct):
    """What the calls of one model came to."""

    model: str
    amount: MovedAmount
    tokens: GroupTokens
    requests: GroupRequests


class StatementAnswer(Struct, kw_only=True):
    """How the balance went through a month: ``opening`` and all of ``movements`` make ``closing``, to the credit.

    A call counts in the month in which it began. ``is_final`` says that the month is over; until then ``closing`` is
    the present balance. ``start`` and ``end`` are the month's first moment and the next one's.
    """

    account_id: int
    email: str
    month: str
    timezone: str
    start: MomentText
    end: MomentText
    is_final: bool
    currency: Literal["USD"]
    opening: Amount
    closing: Amount
    movements: list[KindEntry]
    models: list[StatementModel]
    payments: list[TransactionEntry]


EXAMPLE_STATEMENT = StatementAnswer(
    account_id=1,
    email="someone@example.com",
    month="2026-08",
    timezone="UTC",
    start="2026-08-01T00:00:00.000Z",
    end="2026-09-01T00:00:00.000Z",
    is_final=True,
    currency="USD",
    opening=Amount(0.0, 0),
    closing=Amount(9.9998045, 19_999_609),
    movements=[
        KindEntry(MovementType.PAYMENT, Direction.TOPUP, 1, MovedAmount(10.0, 20_000_000)),
        KindEntry(MovementType.MODEL_USAGE, Direction.CHARGE, 1, MovedAmount(0.0001955, 391)),
    ],
    models=[
        StatementModel(
            "baidu/ernie-x1-turbo-32k",
            MovedAmount(0.0001955, 391),
            GroupTokens(13, 601, 614),
            GroupRequests(2, 1, 1, 1),
        )
    ],
    payments=[
        TransactionEntry(
            created_at="2026-08-01T11:00:00.000Z",
            direction=Direction.TOPUP,
            type=MovementType.PAYMENT,
            amount=MovedAmount(10.0, 20_000_000),
            model=None,
            reference_id="payment-MfqH2cWm0vYc9dKq1sT_x",
        )
    ],
)


def statement_answer(
    statement: MonthStatement, account_id: int, month: str, timezone: str, span: Span
) -> StatementAnswer:
    """Show a statement; ``month`` and ``timezone`` are those that were asked for."""
    return StatementAnswer(
        account_id=account_id,
        email=statement.email,
        month=month,
        timezone=timezone,
        start=iso_utc(span.from_ms),
        end=iso_utc(span.to_ms),
        is_final=statement.is_final,
        currency="USD",
        opening=Amount(usd_number(statement.opening_credits), statement.opening_credits),
        closing=Amount(usd_number(statement.closing_credits), statement.closing_credits),
        movements=[_kind(one) for one in statement.kinds],
        models=[_model(one) for one in statement.models],
        payments=[transaction_entry(one) for one in statement.payments],
    )


def _kind(one: KindSum) -> KindEntry:
    return KindEntry(one.type, one.direction, one.count, _moved(one.amount_credits))


def _model(one: ModelSpend) -> StatementModel:
    sums = one.sums
    return StatementModel(one.model_id, _moved(sums.charged_credits), token_sums(sums), request_counts(sums))


def _moved(amount_credits: int) -> MovedAmount:
    return MovedAmount(usd_number(amount_credits), amount_credits)
