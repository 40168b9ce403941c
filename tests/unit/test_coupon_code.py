"""Codes of coupons in their one form."""

import re

import pytest

from tollway.coupons.code import normal_code, random_code
from tollway.coupons.errors import WrongCouponFieldError


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("SPRING-26", "SPRING-26"),
        ("  spring-26\n", "SPRING-26"),
        ("abcd", "ABCD"),
        ("4242", "4242"),
        ("a" * 64, "A" * 64),
        ("X---", "X---"),
    ],
)
def test_a_code_is_trimmed_and_in_capital_letters(given: str, code: str) -> None:
    assert normal_code(given) == code


@pytest.mark.parametrize(
    "given",
    [
        "",
        "   ",
        "abc",
        "a" * 65,
        "-abcd",
        "ab cd",
        "ab_cd",
        "straße",
        "\u017fpring",
        "\uff21\uff22\uff23\uff24",
        "\u0664\u0662\u0664\u0662",
        "ab\0cd",
        "AB\nCD",
    ],
)
def test_what_can_be_no_code_is_refused_with_what_came(given: str) -> None:
    with pytest.raises(WrongCouponFieldError) as caught:
        normal_code(given)

    assert caught.value.field == "code"
    assert "4 to 64" in caught.value.expected
    assert given[:60] in caught.value.received


def test_random_codes_are_readable_and_never_the_same() -> None:
    codes = {random_code() for _ in range(1_000)}

    assert len(codes) == 1_000
    assert all(re.fullmatch(r"([2-9A-HJKMNP-Z]{4}-){3}[2-9A-HJKMNP-Z]{4}", code) for code in codes)
    assert all(normal_code(code.lower()) == code for code in codes)
    # Every character of the alphabet is used.
    assert len(set("".join(codes))) == 31 + 1
