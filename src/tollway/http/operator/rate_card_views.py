"""Rate cards as the operator sees them."""

from typing import Literal

from msgspec import Struct

from tollway.credits.rate_cards import StoredCard
from tollway.flows.preview_prices import PricePreview
from tollway.kit.clock import MomentText, iso_utc
from tollway.kit.money import usd_number


class RateCardEntry(Struct):
    """One version of a model's prices, in nano-USD per token (1,000 are 1 USD per million tokens).

    ``source`` tells whether the model's file or the operator brought it, ``in_force`` whether requests that come now
    are priced by it.
    """

    model: str
    version: int
    source: Literal["catalog", "operator"]
    in_force: bool
    input_nanousd: int
    cached_input_nanousd: int
    output_nanousd: int
    reasoning_nanousd: int
    effective_from: MomentText
    created_at: MomentText


class RateCardList(Struct):
    """Versions of rate cards, by model, the newest version first."""

    object: Literal["list"]
    data: list[RateCardEntry]


class PreviewMeters(Struct):
    """Tokens that were counted; ``output`` is visible output, and ``input`` leaves out the cached part."""

    input: int
    cached_input: int
    output: int
    reasoning: int


class PreviewAnswer(Struct, rename={"from_moment": "from", "to_moment": "to"}):
    """What a period would have earned at other prices.

    The period is shown as it was computed: widened to whole quarters of an hour, its end not included. What would have
    been earned is rounded once for all of it; requests are rounded one by one, which adds less than a credit each.
    """

    model: str
    from_moment: MomentText
    to_moment: MomentText
    requests: int
    tokens: PreviewMeters
    earned_credits: int
    earned_usd: float
    would_have_earned_credits: int
    would_have_earned_usd: float


EXAMPLE_CARD = RateCardEntry(
    model="baidu/ernie-x1-turbo-32k",
    version=2,
    source="operator",
    in_force=True,
    input_nanousd=175,
    cached_input_nanousd=175,
    output_nanousd=695,
    reasoning_nanousd=0,
    effective_from="2026-08-01T00:00:00.000Z",
    created_at="2026-07-01T12:00:00.000Z",
)
EXAMPLE_PREVIEW = PreviewAnswer(
    model="baidu/ernie-x1-turbo-32k",
    from_moment="2026-07-01T00:00:00.000Z",
    to_moment="2026-08-01T00:00:00.000Z",
    requests=1,
    tokens=PreviewMeters(input=13, cached_input=0, output=278, reasoning=323),
    earned_credits=391,
    earned_usd=0.0001955,
    would_have_earned_credits=782,
    would_have_earned_usd=0.000391,
)


def rate_card_entry(stored: StoredCard, in_force: StoredCard | None) -> RateCardEntry:
    """Show one version, given the one in force for its model."""
    card = stored.card
    return RateCardEntry(
        model=card.model_id,
        version=card.version,
        source=stored.source.value,
        in_force=in_force is not None and in_force.card.version == card.version,
        input_nanousd=card.input_nanousd,
        cached_input_nanousd=card.cached_input_nanousd,
        output_nanousd=card.output_nanousd,
        reasoning_nanousd=card.reasoning_nanousd,
        effective_from=iso_utc(stored.effective_from_ms),
        created_at=iso_utc(stored.created_at_ms),
    )


def preview_answer(model_id: str, preview: PricePreview) -> PreviewAnswer:
    """Show a computed period."""
    meters = preview.meters
    return PreviewAnswer(
        model=model_id,
        from_moment=iso_utc(preview.from_ms),
        to_moment=iso_utc(preview.to_ms),
        requests=preview.requests,
        tokens=PreviewMeters(meters.input, meters.cached_input, meters.output, meters.reasoning),
        earned_credits=preview.earned_credits,
        earned_usd=usd_number(preview.earned_credits),
        would_have_earned_credits=preview.would_have_earned_credits,
        would_have_earned_usd=usd_number(preview.would_have_earned_credits),
    )
