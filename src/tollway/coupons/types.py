"""What a coupon is."""

from msgspec import UNSET, Struct, UnsetType


class Coupon(Struct, frozen=True, kw_only=True):
    """A code that accounts turn into credits; the fields are the columns of its row, moments are Unix milliseconds.

    Attributes:
        code: in normal form: capital letters, digits and dashes.
        uses_max: how many accounts may redeem it; None is any number.
        valid_from_ms: the first moment at which it can be redeemed.
        valid_until_ms: the first moment at which it no longer can; None is never.
        credits_last_days: for how many days the credits can be spent; None is for ever.
    """

    code: str
    amount_credits: int
    uses_max: int | None
    valid_from_ms: int
    valid_until_ms: int | None
    credits_last_days: int | None
    enabled: bool
    note: str
    created_at_ms: int


class UsedCoupon(Struct, frozen=True):
    """A coupon with the number of accounts that have redeemed it."""

    coupon: Coupon
    uses: int


class NewCoupon(Struct, frozen=True, kw_only=True):
    """The wish for a coupon; without a code it gets a random one, without a beginning it is valid at once."""

    amount_credits: int
    code: str | None = None
    uses_max: int | None = 1
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    credits_last_days: int | None = None
    enabled: bool = True
    note: str = ""


class CouponChange(Struct, frozen=True, kw_only=True):
    """What to change of a coupon; what is unset stays as it is."""

    enabled: bool | UnsetType = UNSET
    uses_max: int | UnsetType | None = UNSET
    valid_until_ms: int | UnsetType | None = UNSET
    note: str | UnsetType = UNSET
