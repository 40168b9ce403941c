"""The prices in force, those to come and those of the past: from the model files and from the operator."""

import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from msgspec import Struct
from sqlalchemy import func, insert, select

from tollway.credits.pricing import RateCard
from tollway.credits.tables import rate_cards
from tollway.kit.database import Database

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_NEVER_MS = sys.maxsize


class CardSource(StrEnum):
    """Where a price comes from: the model's file, or the operator."""

    CATALOG = "catalog"
    OPERATOR = "operator"


class ModelPrices(Struct, frozen=True, kw_only=True):
    """What a model's tokens cost, in nano-USD per token."""

    model_id: str
    input_nanousd: int
    cached_input_nanousd: int
    output_nanousd: int
    reasoning_nanousd: int

    def card(self, version: int) -> RateCard:
        """Make these prices a version of the model's rate card."""
        return RateCard(
            self.model_id,
            version,
            self.input_nanousd,
            self.cached_input_nanousd,
            self.output_nanousd,
            self.reasoning_nanousd,
        )


class StoredCard(Struct, frozen=True, kw_only=True):
    """A version of a model's prices as it is stored; times are Unix milliseconds."""

    card: RateCard
    effective_from_ms: int
    created_at_ms: int
    source: CardSource


class RateCards:
    """Every version of every model's prices, in memory.

    In force is, among the operator's versions that have begun, the one that began last, and of several that began at
    one moment the highest. Before the operator's first begins, it is the newest that the model's file brought, as long
    as the file has a price. A clock that is set back therefore leaves no model without the price of its file.
    """

    def __init__(
        self,
        stored: Iterable[StoredCard] = (),
        *,
        priced_by_file: frozenset[str] = frozenset(),
        overridden: tuple[str, ...] = (),
        now_ms: int = 0,
    ) -> None:
        """Take the stored versions; ``priced_by_file`` are the models whose files have a price."""
        self.overridden = overridden
        """Models whose file has another price than when the operator's began to hold; the file's has no effect."""
        self._priced_by_file = priced_by_file
        self._versions: dict[str, tuple[StoredCard, ...]] = {}
        self._in_force: dict[str, StoredCard] = {}
        # `_in_force` holds from the one moment until before the other.
        self._last_change_ms, self._next_change_ms = 0, _NEVER_MS
        self.replace(stored, now_ms)

    @classmethod
    async def sync(cls, database: Database, prices: Iterable[ModelPrices], now_ms: int) -> Self:
        """Store the files' prices where they differ from what the files said before, and return all versions.

        A model that ever had a price of the operator's keeps to it: its file adds no version any more.
        """
        given = {price.model_id: price for price in prices}
        async with database.begin() as connection:
            stored = await read_cards(connection)
            by_operator = {one.card.model_id for one in stored if one.source is CardSource.OPERATOR}
            newest = {one.card.model_id: one for one in stored if one.source is CardSource.CATALOG}
            changed = [price for price in given.values() if not _is_known(newest.get(price.model_id), price)]
            for price in changed:
                if price.model_id not in by_operator:
                    added = await add_card(
                        connection, price, source=CardSource.CATALOG, effective_from_ms=now_ms, now_ms=now_ms
                    )
                    stored.append(added)
        return cls(
            stored,
            priced_by_file=frozenset(given),
            overridden=tuple(price.model_id for price in changed if price.model_id in by_operator),
            now_ms=now_ms,
        )

    @classmethod
    def from_files(cls, prices: Iterable[ModelPrices], stored: Iterable[StoredCard] = (), now_ms: int = 0) -> Self:
        """Take the stored versions, and for models that have none, what their files say; nothing is stored."""
        given = tuple(prices)
        versions = with_file_prices(stored, given)
        return cls(versions, priced_by_file=frozenset(price.model_id for price in given), now_ms=now_ms)

    def replace(self, stored: Iterable[StoredCard], now_ms: int) -> None:
        """Use these versions from now on."""
        versions: dict[str, list[StoredCard]] = {}
        for one in sorted(stored, key=lambda one: (one.effective_from_ms, one.card.version)):
            versions.setdefault(one.card.model_id, []).append(one)
        self._versions = {model_id: tuple(ones) for model_id, ones in versions.items()}
        self._look_at_clock(now_ms)

    def with_versions(self, stored: Iterable[StoredCard], now_ms: int) -> "RateCards":
        """Return what these versions would mean, without using them."""
        return RateCards(stored, priced_by_file=self._priced_by_file, now_ms=now_ms)

    def current(self, model_id: str, now_ms: int) -> RateCard | None:
        """Return the rate card in force for a model, or None when it has no price.

        This stands on the way of every request: until the next price begins it is a look into a dictionary.
        """
        found = self.in_force(model_id, now_ms)
        return None if found is None else found.card

    def in_force(self, model_id: str, now_ms: int) -> StoredCard | None:
        """Return the version in force for a model, or None when it has no price.

        It depends on the moment alone: a request that came before a change is priced as of then, also when others that
        came after it were priced already.
        """
        if not self._last_change_ms <= now_ms < self._next_change_ms:
            self._look_at_clock(now_ms)
        return self._in_force.get(model_id)

    def next_to_come(self, model_id: str, now_ms: int) -> StoredCard | None:
        """Return what comes into force next for a model, or None when nothing does."""
        to_come = [one for one in self._by_operator(model_id) if one.effective_from_ms > now_ms]
        # Of several that begin at one moment the highest version counts; the versions are in that order.
        return next((one for one in reversed(to_come) if one.effective_from_ms == to_come[0].effective_from_ms), None)

    def history(self, model_id: str | None = None) -> tuple[StoredCard, ...]:
        """Every version of one model or of all, by model, the newest version first."""
        wanted = sorted(self._versions) if model_id is None else [model_id]
        found = (one for name in wanted for one in _newest_first(self._versions.get(name, ())))
        return tuple(found)

    def _by_operator(self, model_id: str) -> list[StoredCard]:
        return [one for one in self._versions.get(model_id, ()) if one.source is CardSource.OPERATOR]

    def _by_file(self, model_id: str) -> StoredCard | None:
        if model_id not in self._priced_by_file:
            return None
        by_file = (one for one in self._versions[model_id] if one.source is CardSource.CATALOG)
        return max(by_file, key=lambda one: one.card.version, default=None)

    def _look_at_clock(self, now_ms: int) -> None:
        in_force: dict[str, StoredCard] = {}
        last_change_ms, next_change_ms = 0, _NEVER_MS
        for model_id in self._versions:
            newest = self._by_file(model_id)
            for one in self._by_operator(model_id):
                if one.effective_from_ms > now_ms:
                    next_change_ms = min(next_change_ms, one.effective_from_ms)
                    break
                newest, last_change_ms = one, max(last_change_ms, one.effective_from_ms)
            if newest is not None:
                in_force[model_id] = newest
        self._in_force, self._last_change_ms, self._next_change_ms = in_force, last_change_ms, next_change_ms


