"""Models as the catalogue's endpoints show them. The names of the fields are the contract's."""

from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

from msgspec import UNSET, Struct, UnsetType

from tollway.catalog.types import Model
from tollway.credits.pricing import RateCard
from tollway.http.service.types import Serving

STAND_IN_TAG = "stand-in"
UNPRICED_TAG = "unpriced"
_STAND_IN_NOTE = "On this server a small stand-in model answers in its place until an upstream is configured."
_NO_UPSTREAM_NOTE = "On this server no upstream is configured for it yet, so calls are refused."
_NANOUSD_A_TOKEN_OF_USD_A_MILLION = 1000


class ModelInfo(Struct, omit_defaults=True, rename="camel"):
    """Who the model is; ``servedBy`` and ``standIn`` tell what answers for it on this server."""

    name: str
    developer: str
    description: str
    context_length: int
    output_max: int
    docs_url: str
    docs_json: str
    released_at: str | UnsetType = UNSET
    served_by: str | UnsetType = UNSET
    stand_in: bool | UnsetType = UNSET


class Modalities(Struct):
    """What goes in and what comes out."""

    input: list[str]
    output: list[str]


class PriceUnit(Struct):
    """The rate of one meter: ``price`` in the block's currency for ``per`` units."""

    name: Literal["input", "cached_input", "output", "reasoning"]
    unit: Literal["token"]
    price: float
    per: int


class Pricing(Struct):
    """The rates of a model; every price here is fixed."""

    kind: Literal["fixed"]
    currency: Literal["USD"]
    units: list[PriceUnit]


class ModelEntry(Struct, omit_defaults=True):
    """One model; the sections at the end are there when they were asked for."""

    id: str
    object: str
    created: int
    owned_by: str
    aliases: list[str]
    type: str
    info: ModelInfo
    tags: list[str]
    modalities: Modalities | UnsetType = UNSET
    capabilities: list[str] | UnsetType = UNSET
    pricing: Pricing | UnsetType = UNSET


class ModelList(Struct):
    """The models that were asked for."""

    object: Literal["list"]
    data: list[ModelEntry]


class WrappedModel(Struct):
    """One model in the platform's own wrapping."""

    object: Literal["model"]
    data: ModelEntry


EXAMPLE_MODEL = ModelEntry(
    id="baidu/ernie-x1-turbo-32k",
    object="model",
    created=1745539200,
    owned_by="baidu",
    aliases=["ernie-x1-turbo-32k"],
    type="openai/chat-completions",
    info=ModelInfo(
        name="ERNIE X1 Turbo",
        developer="Baidu",
        description="Reasons before it answers.",
        context_length=32000,
        output_max=28000,
        docs_url="https://llm.example.org/app",
        docs_json="https://llm.example.org/docs-json?model=baidu%2Fernie-x1-turbo-32k",
        released_at="2025-04-25",
        served_by="qianfan",
    ),
    tags=["served-by:qianfan"],
    modalities=Modalities(["text"], ["text"]),
    capabilities=["tools"],
    pricing=Pricing("fixed", "USD", [PriceUnit("input", "token", 0.175, 1_000_000)]),
)


def model_entry(model: Model, serving: Serving, card: RateCard | None, public_url: str) -> ModelEntry:
    """Describe a model with all sections; ``pricing`` is left out of one that has no rate card in force."""
    return ModelEntry(
        id=model.id,
        object="model",
        created=_created(model),
        owned_by=model.id.partition("/")[0],
        aliases=list(model.aliases),
        type=model.type,
        info=_info(model, serving, public_url),
        tags=_tags(model, serving, card),
        modalities=Modalities(list(model.input_modalities), list(model.output_modalities)),
        capabilities=list(model.capabilities),
        pricing=UNSET if card is None else _pricing(card),
    )


def _created(model: Model) -> int:
    """Return the release date as Unix seconds; 0 when it is not known, for SDKs want a number."""
    if model.released_at is None:
        return 0
    return int(datetime.fromisoformat(model.released_at).replace(tzinfo=UTC).timestamp())


def _info(model: Model, serving: Serving, public_url: str) -> ModelInfo:
    query = f"model={quote(model.id, safe='')}&endpoint={quote(model.type, safe='')}"
    note = _STAND_IN_NOTE if serving.is_stand_in else "" if serving.upstream else _NO_UPSTREAM_NOTE
    return ModelInfo(
        name=model.name,
        developer=model.developer,
        description=f"{model.description} {note}".rstrip(),
        context_length=model.context_length,
        output_max=model.output_max,
        docs_url=f"{public_url}/app",
        docs_json=f"{public_url}/docs-json?{query}",
        released_at=model.released_at or UNSET,
        served_by=serving.upstream or UNSET,
        stand_in=serving.is_stand_in or UNSET,
    )


def _tags(model: Model, serving: Serving, card: RateCard | None) -> list[str]:
    tags = list(model.tags)
    if serving.upstream:
        tags.append(f"served-by:{serving.upstream}")
    if serving.is_stand_in:
        tags.append(STAND_IN_TAG)
    if card is None:
        tags.append(UNPRICED_TAG)
    return tags


def _pricing(card: RateCard) -> Pricing:
    return Pricing(
        kind="fixed",
        currency="USD",
        units=[
            _unit("input", card.input_nanousd),
            _unit("cached_input", card.cached_input_nanousd),
            _unit("output", card.output_nanousd),
            _unit("reasoning", card.reasoning_nanousd),
        ],
    )


def _unit(name: Literal["input", "cached_input", "output", "reasoning"], price_nanousd: int) -> PriceUnit:
    """Quote a price per million tokens; the quotient is only shown, never calculated with."""
    return PriceUnit(name, "token", price_nanousd / _NANOUSD_A_TOKEN_OF_USD_A_MILLION, 1_000_000)
