"""What the operator asks for tokens, over HTTP."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Meta, Struct

from tollway.credits.rate_cards import StoredCard
from tollway.flows.set_prices import PRICE_NANOUSD_MAX, PriceChange, model_prices
from tollway.http.operator.bodies import Moment
from tollway.http.operator.rate_card_views import (
    EXAMPLE_CARD,
    EXAMPLE_PREVIEW,
    PreviewAnswer,
    RateCardEntry,
    RateCardList,
    preview_answer,
    rate_card_entry,
)
from tollway.http.service.access import ACCESS, Access, Caller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.moments import body_moment_ms
from tollway.http.service.requests import read_json
from tollway.http.service.types import ServiceDependencies
from tollway.kit.clock import DAY_MS
from tollway.wire.refusals import describe, field_error

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Operator = NamedDependency[SkipValidation[Caller]]
PREVIEW_DAYS_MAX = 3660
_TAGS = ["Operator: prices"]
_PATH = "/admin/v1/rate-cards"

Price = Annotated[
    int,
    Meta(ge=0, le=PRICE_NANOUSD_MAX, description="Nano-USD per token; 1,000 are 1 USD per million tokens."),
]
ModelName = Annotated[str, Meta(description="Id or alias of the model.")]
_EXAMPLE_PRICES = {"model": "baidu/ernie-x1-turbo-32k", "input_nanousd": 175, "output_nanousd": 695}


_UNKNOWN = {404: refusal("There is no such model.")}


class PricesBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Prices of a model; cached input costs what input costs, and reasoning nothing, unless they are named."""

    model: ModelName
    input_nanousd: Price
    output_nanousd: Price
    reasoning_nanousd: Price = 0
    cached_input_nanousd: Price | None = None


class RateCardBody(PricesBody, forbid_unknown_fields=True, kw_only=True):
    """Prices of a model, and the moment from which they hold; without one they hold at once."""

    effective_from: Moment | None = None


class PreviewBody(PricesBody, forbid_unknown_fields=True, kw_only=True, rename={"from_text": "from", "to_text": "to"}):
    """Prices of a model, and the period to compute with them; its end is not included."""

    from_text: Moment
    to_text: Moment


@get(
    _PATH,
    tags=_TAGS,
    summary="List the rate cards",
    opt={ACCESS: Access.OPERATOR, DESCRIBED: Described(answer=RateCardList("list", [EXAMPLE_CARD]))},
    responses=_UNKNOWN,
)
async def list_rate_cards(
    deps: Dependencies,
    model: Annotated[
        str | None, QueryParameter(name="model", description="Id or alias of the only model to show.")
    ] = None,
) -> RateCardList:
    """List every version of every model's prices, past, present and to come, or those of one model."""
    versions = deps.rate_cards.history() if model is None else _history(deps, model)
    return RateCardList("list", [_entry(deps, stored) for stored in versions])


@post(
    _PATH,
    tags=_TAGS,
    summary="Set a model's prices",
    status_code=201,
    opt={
        ACCESS: Access.OPERATOR,
        DESCRIBED: Described(takes=RateCardBody, example=_EXAMPLE_PRICES, answer=EXAMPLE_CARD),
    },
    responses={**_UNKNOWN, 409: refusal("The model is deprecated.")},
)
async def create_rate_card(request: Request[Any, Any, Any], deps: Dependencies, caller: Operator) -> RateCardEntry:
    """Give a model other prices, for requests that are admitted from then on; those under way keep theirs.

    From the first time on, the price in the model's file has no effect any more.
    """
    body = await read_json(request, RateCardBody)
    given = body.effective_from
    effective_from_ms = None if given is None else body_moment_ms("effective_from", given)
    return _entry(deps, await deps.set_prices.set(_change(body, effective_from_ms), caller.actor))


@post(
    f"{_PATH}/preview",
    tags=_TAGS,
    summary="Compute what other prices would have earned",
    status_code=200,
    opt={
        ACCESS: Access.OPERATOR,
        DESCRIBED: Described(
            takes=PreviewBody,
            example={**_EXAMPLE_PRICES, "from": "2026-07-01T00:00:00Z", "to": "2026-08-01T00:00:00Z"},
            answer=EXAMPLE_PREVIEW,
        ),
    },
    responses=_UNKNOWN,
)
async def preview_rate_card(request: Request[Any, Any, Any], deps: Dependencies) -> PreviewAnswer:
    """Price the tokens of a period anew, and show it beside what was earned. Nothing is changed."""
    body = await read_json(request, PreviewBody)
    from_ms, to_ms = body_moment_ms("from", body.from_text), body_moment_ms("to", body.to_text)
    if to_ms <= from_ms:
        raise field_error("to", "a moment later than from", describe(body.to_text))
    if to_ms - from_ms > PREVIEW_DAYS_MAX * DAY_MS:
        raise field_error("to", f"a moment at most {PREVIEW_DAYS_MAX} days after from", describe(body.to_text))
    if to_ms - deps.clock.now_ms() > PREVIEW_DAYS_MAX * DAY_MS:
        raise field_error("to", f"a moment at most {PREVIEW_DAYS_MAX} days from now", describe(body.to_text))
    model = deps.catalog.find(body.model)
    prices = model_prices(model.id, _change(body))
    return preview_answer(model.id, await deps.preview_prices.preview(prices, from_ms, to_ms))


def _change(body: PricesBody, effective_from_ms: int | None = None) -> PriceChange:
    return PriceChange(
        model_id=body.model,
        input_nanousd=body.input_nanousd,
        output_nanousd=body.output_nanousd,
        reasoning_nanousd=body.reasoning_nanousd,
        cached_input_nanousd=body.cached_input_nanousd,
        effective_from_ms=effective_from_ms,
    )


def _history(deps: ServiceDependencies, name: str) -> tuple[StoredCard, ...]:
    """Return the versions of a model, also of one whose file is gone."""
    if versions := deps.rate_cards.history(name):
        return versions
    return deps.rate_cards.history(deps.catalog.find(name).id)


def _entry(deps: ServiceDependencies, stored: StoredCard) -> RateCardEntry:
    return rate_card_entry(stored, deps.rate_cards.in_force(stored.card.model_id, deps.clock.now_ms()))
