"""Coupons in the database."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from tollway.coupons.errors import CouponExistsError
from tollway.coupons.tables import coupon_redemptions, coupons
from tollway.coupons.types import Coupon, UsedCoupon

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_coupon(connection: "AsyncConnection", coupon: Coupon) -> None:
    """Store a new coupon.

    Raises:
        CouponExistsError: the code is taken.
    """
    try:
        await connection.execute(insert(coupons), msgspec.structs.asdict(coupon))
    except IntegrityError as error:
        raise CouponExistsError(f"There is already a coupon {coupon.code}", param="code") from error


async def update_coupon(connection: "AsyncConnection", coupon: Coupon) -> None:
    """Store what is different of a coupon."""
    await connection.execute(update(coupons).where(coupons.c.code == coupon.code), msgspec.structs.asdict(coupon))


async def find_coupon(connection: "AsyncConnection", code: str) -> UsedCoupon | None:
    """Look a coupon up by the normal form of its code."""
    row = (await connection.execute(_with_uses().where(coupons.c.code == code))).first()
    return None if row is None else _used_coupon(row)


async def list_coupons(connection: "AsyncConnection", *, at_most: int, offset: int) -> Sequence[UsedCoupon]:
    """The newest coupons, newest first, after as many as ``offset`` says."""
    query = _with_uses().order_by(coupons.c.created_at_ms.desc(), coupons.c.code).limit(at_most).offset(offset)
    return [_used_coupon(row) for row in await connection.execute(query)]


async def has_redeemed(connection: "AsyncConnection", code: str, account_id: int) -> bool:
    """Say whether the account has redeemed the coupon."""
    query = select(coupon_redemptions.c.use_number).where(
        coupon_redemptions.c.code == code, coupon_redemptions.c.account_id == account_id
    )
    return (await connection.execute(query)).first() is not None


def _with_uses() -> Select[Any]:
    # Uses are numbered without gaps, and the greatest number is found without counting.
    uses = (
        select(func.coalesce(func.max(coupon_redemptions.c.use_number), 0))
        .where(coupon_redemptions.c.code == coupons.c.code)
        .scalar_subquery()
    )
    return select(*coupons.c, uses.label("uses"))


def _used_coupon(row: Row[Any]) -> UsedCoupon:
    fields = dict(row._mapping)  # noqa: SLF001 - its public name
    uses = fields.pop("uses")
    return UsedCoupon(Coupon(**fields), uses)
