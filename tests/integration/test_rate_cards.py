from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.database import migrated_database, rows
from tollway.credits.pricing import RateCard
from tollway.credits.rate_cards import CardSource, ModelPrices, RateCards, StoredCard
from tollway.kit.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return migrated_database(tmp_path)


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    opened = Database(path)
    yield opened
    await opened.close()


def prices(model_id: str, output_nanousd: int = 695) -> ModelPrices:
    return ModelPrices(
        model_id=model_id,
        input_nanousd=175,
        cached_input_nanousd=175,
        output_nanousd=output_nanousd,
        reasoning_nanousd=0,
    )


async def test_a_price_is_stored_once_and_versioned_when_it_changes(database: Database, path: Path) -> None:
    first = await RateCards.sync(database, [prices("a"), prices("b")], now_ms=1)
    assert first.current("a", 1) == RateCard("a", 1, 175, 175, 695, 0)

    same = await RateCards.sync(database, [prices("a"), prices("b")], now_ms=2)
    assert same.current("a", 2) == first.current("a", 1)

    dearer = await RateCards.sync(database, [prices("a", 800), prices("b")], now_ms=3)
    assert dearer.current("a", 3) == RateCard("a", 2, 175, 175, 800, 0)
    assert dearer.current("b", 3) == first.current("b", 1)

    # A price that returns to what it was is a version of its own, so that history reads forwards.
    again = await RateCards.sync(database, [prices("a")], now_ms=4)
    assert again.current("a", 4) == RateCard("a", 3, 175, 175, 695, 0)
    stored = rows(path, "SELECT model_id, version, output_nanousd, effective_from_ms FROM rate_cards ORDER BY 1, 2")
    assert stored == [("a", 1, 695, 1), ("a", 2, 800, 3), ("a", 3, 695, 4), ("b", 1, 695, 1)]


async def test_a_model_without_a_price_has_no_card(database: Database) -> None:
    await RateCards.sync(database, [prices("a")], now_ms=1)

    assert (await RateCards.sync(database, [], now_ms=2)).current("a", 2) is None


def card(model_id: str, version: int, output_nanousd: int, begins_ms: int, source: CardSource) -> StoredCard:
    return StoredCard(
        card=RateCard(model_id, version, 175, 175, output_nanousd, 0),
        effective_from_ms=begins_ms,
        created_at_ms=0,
        source=source,
    )


def test_the_price_of_a_moment_is_the_same_whoever_was_priced_before() -> None:
    cards = RateCards(
        [
            card("a", 1, 100, 10, CardSource.CATALOG),
            card("a", 2, 200, 1_000, CardSource.OPERATOR),
            card("a", 3, 300, 2_000, CardSource.OPERATOR),
            card("b", 1, 400, 10, CardSource.CATALOG),
            card("b", 2, 500, 1_500, CardSource.OPERATOR),
        ],
        priced_by_file=frozenset({"a", "b"}),
        now_ms=500,
    )
    wanted = {999: (1, 1), 1_000: (2, 1), 1_499: (2, 1), 1_500: (2, 2), 1_999: (2, 2), 2_000: (3, 2), 9_000: (3, 2)}
    moments = [*wanted, *reversed(wanted), 1_000, 2_000, 999, 1_500, 9_000, 1_499]

    for now_ms in moments:
        in_force = [cards.current(model_id, now_ms) for model_id in ("a", "b")]
        assert tuple(one.version for one in in_force if one is not None) == wanted[now_ms], now_ms


def test_of_versions_that_begin_at_one_moment_the_last_one_made_is_in_force() -> None:
    stored = [card("a", version, version, 1_000, CardSource.OPERATOR) for version in (2, 4, 3)]
    current = RateCards(stored, now_ms=0).current("a", 1_000)

    assert current is not None
    assert current.version == 4
