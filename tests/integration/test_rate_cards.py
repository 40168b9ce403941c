from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.database import migrated_database, rows
from tollway.credits.pricing import RateCard
from tollway.credits.rate_cards import ModelPrices, RateCards
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
