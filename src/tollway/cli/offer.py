"""The models that callers are offered, for ``tollway model``."""

from typing import TYPE_CHECKING

from tollway.cli.actor import command_line_actor
from tollway.cli.operator_catalog import load_catalog, open_catalog
from tollway.cli.workspace import finish
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.catalog.service import Catalog
    from tollway.credits.rate_cards import RateCards
    from tollway.http.operator.model_views import ModelOffer


def offered_models(settings: Settings) -> "list[ModelOffer]":
    """Every model as the operator has it; without a database, as its file has it.

    Raises:
        CommandFailedError: a model file is wrong, or the database cannot be opened.
    """
    from tollway.credits.rate_cards import RateCards
    from tollway.flows.set_prices import file_prices
    from tollway.kit.database import database_path

    if database_path(settings.data_path).exists():
        return finish(_stored(settings))
    catalog = load_catalog(settings)
    return _shown(catalog, RateCards.from_files(file_prices(catalog)))


def switch_model(settings: Settings, name: str, *, enabled: bool) -> "ModelOffer":
    """Offer a model, or stop offering it, and tell a running server.

    Raises:
        CommandFailedError: there is no database, or a model file is wrong.
        UnknownModelError: there is no such model.
        ModelDeprecatedError: it has a successor.
    """
    from tollway.cli.admin_client import tell_catalog_changed

    model = finish(_switch(settings, name, enabled=enabled))
    tell_catalog_changed(settings.data_path)
    return model


async def _stored(settings: Settings) -> "list[ModelOffer]":
    async with open_catalog(settings) as opened:
        return _shown(opened.catalog, opened.rate_cards)


async def _switch(settings: Settings, name: str, *, enabled: bool) -> "ModelOffer":
    async with open_catalog(settings) as opened:
        switched = await opened.switch_models.switch(name, command_line_actor(), enabled=enabled)
        shown = _shown(opened.catalog, opened.rate_cards)
        return next(model for model in shown if model.id == switched.id)


def _shown(catalog: "Catalog", rate_cards: "RateCards") -> "list[ModelOffer]":
    from tollway.http.operator.model_views import model_offer
    from tollway.kit.clock import SystemClock

    now_ms = SystemClock().now_ms()
    return [model_offer(model, catalog, rate_cards, now_ms) for model in catalog.every()]
