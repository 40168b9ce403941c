"""What the bodies of the operator's requests have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from tollway.coupons.errors import WrongCouponFieldError
from tollway.flows.grant_credits import AMOUNT_CREDITS_MAX, WrongGrantError
from tollway.http.service.requests import numbers_as_written
from tollway.kit.money import CREDITS_PER_USD, credits_from_usd
from tollway.payments.errors import WrongRefundError
from tollway.wire.refusals import field_error

AMOUNT_USD_MAX = AMOUNT_CREDITS_MAX // CREDITS_PER_USD
Credits = Annotated[
    int,
    Meta(
        description="Whole credits; 2,000,000 are one US dollar.",
        extra_json_schema={"minimum": -AMOUNT_CREDITS_MAX, "maximum": AMOUNT_CREDITS_MAX, "not": {"const": 0}},
    ),
]
Usd = Annotated[
    float,
    Meta(
        description="The same in US dollars, in whole credits of 0.0000005 US dollars.",
        extra_json_schema={"minimum": -AMOUNT_USD_MAX, "maximum": AMOUNT_USD_MAX, "not": {"const": 0}},
    ),
]
Moment = Annotated[
    str, Meta(description="A moment in ISO 8601 with an offset.", extra_json_schema={"format": "date-time"})
]
AMOUNT_RULE = {"oneOf": [{"required": ["credits"]}, {"required": ["usd"]}]}
"""JSON Schema of a body that has its amount in one of both units."""


@contextmanager
def fields_of_body() -> Iterator[None]:
    """Refuse wrong fields of coupons, grants and refunds as what they are here: fields of the body.

    Raises:
        InvalidBodyError: in their place.
    """
    try:
        yield
    except (WrongCouponFieldError, WrongGrantError, WrongRefundError) as error:
        raise field_error(error.field, error.expected, error.received) from error


def amount_credits(given_credits: int | UnsetType, given_usd: float | UnsetType, raw: bytes) -> int:
    """Return the amount that a body names in one of both units; ``raw`` is the body as it came.

    Raises:
        InvalidBodyError: it names none or both, or US dollars that are out of range or finer than a credit.
    """
    if (given_credits is UNSET) == (given_usd is UNSET):
        received = "neither" if given_credits is UNSET else "both"
        raise field_error("credits", "a number either here or in usd", received)
    if given_credits is not UNSET:
        return given_credits
    written = str(numbers_as_written(raw)["usd"])
    amount_usd = Decimal(written)
    if abs(amount_usd) > AMOUNT_USD_MAX:
        raise field_error("usd", f"at most {AMOUNT_USD_MAX} US dollars", f"number {written}")
    try:
        return credits_from_usd(amount_usd)
    except ValueError as error:
        expected = "a whole number of credits (1 credit is 0.0000005 US dollars)"
        raise field_error("usd", expected, f"number {written}") from error
