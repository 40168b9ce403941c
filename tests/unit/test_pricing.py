from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.support.ledger import FLAGSHIP_CARD
from tollway.credits.pricing import Meters, RateCard, affordable_output_tokens, bound_credits, charge_credits
from tollway.kit.money import NANOUSD_PER_CREDIT

tokens = st.integers(0, 200_000)
prices = st.integers(0, 5_000)
cards = st.builds(
    RateCard,
    st.just("m"),
    st.just(1),
    input_nanousd=prices,
    cached_input_nanousd=prices,
    output_nanousd=prices,
    reasoning_nanousd=prices,
)


def test_the_golden_bill_costs_391_credits() -> None:
    assert charge_credits(Meters(input=13, output=278, reasoning=323), FLAGSHIP_CARD) == 391


def test_a_bill_is_rounded_up_once_and_not_per_meter() -> None:
    card = RateCard("m", 1, 1, 1, 1, 1)

    assert charge_credits(Meters(input=100, cached_input=100, output=150, reasoning=150), card) == 1
    assert charge_credits(Meters(input=100, cached_input=100, output=150, reasoning=151), card) == 2


@given(tokens, tokens, tokens, tokens, cards)
def test_a_charge_is_less_than_one_credit_above_the_exact_sum(
    fresh: int, cached: int, output: int, reasoning: int, card: RateCard
) -> None:
    exact = Fraction(
        fresh * card.input_nanousd
        + cached * card.cached_input_nanousd
        + output * card.output_nanousd
        + reasoning * card.reasoning_nanousd,
        NANOUSD_PER_CREDIT,
    )

    charged = charge_credits(Meters(fresh, cached, output, reasoning), card)

    assert exact <= charged < exact + 1


@given(tokens, tokens, tokens, tokens, cards)
def test_no_split_of_the_tokens_costs_more_than_the_bound(
    fresh: int, cached: int, output: int, reasoning: int, card: RateCard
) -> None:
    charged = charge_credits(Meters(fresh, cached, output, reasoning), card)

    assert charged <= bound_credits(fresh + cached, output + reasoning, card)


@given(tokens, st.integers(0, 10**7), cards)
def test_affordable_output_is_the_most_that_the_credits_pay_for(prompt: int, available: int, card: RateCard) -> None:
    affordable = affordable_output_tokens(prompt, available, card)

    if affordable is None:
        assert bound_credits(prompt, 10**9, card) <= available
    elif affordable < 0:
        assert bound_credits(prompt, 0, card) > available
    else:
        assert bound_credits(prompt, affordable, card) <= available < bound_credits(prompt, affordable + 1, card)
