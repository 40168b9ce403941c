"""Models on offer and off it, over HTTP."""

from typing import Annotated, Any

from litestar import Request, get, patch
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import PathParameter, SkipValidation
from msgspec import Meta, Struct

from tollway.catalog.types import Model
from tollway.http.operator.model_views import OperatorModel, OperatorModelList, model_offer, operator_model
from tollway.http.service.access import ACCESS, Access, Caller
from tollway.http.service.requests import read_json
from tollway.http.service.types import ServiceDependencies
from tollway.wire.errors import ErrorBody

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Operator = NamedDependency[SkipValidation[Caller]]
_TAGS = ["Operator: models"]


def _refusal(description: str) -> ResponseSpec:
    return ResponseSpec(ErrorBody, generate_examples=False, description=description)


_REFUSALS = {
    401: _refusal("No valid operator key and no session came with the request."),
    403: _refusal("The caller is no operator, or a session's change came without its token."),
}


class ModelSwitchBody(Struct, forbid_unknown_fields=True):
    """Whether the model is to be offered."""

    enabled: Annotated[bool, Meta(description="False takes the model off the list; calls of it are then a 404.")]


@get(
    "/admin/v1/models",
    tags=_TAGS,
    summary="List every model",
    opt={ACCESS: Access.OPERATOR},
    responses=_REFUSALS,
)
async def list_every_model(deps: Dependencies) -> OperatorModelList:
    """List every model, also disabled, deprecated and unpriced ones, with the price in force and who answers."""
    return OperatorModelList("list", [_shown(deps, model) for model in deps.catalog.every()])


@patch(
    "/admin/v1/models/{model_id:path}",
    tags=_TAGS,
    summary="Enable or disable a model",
    opt={ACCESS: Access.OPERATOR},
    responses={
        **_REFUSALS,
        400: _refusal("A field of the body is wrong."),
        404: _refusal("There is no such model."),
        409: _refusal("The model is deprecated."),
        415: _refusal("The body is not JSON."),
    },
)
async def switch_model(
    request: Request[Any, Any, Any],
    deps: Dependencies,
    caller: Operator,
    model_id: Annotated[str, PathParameter(description="Id or alias of the model.")],
) -> OperatorModel:
    """Offer a model to callers, or stop offering it. Requests under way are answered."""
    body = await read_json(request, ModelSwitchBody)
    model = await deps.switch_models.switch(model_id.removeprefix("/"), caller.actor, enabled=body.enabled)
    return _shown(deps, model)


def _shown(deps: ServiceDependencies, model: Model) -> OperatorModel:
    serving = deps.serving(model)
    offer = model_offer(model, deps.catalog, deps.rate_cards, deps.clock.now_ms())
    return operator_model(offer, served_by=serving.upstream, is_stand_in=serving.is_stand_in)
