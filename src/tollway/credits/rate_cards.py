"""The prices in force, and their history in the database."""

from collections.abc import Iterable
from typing import Self

from msgspec import Struct
from sqlalchemy import insert, select

from tollway.credits.pricing import RateCard
from tollway.credits.tables import rate_cards
from tollway.kit.database import Database


class ModelPrices(Struct, frozen=True, kw_only=True):
    """What a model's tokens cost from now on, in nano-USD per token."""

    model_id: str
    input_nanousd: int
    cached_input_nanousd: int
    output_nanousd: int
    reasoning_nanousd: int


class RateCards:
    """The newest rate card of every model that has a price."""

    def __init__(self, cards: Iterable[RateCard]) -> None:
        self._cards = {card.model_id: card for card in cards}

    @classmethod
    async def sync(cls, database: Database, prices: Iterable[ModelPrices], now_ms: int) -> Self:
        """Compare the prices with the newest stored versions, and store another version where they differ.

        Models that are not among ``prices`` have no rate card in force; their versions stay in the database.
        """
        async with database.connect() as connection:
            found = await connection.execute(
                select(
                    rate_cards.c.model_id,
                    rate_cards.c.version,
                    rate_cards.c.input_nanousd,
                    rate_cards.c.cached_input_nanousd,
                    rate_cards.c.output_nanousd,
                    rate_cards.c.reasoning_nanousd,
                ).order_by(rate_cards.c.version)
            )
            newest = {row.model_id: RateCard(*row) for row in found}
        cards = {price.model_id: _next_card(newest.get(price.model_id), price) for price in prices}
        added = [card for card in cards.values() if card is not newest.get(card.model_id)]
        if added:
            async with database.begin() as connection:
                await connection.execute(insert(rate_cards), [_card_row(card, now_ms) for card in added])
        return cls(cards.values())

    def current(self, model_id: str) -> RateCard | None:
        """Return the rate card in force for a model, or None when it has no price."""
        return self._cards.get(model_id)


def _next_card(newest: RateCard | None, price: ModelPrices) -> RateCard:
    card = RateCard(
        price.model_id,
        1 if newest is None else newest.version,
        price.input_nanousd,
        price.cached_input_nanousd,
        price.output_nanousd,
        price.reasoning_nanousd,
    )
    if newest is None:
        return card
    return newest if card == newest else RateCard(card.model_id, newest.version + 1, *_amounts(card))


def _amounts(card: RateCard) -> tuple[int, int, int, int]:
    return card.input_nanousd, card.cached_input_nanousd, card.output_nanousd, card.reasoning_nanousd


def _card_row(card: RateCard, now_ms: int) -> dict[str, object]:
    return {
        "model_id": card.model_id,
        "version": card.version,
        "input_nanousd": card.input_nanousd,
        "cached_input_nanousd": card.cached_input_nanousd,
        "output_nanousd": card.output_nanousd,
        "reasoning_nanousd": card.reasoning_nanousd,
        "effective_from_ms": now_ms,
        "created_at_ms": now_ms,
    }
