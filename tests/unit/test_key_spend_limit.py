"""Spend limits: US dollars become credits exactly or not at all, and updates merge."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.keys.errors import WrongKeyFieldError
from tollway.keys.spend_limit import LIMIT_CREDITS_MAX, LIMIT_USD_MAX, limit_credits_from_usd, merged_limit
from tollway.keys.types import LimitUpdate
from tollway.kit.money import CREDITS_PER_USD, usd_number, usd_text

WHOLE_CREDITS = st.integers(0, LIMIT_CREDITS_MAX)


@given(WHOLE_CREDITS, st.integers(0, 60))
def test_every_credit_has_a_decimal_that_leads_back_to_it(limit_credits: int, zeros: int) -> None:
    text = usd_text(limit_credits)

    assert limit_credits_from_usd(text) == limit_credits
    assert limit_credits_from_usd(f"{Decimal(text):E}") == limit_credits
    assert limit_credits_from_usd((text if "." in text else f"{text}.") + "0" * zeros) == limit_credits


@given(WHOLE_CREDITS)
def test_what_a_client_was_shown_it_may_send_back(limit_credits: int) -> None:
    shown = json.dumps(usd_number(limit_credits))

    assert limit_credits_from_usd(shown) == limit_credits
    assert limit_credits_from_usd(json.dumps(json.loads(shown))) == limit_credits


@given(WHOLE_CREDITS, st.integers(8, 400), st.integers(1, 4))
def test_nothing_finer_than_a_credit_is_taken(limit_credits: int, digits: int, last: int) -> None:
    whole, _, fraction = usd_text(min(limit_credits, LIMIT_CREDITS_MAX - 1)).partition(".")

    with pytest.raises(WrongKeyFieldError, match="whole number of credits") as caught:
        limit_credits_from_usd(f"{whole}.{fraction.ljust(digits - 1, '0')}{last}")

    assert caught.value.param == "limit.threshold"


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_any_decimal_is_taken_exactly_or_refused(amount_usd: Decimal) -> None:
    try:
        limit_credits = limit_credits_from_usd(str(amount_usd))
    except WrongKeyFieldError:
        return
    numerator, denominator = amount_usd.as_integer_ratio()
    assert limit_credits * denominator == numerator * CREDITS_PER_USD
    assert 0 <= amount_usd <= LIMIT_USD_MAX


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-1", f"0 to {LIMIT_USD_MAX} US dollars, received number -1"),
        ("-1e-400", "0 to"),
        ("100000000.0000005", "0 to"),
        ("1e9999", "0 to"),
        ("Infinity", "0 to"),
        ("NaN", "a number of US dollars"),
        ("much", "a number of US dollars, received 'much'"),
        ("1e99999999999999999999", "a number of US dollars"),
        # Its exact value has more digits than memory: it must be refused without being written out.
        ("1e-999999999999999999", "whole number of credits"),
    ],
)
def test_other_amounts_are_refused(text: str, words: str) -> None:
    with pytest.raises(WrongKeyFieldError, match=words):
        limit_credits_from_usd(text)


@pytest.mark.parametrize(
    ("limit_credits", "period", "update", "merged"),
    [
        (5, "day", LimitUpdate(), (5, "day")),
        (5, "day", LimitUpdate(limit_credits=6), (6, "day")),
        (5, "day", LimitUpdate(period="week"), (5, "week")),
        (5, "day", LimitUpdate(limit_credits=0, period="week"), (0, "week")),
        (None, "no_reset", LimitUpdate(limit_credits=6), (6, "no_reset")),
        (None, "day", LimitUpdate(limit_credits=6), (6, "no_reset")),
    ],
)
def test_updates_of_a_limit_keep_what_they_do_not_name(
    limit_credits: int | None, period: str, update: LimitUpdate, merged: tuple[int, str]
) -> None:
    assert merged_limit(limit_credits, period, update) == merged


@pytest.mark.parametrize("update", [LimitUpdate(), LimitUpdate(period="day")])
def test_a_limit_needs_an_amount(update: LimitUpdate) -> None:
    with pytest.raises(WrongKeyFieldError, match="no limit yet"):
        merged_limit(None, "no_reset", update)
