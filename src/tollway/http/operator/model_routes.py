"""Models on offer and off it, over HTTP."""

from typing import Annotated, Any

from litestar import Request, get, patch
from litestar.di import NamedDependency
from litestar.params import PathParameter, SkipValidation
from msgspec import Meta, Struct

from tollway.catalog.types import Model
from tollway.http.operator.model_views import (
    EXAMPLE_MODEL,
    OperatorModel,
    OperatorModelList,
    model_offer,
    operator_model,
)
from tollway.http.service.access import ACCESS, Access, Caller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.requests import read_json
from tollway.http.service.types import ServiceDependencies

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Operator = NamedDependency[SkipValidation[Caller]]
_TAGS = ["Operator: models"]


class ModelSwitchBody(Struct, forbid_unknown_fields=True):
    """Whether the model is to be offered."""

    enabled: Annotated[bool, Meta(description="False takes the model off the list; calls of it are then a 404.")]


@get(
    "/admin/v1/models",
    tags=_TAGS,
    summary="List every model",
    opt={ACCESS: Access.OPERATOR, DESCRIBED: Described(answer=OperatorModelList("list", [EXAMPLE_MODEL]))},
)
async def list_every_model(deps: Dependencies) -> OperatorModelList:
    """List every model, also disabled, deprecated and unpriced ones, with the price in force and who answers."""
    return OperatorModelList("list", [_shown(deps, model) for model in deps.catalog.every()])


@patch(
    "/admin/v1/models/{model_id:path}",
    tags=_TAGS,
    summary="Enable or disable a model",
    opt={
        ACCESS: Access.OPERATOR,
        DESCRIBED: Described(takes=ModelSwitchBody, example={"enabled": True}, answer=EXAMPLE_MODEL),
    },
    responses={
        404: refusal("There is no such model."),
        409: refusal("The model is deprecated."),
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
