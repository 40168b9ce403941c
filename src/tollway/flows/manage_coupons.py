"""Coupons, as the operator manages them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor
from tollway.coupons.repository import list_coupons
from tollway.coupons.service import CouponService
from tollway.coupons.types import Coupon, CouponChange, NewCoupon, UsedCoupon
from tollway.kit.clock import Clock, iso_utc
from tollway.kit.database import Database

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_Facts = dict[str, object]


class ManageCoupons:
    """What the operator does with coupons. Every change is durable, and in force, when its method returns.

    A redemption that is under way at that very moment may still go by what the coupon was before.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._coupons = CouponService(clock)

    async def create(self, actor: Actor, new: NewCoupon) -> UsedCoupon:
        """Make a coupon.

        Raises:
            WrongCouponFieldError: a field is out of range, or it would end before it begins.
            CouponExistsError: the code is taken.
        """
        async with self._database.begin() as connection:
            coupon = await self._coupons.create(connection, new)
            await self._record(connection, actor, "coupon.create", coupon, {"after": _told(coupon)})
        return UsedCoupon(coupon, 0)

    async def list_page(self, *, at_most: int, offset: int = 0) -> Sequence[UsedCoupon]:
        """The newest coupons, newest first, after as many as ``offset`` says."""
        async with self._database.connect() as connection:
            return await list_coupons(connection, at_most=at_most, offset=offset)

    async def get(self, code: str) -> UsedCoupon:
        """Find a coupon by its code.

        Raises:
            UnknownCouponError: there is none.
        """
        async with self._database.connect() as connection:
            return await self._coupons.get(connection, code)

    async def update(self, actor: Actor, code: str, change: CouponChange) -> UsedCoupon:
        """Change a coupon, and return it as it is then; a change that changes nothing leaves no trace.

        Raises:
            UnknownCouponError: there is none.
            WrongCouponFieldError: a field is out of range, or there were more uses already than there may be.
        """
        async with self._database.begin() as connection:
            before = await self._coupons.get(connection, code)
            after = await self._coupons.update(connection, before, change)
            was, now = _told(before.coupon), _told(after.coupon)
            differing = [name for name in was if was[name] != now[name]]
            if differing:
                details: _Facts = {
                    "before": {name: was[name] for name in differing},
                    "after": {name: now[name] for name in differing},
                }
                await self._record(connection, actor, "coupon.update", after.coupon, details)
        return after

    async def _record(
        self, connection: "AsyncConnection", actor: Actor, action: str, coupon: Coupon, details: _Facts
    ) -> None:
        now_ms = self._clock.now_ms()
        await record(
            connection, new_entry(actor=actor, action=action, subject=coupon.code, now_ms=now_ms, details=details)
        )


def _told(coupon: Coupon) -> _Facts:
    """Write a coupon for the audit trail."""
    until_ms = coupon.valid_until_ms
    return {
        "credits": coupon.amount_credits,
        "uses_max": coupon.uses_max,
        "valid_from": iso_utc(coupon.valid_from_ms),
        "valid_until": None if until_ms is None else iso_utc(until_ms),
        "credits_last_days": coupon.credits_last_days,
        "enabled": coupon.enabled,
        "note": coupon.note,
    }
