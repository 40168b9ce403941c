"""The one place that turns tokens into credits. No I/O; rounds once, up."""

from msgspec import Struct

from tollway.kit.money import NANOUSD_PER_CREDIT, credits_from_nanousd


class Meters(Struct, frozen=True, gc=False):
    """Disjoint counts of tokens: ``output`` is visible output, ``input`` excludes the cached part."""

    input: int = 0
    cached_input: int = 0
    output: int = 0
    reasoning: int = 0


class RateCard(Struct, frozen=True, gc=False):
    """Prices of one model in one version, in nano-USD per token."""

    model_id: str
    version: int
    input_nanousd: int
    cached_input_nanousd: int
    output_nanousd: int
    reasoning_nanousd: int

    @property
    def dearest_output_nanousd(self) -> int:
        """The higher of the prices that an output token may have."""
        return max(self.output_nanousd, self.reasoning_nanousd)


def charge_nanousd(meters: Meters, card: RateCard) -> int:
    """Price the meters exactly, in nano-USD."""
    return (
        meters.input * card.input_nanousd
        + meters.cached_input * card.cached_input_nanousd
        + meters.output * card.output_nanousd
        + meters.reasoning * card.reasoning_nanousd
    )


def charge_credits(meters: Meters, card: RateCard) -> int:
    """Price the meters: the exact nano-USD sum in whole credits, rounded up once."""
    return credits_from_nanousd(charge_nanousd(meters, card))


def bound_credits(prompt_tokens: int, output_tokens: int, card: RateCard) -> int:
    """Price the most that a request can cost with this many tokens."""
    return credits_from_nanousd(
        prompt_tokens * max(card.input_nanousd, card.cached_input_nanousd) + output_tokens * card.dearest_output_nanousd
    )


def affordable_output_tokens(prompt_tokens: int, available_credits: int, card: RateCard) -> int | None:
    """Say how many output tokens the credits pay for beside the prompt; None when output is free of charge.

    The result is negative when the prompt alone costs more than there is.
    """
    left_nanousd = available_credits * NANOUSD_PER_CREDIT - prompt_tokens * max(
        card.input_nanousd, card.cached_input_nanousd
    )
    if card.dearest_output_nanousd == 0:
        return None if left_nanousd >= 0 else -1
    return left_nanousd // card.dearest_output_nanousd
