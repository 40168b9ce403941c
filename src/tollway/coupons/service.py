"""What can be done with coupons, redeeming apart. Callers own the transaction."""

from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import asdict, replace

from tollway.coupons import repository
from tollway.coupons.code import normal_code, random_code
from tollway.coupons.errors import UnknownCouponError, WrongCouponFieldError
from tollway.coupons.types import Coupon, CouponChange, NewCoupon, UsedCoupon
from tollway.kit.clock import Clock, iso_utc
from tollway.kit.money import CREDITS_PER_USD
from tollway.wire.refusals import describe

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

AMOUNT_CREDITS_MAX = 1_000_000 * CREDITS_PER_USD
"""Millions of uses of the largest coupon stay within the 64 bits that the database counts in."""
USES_MAX = 1_000_000_000
CREDITS_LAST_DAYS_MAX = 3650
NOTE_LENGTH_MAX = 255


class CouponService:
    """Makes, finds and changes coupons."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def create(self, connection: "AsyncConnection", new: NewCoupon) -> Coupon:
        """Store a coupon.

        Raises:
            WrongCouponFieldError: a field is out of range, or it would end before it begins.
            CouponExistsError: the code is taken.
        """
        now_ms = self._clock.now_ms()
        coupon = Coupon(
            code=random_code() if new.code is None else normal_code(new.code),
            amount_credits=new.amount_credits,
            uses_max=new.uses_max,
            valid_from_ms=now_ms if new.valid_from_ms is None else new.valid_from_ms,
            valid_until_ms=new.valid_until_ms,
            credits_last_days=new.credits_last_days,
            enabled=new.enabled,
            note=new.note,
            created_at_ms=now_ms,
        )
        _check(coupon)
        await repository.insert_coupon(connection, coupon)
        return coupon

    async def get(self, connection: "AsyncConnection", code: str) -> UsedCoupon:
        """Find a coupon by its code, in whatever form it is written.

        Raises:
            UnknownCouponError: there is none.
        """
        try:
            found = await repository.find_coupon(connection, normal_code(code))
        except WrongCouponFieldError:
            found = None
        if found is None:
            raise UnknownCouponError(f"There is no coupon {describe(code).removeprefix('string ')}")
        return found

    async def update(self, connection: "AsyncConnection", before: UsedCoupon, change: CouponChange) -> UsedCoupon:
        """Change what is named of a coupon, and return it as it is then.

        Raises:
            WrongCouponFieldError: a field is out of range, or there were more uses already than there may be.
        """
        named = {name: value for name, value in asdict(change).items() if value is not UNSET}
        after = replace(before.coupon, **named)
        _check(after)
        if after.uses_max is not None and after.uses_max < before.uses:
            raise WrongCouponFieldError(
                "uses_max", f"at least {before.uses}, as many as there were uses", describe(after.uses_max)
            )
        if after != before.coupon:
            await repository.update_coupon(connection, after)
        return UsedCoupon(after, before.uses)


def _check(coupon: Coupon) -> None:
    _check_range("credits", coupon.amount_credits, AMOUNT_CREDITS_MAX)
    _check_range("uses_max", coupon.uses_max, USES_MAX)
    _check_range("credits_last_days", coupon.credits_last_days, CREDITS_LAST_DAYS_MAX)
    if coupon.valid_until_ms is not None and coupon.valid_until_ms <= coupon.valid_from_ms:
        expected = f"a moment later than valid_from ({iso_utc(coupon.valid_from_ms)})"
        raise WrongCouponFieldError("valid_until", expected, iso_utc(coupon.valid_until_ms))
    if len(coupon.note) > NOTE_LENGTH_MAX or not coupon.note.isprintable():
        raise WrongCouponFieldError("note", f"at most {NOTE_LENGTH_MAX} printable characters", describe(coupon.note))


def _check_range(field: str, number: int | None, number_max: int) -> None:
    if number is not None and not 1 <= number <= number_max:
        raise WrongCouponFieldError(field, f"1 to {number_max}", describe(number))
