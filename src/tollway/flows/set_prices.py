"""What the operator asks for tokens: prices with the moment from which they hold."""

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor
from tollway.catalog.errors import ModelDeprecatedError
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.credits.rate_cards import CardSource, ModelPrices, RateCards, StoredCard, add_card, read_cards
from tollway.kit.clock import DAY_MS, Clock, iso_utc
from tollway.kit.database import Database
from tollway.wire.refusals import field_error

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

PRICE_NANOUSD_MAX = 1_000_000_000
"""Highest price of one token: a US dollar."""
PAST_MS_MAX = 60_000
"""A moment that is no longer ago is taken for now, because clocks differ and requests take a while."""
FUTURE_MS_MAX = 10 * 366 * DAY_MS
"""Prices are set at most some ten years ahead; what lies further off is a mistake in the unit."""


class PriceChange(Struct, frozen=True, kw_only=True):
    """The wanted prices of a model, in nano-USD per token.

    Attributes:
        model_id: its id, or an alias.
        cached_input_nanousd: what input costs, when it is None.
        effective_from_ms: moment from which requests that are admitted are priced so; None is now.
    """

    model_id: str
    input_nanousd: int
    output_nanousd: int
    reasoning_nanousd: int = 0
    cached_input_nanousd: int | None = None
    effective_from_ms: int | None = None


class SetPrices:
    """Adds versions of rate cards, each with an entry in the audit trail.

    ``refresh`` makes this process use what has changed.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        catalog: Catalog,
        rate_cards: RateCards,
        refresh: Callable[[], Awaitable[None]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._catalog = catalog
        self._rate_cards = rate_cards
        self._refresh = refresh

    async def set(self, change: PriceChange, actor: Actor) -> StoredCard:
        """Give a model other prices, and return them as a version of its rate card.

        They are durable, and known to this process, when this returns; other processes know them within a second.
        Requests under way keep the prices that they were admitted with.

        Raises:
            InvalidBodyError: a price is out of range, or the moment lies in the past or too far in the future.
            UnknownModelError: there is no such model.
            ModelDeprecatedError: the model has a successor, and cannot be called at any price.
        """
        model = self._catalog.find(change.model_id)
        if model.successor is not None:
            raise ModelDeprecatedError(model.id, model.successor)
        prices = model_prices(model.id, change)
        now_ms = self._clock.now_ms()
        effective_from_ms = _effective_from_ms(change.effective_from_ms, now_ms)
        async with self._database.begin() as connection:
            # The versions are read anew: another process may have added one.
            stored = await read_cards(connection)
            if not any(one.card.model_id == model.id for one in stored):
                # No server has run yet that would have stored it, and it holds until the new price begins.
                stored += await self._add_file_price(connection, model, now_ms)
            known = self._rate_cards.with_versions(stored, now_ms)
            before = known.in_force(model.id, effective_from_ms)
            added = await add_card(
                connection, prices, source=CardSource.OPERATOR, effective_from_ms=effective_from_ms, now_ms=now_ms
            )
            entry = new_entry(
                actor=actor,
                action="rate_card.create",
                subject=model.id,
                now_ms=now_ms,
                details={"before": None if before is None else _told(before), "after": _told(added)},
            )
            await record(connection, entry)
        await self._refresh()
        return added

    async def _add_file_price(self, connection: "AsyncConnection", model: Model, now_ms: int) -> list[StoredCard]:
        """Store the price that a model's file names, if it does."""
        return [
            await add_card(connection, price, source=CardSource.CATALOG, effective_from_ms=now_ms, now_ms=now_ms)
            for price in file_prices(self._catalog)
            if price.model_id == model.id
        ]


def model_prices(model_id: str, change: PriceChange) -> ModelPrices:
    """Return the prices of a change, complete and within their range.

    Raises:
        InvalidBodyError: a price is out of range.
    """
    cached_nanousd = change.input_nanousd if change.cached_input_nanousd is None else change.cached_input_nanousd
    given = {
        "input_nanousd": change.input_nanousd,
        "cached_input_nanousd": cached_nanousd,
        "output_nanousd": change.output_nanousd,
        "reasoning_nanousd": change.reasoning_nanousd,
    }
    for name, price_nanousd in given.items():
        if not 0 <= price_nanousd <= PRICE_NANOUSD_MAX:
            expected = f"an integer from 0 to {PRICE_NANOUSD_MAX} (nano-USD per token)"
            raise field_error(name, expected, f"number {price_nanousd}")
    return ModelPrices(model_id=model_id, **given)


def file_prices(catalog: Catalog) -> Iterator[ModelPrices]:
    """Say what the model files ask, for the models that they name a price of."""
    for model in catalog.every():
        price = model.price
        if price is not None:
            cached_nanousd = price.cached_input_nanousd
            yield ModelPrices(
                model_id=model.id,
                input_nanousd=price.input_nanousd,
                cached_input_nanousd=price.input_nanousd if cached_nanousd is None else cached_nanousd,
                output_nanousd=price.output_nanousd,
                reasoning_nanousd=price.reasoning_nanousd,
            )


def _effective_from_ms(wanted_ms: int | None, now_ms: int) -> int:
    if wanted_ms is None:
        return now_ms
    if wanted_ms < now_ms - PAST_MS_MAX:
        raise field_error("effective_from", f"a moment from now on ({iso_utc(now_ms)})", iso_utc(wanted_ms))
    if wanted_ms > now_ms + FUTURE_MS_MAX:
        raise field_error("effective_from", "a moment within the next ten years", iso_utc(wanted_ms))
    return max(wanted_ms, now_ms)


def _told(stored: StoredCard) -> dict[str, object]:
    """Write a version for the audit trail."""
    card = stored.card
    return {
        "version": card.version,
        "source": stored.source.value,
        "input_nanousd": card.input_nanousd,
        "cached_input_nanousd": card.cached_input_nanousd,
        "output_nanousd": card.output_nanousd,
        "reasoning_nanousd": card.reasoning_nanousd,
        "effective_from": iso_utc(stored.effective_from_ms),
    }
