"""What is told at the start, to the operator and to programs."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from tollway.catalog.errors import UnknownModelError
from tollway.catalog.service import Catalog
from tollway.credits.rate_cards import RateCards
from tollway.flows.first_run import FirstAccount
from tollway.http.server import (
    is_readable_on_the_way,
)
from tollway.kit.settings import Settings, UpstreamSettings
from tollway.upstreams.registry import with_qianfan


class StartReport(Struct, frozen=True, kw_only=True):
    """What is told at the start.

    Attributes:
        url: where the server listens.
        public_url: where clients reach it.
        first_account: the account that the first start made, shown once; None at later starts.
        flagship_served_by: who answers for the flagship model, as in ``x-served-by``; None when nobody does.
        warnings: what the operator should know.
    """

    url: str
    public_url: str
    first_account: FirstAccount | None
    flagship_served_by: str | None
    warnings: tuple[str, ...] = ()


def start_warnings(settings: Settings, environment: Mapping[str, str], catalog: Catalog) -> tuple[str, ...]:
    """Say what is probably wrong with settings that a server can start with."""
    public_url = settings.server.public_url
    warnings = [
        f"upstreams.{name}.models: {fault}"
        for name, upstream in with_qianfan(settings.upstreams, environment).items()
        for fault in unknown_models(upstream, catalog)
    ]
    if public_url is not None and is_readable_on_the_way(public_url):
        warnings.append(f"server.public_url: keys and cookies travel readable to {public_url}; use https")
    return tuple(warnings)


def price_warnings(rate_cards: RateCards) -> Iterator[str]:
    """Name the models whose files ask another price than the one that holds because the operator set it."""
    for model_id in rate_cards.overridden:
        yield f"The price in the file of the model '{model_id}' has no effect, because the operator has set one."


def unknown_models(upstream: UpstreamSettings, catalog: Catalog) -> Iterator[str]:
    """Say what is wrong with model ids of an upstream that no request will ever be sent to it for."""
    for model_id in upstream.models:
        try:
            offered = catalog.resolve(model_id)
        except UnknownModelError as error:
            yield error.message
        else:
            if offered.id != model_id:
                yield f"'{model_id}' is another name of '{offered.id}', which is to be written here."
