"""Models as the operator sees them, whether callers do or not."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import asdict

from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.credits.rate_cards import RateCards
from tollway.http.operator.rate_card_views import EXAMPLE_CARD, RateCardEntry, rate_card_entry

ModelState = Literal["available", "disabled", "deprecated", "unpriced", "unserved"]


class ModelOffer(Struct, kw_only=True):
    """One model with what the operator decides of it.

    ``state`` is the first reason why it cannot be called: it is deprecated, disabled, has no price, or no upstream.
    ``enabled`` is the operator's switch, or what the model's file says while there is none.
    """

    id: str
    name: str
    developer: str
    aliases: list[str]
    state: ModelState
    enabled: bool
    successor: str | None
    price: RateCardEntry | None
    next_price: RateCardEntry | None


class OperatorModel(ModelOffer, kw_only=True):
    """One model with what the operator decides of it, and the upstream that answers first on this server."""

    served_by: str | None
    is_stand_in: bool


class OperatorModelList(Struct):
    """Every model that there is a file of."""

    object: Literal["list"]
    data: list[OperatorModel]


EXAMPLE_MODEL = OperatorModel(
    id="baidu/ernie-x1-turbo-32k",
    name="ERNIE X1 Turbo",
    developer="Baidu",
    aliases=["ernie-x1-turbo-32k"],
    state="available",
    enabled=True,
    successor=None,
    price=EXAMPLE_CARD,
    next_price=None,
    served_by="qianfan",
    is_stand_in=False,
)


def model_offer(model: Model, catalog: Catalog, rate_cards: RateCards, now_ms: int) -> ModelOffer:
    """Describe a model as it is at a moment, whoever would answer for it."""
    in_force, to_come = rate_cards.in_force(model.id, now_ms), rate_cards.next_to_come(model.id, now_ms)
    enabled = catalog.is_enabled(model)
    state: ModelState = "available"
    if model.successor is not None:
        state = "deprecated"
    elif not enabled:
        state = "disabled"
    elif in_force is None:
        state = "unpriced"
    return ModelOffer(
        id=model.id,
        name=model.name,
        developer=model.developer,
        aliases=list(model.aliases),
        state=state,
        enabled=enabled,
        successor=model.successor,
        price=None if in_force is None else rate_card_entry(in_force, in_force),
        next_price=None if to_come is None else rate_card_entry(to_come, in_force),
    )


def operator_model(offer: ModelOffer, *, served_by: str | None, is_stand_in: bool) -> OperatorModel:
    """Add who answers; ``served_by`` is None where no upstream is configured."""
    model = OperatorModel(**asdict(offer), served_by=served_by, is_stand_in=is_stand_in)
    if model.state == "available" and served_by is None:
        model.state = "unserved"
    return model