def with_file_prices(stored: Iterable[StoredCard], prices: Iterable[ModelPrices]) -> list[StoredCard]:
    """Add to the stored versions a first one of each model that has none, with the price of its file."""
    versions = list(stored)
    known = {one.card.model_id for one in versions}
    return versions + [
        StoredCard(card=price.card(1), effective_from_ms=0, created_at_ms=0, source=CardSource.CATALOG)
        for price in prices
        if price.model_id not in known
    ]


async def read_cards(connection: "AsyncConnection") -> list[StoredCard]:
    """Read every version of every model, by model and version."""
    found = await connection.execute(
        select(
            rate_cards.c.model_id,
            rate_cards.c.version,
            rate_cards.c.input_nanousd,
            rate_cards.c.cached_input_nanousd,
            rate_cards.c.output_nanousd,
            rate_cards.c.reasoning_nanousd,
            rate_cards.c.effective_from_ms,
            rate_cards.c.created_at_ms,
            rate_cards.c.source,
        ).order_by(rate_cards.c.model_id, rate_cards.c.version)
    )
    return [
        StoredCard(
            card=RateCard(*row[:6]),
            effective_from_ms=row.effective_from_ms,
            created_at_ms=row.created_at_ms,
            source=CardSource(row.source),
        )
        for row in found
    ]


async def find_card(connection: "AsyncConnection", model_id: str, version: int) -> RateCard | None:
    """Return one version of a model's rate card, or None when there is none."""
    query = select(
        rate_cards.c.input_nanousd,
        rate_cards.c.cached_input_nanousd,
        rate_cards.c.output_nanousd,
        rate_cards.c.reasoning_nanousd,
    ).where(rate_cards.c.model_id == model_id, rate_cards.c.version == version)
    row = (await connection.execute(query)).first()
    return None if row is None else RateCard(model_id, version, *row)


async def add_card(
    connection: "AsyncConnection", prices: ModelPrices, *, source: CardSource, effective_from_ms: int, now_ms: int
) -> StoredCard:
    """Store prices as the next version of their model's rate card, and return it."""
    newest = select(func.max(rate_cards.c.version)).where(rate_cards.c.model_id == prices.model_id)
    version = (await connection.scalar(newest) or 0) + 1
    added = StoredCard(
        card=prices.card(version), effective_from_ms=effective_from_ms, created_at_ms=now_ms, source=source
    )
    await connection.execute(
        insert(rate_cards).values(
            model_id=prices.model_id,
            version=version,
            input_nanousd=prices.input_nanousd,
            cached_input_nanousd=prices.cached_input_nanousd,
            output_nanousd=prices.output_nanousd,
            reasoning_nanousd=prices.reasoning_nanousd,
            effective_from_ms=effective_from_ms,
            created_at_ms=now_ms,
            source=source.value,
        )
    )
    return added


def _is_known(newest: StoredCard | None, price: ModelPrices) -> bool:
    return newest is not None and newest.card == price.card(newest.card.version)


def _newest_first(versions: Iterable[StoredCard]) -> list[StoredCard]:
    return sorted(versions, key=lambda one: one.card.version, reverse=True)
