"""How coupons refuse."""

from tollway.kit.errors import BadRequestError, ConflictError, NotFoundError, TooManyRequestsError, UnavailableError


class WrongCouponFieldError(BadRequestError):
    """A field of a coupon is out of range; ``field`` is its name."""

    default_code = "invalid_coupon_field"

    def __init__(self, field: str, expected: str, received: str) -> None:
        super().__init__(f"{field}: expected {expected}, received {received}", param=field)
        self.field = field
        self.expected = expected
        self.received = received


class UnknownCouponError(NotFoundError):
    """There is no such coupon, or, for those who redeem, none that they may know of."""

    default_code = "coupon_not_found"


class CouponExistsError(ConflictError):
    """Another coupon has this code."""

    default_code = "coupon_exists"


class CouponRedeemedError(ConflictError):
    """The account has redeemed this coupon before."""

    default_code = "coupon_already_redeemed"


class CouponUsedUpError(ConflictError):
    """As many accounts as may have redeemed this coupon."""

    default_code = "coupon_used_up"


class CouponExpiredError(ConflictError):
    """The coupon could be redeemed until a moment that has passed."""

    default_code = "coupon_expired"


class TooManyWrongCodesError(TooManyRequestsError):
    """The account has tried too many codes that are none."""

    default_code = "too_many_wrong_codes"


class CouponContendedError(UnavailableError):
    """Others were faster each time; nothing was changed."""

    default_code = "coupon_contended"
