"""Models and prices as commands use them: the model files, and what the operator changed of them in the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from tollway.catalog.errors import CatalogError
from tollway.cli.errors import CommandFailedError
from tollway.cli.workspace import open_database
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.catalog.service import Catalog
    from tollway.credits.rate_cards import RateCards
    from tollway.flows.set_prices import SetPrices
    from tollway.flows.switch_models import SwitchModels


class OperatorCatalog(Struct, frozen=True):
    """The models with their prices, and what changes them."""

    catalog: "Catalog"
    rate_cards: "RateCards"
    set_prices: "SetPrices"
    switch_models: "SwitchModels"


def load_catalog(settings: Settings) -> "Catalog":
    """Read the model files.

    Raises:
        CommandFailedError: one of them is wrong.
    """
    from tollway.catalog.loader import load_models
    from tollway.catalog.service import Catalog

    try:
        return Catalog(load_models(settings.catalog_dir))
    except CatalogError as error:
        raise CommandFailedError(str(error)) from error


@asynccontextmanager
async def open_catalog(settings: Settings) -> "AsyncIterator[OperatorCatalog]":
    """Open the database, and read the models and prices as a server on it would have them.

    Raises:
        CommandFailedError: there is no database, it cannot be opened, or a model file is wrong.
    """
    from tollway.catalog.repository import read_switches
    from tollway.credits.rate_cards import RateCards, read_cards, with_file_prices
    from tollway.flows.set_prices import SetPrices, file_prices
    from tollway.flows.switch_models import SwitchModels
    from tollway.kit.clock import SystemClock

    catalog, clock = load_catalog(settings), SystemClock()
    prices = tuple(file_prices(catalog))
    rate_cards = RateCards.from_files(prices)
    async with open_database(settings) as database:

        async def refresh() -> None:
            async with database.connect() as connection:
                rate_cards.replace(with_file_prices(await read_cards(connection), prices), clock.now_ms())
                catalog.switch(await read_switches(connection))

        await refresh()
        yield OperatorCatalog(
            catalog,
            rate_cards,
            SetPrices(database, clock, catalog, rate_cards, refresh),
            SwitchModels(database, clock, catalog, refresh),
        )
