"""Coupons as the operator sees them."""

from typing import Literal

from msgspec import Struct

from tollway.coupons.types import UsedCoupon
from tollway.kit.clock import MomentText, iso_utc
from tollway.kit.money import usd_number

CouponState = Literal["valid", "disabled", "not_yet_valid", "expired", "used_up"]


class CouponEntry(Struct, kw_only=True):
    """A coupon with its uses.

    ``state`` is the first reason why it cannot be redeemed, or ``valid``; ``uses_max`` is null for any number of
    accounts, ``credits_last_days`` for credits that do not expire.
    """

    code: str
    state: CouponState
    credits: int
    usd: float
    uses: int
    uses_max: int | None
    valid_from: MomentText
    valid_until: MomentText | None
    credits_last_days: int | None
    enabled: bool
    note: str
    created_at: MomentText


class CouponList(Struct):
    """Coupons, newest first; ``next_offset`` is the ``offset`` of the next page, null on the last."""

    object: Literal["list"]
    data: list[CouponEntry]
    next_offset: int | None


EXAMPLE_COUPON = CouponEntry(
    code="SUMMER-2026",
    state="valid",
    credits=2_000_000,
    usd=1.0,
    uses=0,
    uses_max=100,
    valid_from="2026-08-01T00:00:00.000Z",
    valid_until=None,
    credits_last_days=None,
    enabled=True,
    note="For the summer fair",
    created_at="2026-07-01T12:00:00.000Z",
)


def coupon_entry(used: UsedCoupon, now_ms: int) -> CouponEntry:
    """Show a coupon as it is at a moment."""
    coupon = used.coupon
    return CouponEntry(
        code=coupon.code,
        state=_state(used, now_ms),
        credits=coupon.amount_credits,
        usd=usd_number(coupon.amount_credits),
        uses=used.uses,
        uses_max=coupon.uses_max,
        valid_from=iso_utc(coupon.valid_from_ms),
        valid_until=None if coupon.valid_until_ms is None else iso_utc(coupon.valid_until_ms),
        credits_last_days=coupon.credits_last_days,
        enabled=coupon.enabled,
        note=coupon.note,
        created_at=iso_utc(coupon.created_at_ms),
    )


def _state(used: UsedCoupon, now_ms: int) -> CouponState:
    coupon = used.coupon
    if not coupon.enabled:
        return "disabled"
    if now_ms < coupon.valid_from_ms:
        return "not_yet_valid"
    if coupon.valid_until_ms is not None and now_ms >= coupon.valid_until_ms:
        return "expired"
    return "used_up" if coupon.uses_max is not None and used.uses >= coupon.uses_max else "valid"
