"""Codes of coupons: their one form, and random ones."""

import re
import secrets

from tollway.coupons.errors import WrongCouponFieldError
from tollway.wire.refusals import describe

CODE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9-]{3,63}$"
"""The form of codes, spaces around them aside, in the words of JSON Schema."""
_FORM = re.compile(CODE_PATTERN, re.ASCII)
_EXPECTED = "4 to 64 letters, digits and dashes, the first one no dash"
# Without 0 and O, 1, I and L, which are read for each other.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_GROUPS = 4
_GROUP_LENGTH = 4  # Sixteen characters in all, which are 79 random bits.


def normal_code(text: str) -> str:
    """Bring a code into the form in which it is stored and compared: trimmed, in capital letters.

    Raises:
        WrongCouponFieldError: no coupon can have such a code.
    """
    stripped = text.strip()
    if _FORM.fullmatch(stripped) is None:
        raise WrongCouponFieldError("code", _EXPECTED, describe(text))
    return stripped.upper()


def random_code() -> str:
    """Make a code that nobody can guess, in groups that people can read out."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)
