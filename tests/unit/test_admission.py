import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ledger import CREDIT_CARD, FREE_CARD, hold_request
from tollway.credits.admission import Admitted, admit, least_credits
from tollway.credits.pricing import RateCard, bound_credits

FREE_OUTPUT_CARD = RateCard("free-output", 1, 500, 500, 0, 0)


@pytest.mark.parametrize(
    ("available", "explicit", "expected"),
    [
        (110, True, (110, 80, "explicit")),  # The full bound of 30 + 80 fits.
        (109, True, (90, 80, "relaxed")),  # Only with the fair estimate of 10 for the prompt.
        (90, True, (90, 80, "relaxed")),
        (89, True, None),  # An explicit limit is not cut.
        (110, False, (110, 80, "default")),
        (1_000_000, False, (110, 80, "default")),  # Never more than the cap needs.
        (50, False, (50, 20, "clamped")),  # Cut to what is left beside the prompt.
        (31, False, (31, 1, "clamped")),
        (30, False, (30, 20, "relaxed")),  # Not one token beside the upper bound, so the fair estimate counts.
        (11, False, (11, 1, "relaxed")),
        (10, False, None),
        (0, False, None),
    ],
)
def test_admission(available: int, explicit: bool, expected: Admitted | None) -> None:
    request = hold_request(prompt_tokens=30, fair_tokens=10, output_tokens=80, explicit=explicit)

    assert admit(request, available) == expected


@pytest.mark.parametrize("available", [0, -5])
@pytest.mark.parametrize("explicit", [True, False])
def test_what_is_free_needs_no_money(available: int, explicit: bool) -> None:
    admitted = admit(hold_request(card=FREE_CARD, prompt_tokens=30, explicit=explicit), available)

    assert admitted == (0, 10, "explicit" if explicit else "default")


def test_free_output_is_not_cut() -> None:
    request = hold_request(card=FREE_OUTPUT_CARD, prompt_tokens=30, fair_tokens=10, output_tokens=80, explicit=False)

    assert admit(request, 30) == (30, 80, "default")
    assert admit(request, 29) == (10, 80, "relaxed")
    assert admit(request, 9) is None


@given(
    upper=st.integers(0, 50_000),
    output=st.integers(1, 50_000),
    available=st.integers(-1_000, 200_000),
    explicit=st.booleans(),
    prices=st.tuples(*[st.integers(0, 3_000)] * 4),
)
def test_a_hold_never_exceeds_what_there_is_nor_what_was_asked(
    upper: int, output: int, available: int, explicit: bool, prices: tuple[int, int, int, int]
) -> None:
    card = RateCard("m", 1, *prices)
    request = hold_request(
        card=card, prompt_tokens=upper, fair_tokens=upper // 3, output_tokens=output, explicit=explicit
    )

    admitted = admit(request, available)

    if admitted is None:
        assert least_credits(request) > available
    else:
        amount, tokens, _ = admitted
        assert amount <= max(available, 0)
        assert 1 <= tokens <= output
        assert bound_credits(upper // 3, tokens, card) <= amount <= bound_credits(upper, output, card)
        assert tokens == output or not explicit


def test_the_least_that_admits_is_named() -> None:
    request = hold_request(card=CREDIT_CARD, prompt_tokens=30, fair_tokens=10, output_tokens=80, explicit=False)

    assert least_credits(request) == 11
    assert admit(request, 11) is not None
