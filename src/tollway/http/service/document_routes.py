"""The API's own description over HTTP."""

import asyncio
from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec.structs import replace

from tollway.catalog.types import CHAT_TYPE, Model
from tollway.http.service.access import ACCESS, Access
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.types import Documents, ServiceDependencies
from tollway.kit.errors import BadRequestError

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
DocumentsDependency = NamedDependency[SkipValidation[Documents]]
_UNKNOWN = {404: refusal("There is no such model.")}
_HEADERS = {"cache-control": "public, max-age=60"}


@get(
    "/openapi.json",
    tags=["Documentation"],
    summary="Describe the whole API",
    opt={ACCESS: Access.PUBLIC, DESCRIBED: Described(headers=("cache-control",))},
)
async def openapi_json(deps: Dependencies, documents: DocumentsDependency) -> Response[dict[str, Any]]:
    """Return the OpenAPI document of every endpoint."""
    # Making it takes long enough to hold up running streams, hence the thread.
    content = await asyncio.to_thread(documents.whole, _callable(deps), deps.public_url)
    return Response(content, headers=_HEADERS)


@get(
    "/docs-json",
    tags=["Documentation"],
    summary="Describe one model's endpoint",
    responses=_UNKNOWN,
    opt={ACCESS: Access.PUBLIC, DESCRIBED: Described(headers=("cache-control",))},
)
async def docs_json(
    deps: Dependencies,
    documents: DocumentsDependency,
    model_id: Annotated[
        str,
        QueryParameter(
            name="model",
            description="Id or alias of the model.",
            schema_extra={"examples": ["baidu/ernie-x1-turbo-32k"]},
        ),
    ],
    endpoint: Annotated[str, QueryParameter(name="endpoint", description="Endpoint type.")] = CHAT_TYPE,
) -> Response[dict[str, Any]]:
    """Return the OpenAPI document of one model's endpoint."""
    model = deps.catalog.resolve(model_id)
    if endpoint != model.type:
        raise BadRequestError(f"The model '{model.id}' is not served through '{endpoint}'.", param="endpoint")
    cap_tokens = deps.serving(model).default_output_tokens or model.default_output_tokens
    told = replace(model, default_output_tokens=min(cap_tokens, model.output_max))
    content = await asyncio.to_thread(documents.of_model, told, deps.public_url)
    return Response(content, headers=_HEADERS)


def _callable(deps: ServiceDependencies) -> tuple[Model, ...]:
    """Return the models on offer that have a price, or all on offer where none has one."""
    offered, now_ms = deps.catalog.all(), deps.clock.now_ms()
    return tuple(model for model in offered if deps.rate_cards.current(model.id, now_ms) is not None) or offered
