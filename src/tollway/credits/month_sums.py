"""What moved a wallet within a span other than calls, by kind: the part of a statement that the ledger alone tells."""

from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import case, func, literal_column, select

from tollway.credits.statement import Direction, MovementType
from tollway.credits.tables import ledger_accounts, transfers

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class KindSum(Struct, frozen=True):
    """Movements of one kind and direction; ``amount_credits`` is positive both ways."""

    type: MovementType
    direction: Direction
    count: int
    amount_credits: int

    @property
    def signed_credits(self) -> int:
        """What they add to the balance."""
        return self.amount_credits if self.direction is Direction.TOPUP else -self.amount_credits


class OtherMovements(Struct, frozen=True):
    """Movements that no call made: what they had added up to before the span, and those within it by kind."""

    before_credits: int
    within: tuple[KindSum, ...]


async def other_movements(
    connection: "AsyncConnection", account_id: int, *, from_ms: int, to_ms: int
) -> OtherMovements:
    """Add up the movements of a wallet that no call made, from ``from_ms`` on and before ``to_ms``."""
    wallet_id = (
        select(ledger_accounts.c.id)
        .where(ledger_accounts.c.kind == "wallet", ledger_accounts.c.account_id == account_id)
        .scalar_subquery()
    )
    before_credits, within = 0, []
    is_before, amount = transfers.c.created_at_ms < from_ms, transfers.c.amount_credits
    for side, direction in ((transfers.c.credit_id, Direction.TOPUP), (transfers.c.debit_id, Direction.CHARGE)):
        query = (
            select(
                transfers.c.kind,
                func.sum(case((is_before, amount), else_=0)),
                func.sum(case((is_before, 0), else_=1)),
                func.sum(case((is_before, 0), else_=amount)),
            )
            .where(
                side == wallet_id,
                transfers.c.hold_id.is_(None),
                # A take that found nothing is no movement.
                amount > literal_column("0"),
                transfers.c.created_at_ms < to_ms,
            )
            .group_by(transfers.c.kind)
            .order_by(transfers.c.kind)
        )
        for kind, earlier, count, moved in await connection.execute(query):
            before_credits += int(earlier) if direction is Direction.TOPUP else -int(earlier)
            if count:
                within.append(KindSum(MovementType(kind), direction, int(count), int(moved)))
    return OtherMovements(before_credits, tuple(within))
