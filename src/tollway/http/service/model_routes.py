"""The catalogue over HTTP: open to everyone, and cacheable."""

from hashlib import sha256
from typing import Annotated, TypeVar

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation

from tollway.catalog.types import Model
from tollway.http.service.access import ACCESS, Access
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.model_query import ModelQuery, select
from tollway.http.service.model_views import EXAMPLE_MODEL, ModelEntry, ModelList, WrappedModel, model_entry
from tollway.http.service.types import ServiceDependencies

T = TypeVar("T")
Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Values = list[str] | None
_INCLUDE = "Sections to add: `pricing`, `modalities`, `capabilities` or `all`, repeated or separated by commas."
_UNKNOWN = {404: refusal("There is no such model.")}
_HEADERS = ("etag", "cache-control")
ModelId = Annotated[
    str, PathParameter(description="Id or alias of the model.", schema_extra={"examples": ["baidu/ernie-x1-turbo-32k"]})
]
_CACHE_CONTROL = "public, max-age=60"


def _filter(name: str, description: str) -> QueryParameter:
    return QueryParameter(name=name, description=f"{description} Several values are alternatives; case does not count.")


@get(
    ["/v1/models", "/models", "/api/v1/models"],
    tags=["Models"],
    summary="List the models",
    opt={ACCESS: Access.PUBLIC, DESCRIBED: Described(answer=ModelList("list", [EXAMPLE_MODEL]), headers=_HEADERS)},
)
async def list_models(  # noqa: PLR0913, PLR0917 - the query parameters of the contract
    deps: Dependencies,
    include: Annotated[Values, QueryParameter(name="include", description=_INCLUDE)] = None,
    details: Annotated[Values, QueryParameter(name="details", description="`true` adds every section.")] = None,
    model_id: Annotated[Values, _filter("id", "Id or alias of the models to keep.")] = None,
    endpoint_type: Annotated[Values, _filter("type", "Endpoint type of the models to keep.")] = None,
    tags: Annotated[Values, _filter("tags", "Tags of the models to keep.")] = None,
    modalities: Annotated[Values, _filter("modalities", "Modalities taken or produced.")] = None,
    input_modalities: Annotated[Values, _filter("input_modalities", "Modalities taken.")] = None,
    output_modalities: Annotated[Values, _filter("output_modalities", "Modalities produced.")] = None,
    capabilities: Annotated[Values, _filter("capabilities", "Capabilities of the models to keep.")] = None,
) -> Response[ModelList]:
    """List the models on offer, filtered and expanded as asked. Different filters must all hold."""
    query = ModelQuery(
        include=include,
        details=details,
        id=model_id,
        type=endpoint_type,
        tags=tags,
        modalities=modalities,
        input_modalities=input_modalities,
        output_modalities=output_modalities,
        capabilities=capabilities,
    )
    entries = (_entry_of(deps, model) for model in deps.catalog.all())
    return _cacheable(ModelList("list", select(entries, query)))


@get(
    "/v1/models/{model_id:path}",
    tags=["Models"],
    summary="Get one model",
    responses=_UNKNOWN,
    opt={ACCESS: Access.PUBLIC, DESCRIBED: Described(answer=EXAMPLE_MODEL, headers=_HEADERS)},
)
async def retrieve_model(deps: Dependencies, model_id: ModelId) -> Response[ModelEntry]:
    """Return one model by id or alias, with every section, as OpenAI SDKs read it."""
    return _cacheable(_entry(deps, model_id))


@get(
    "/model/{model_id:path}",
    tags=["Models"],
    summary="Get one model, wrapped",
    responses=_UNKNOWN,
    opt={ACCESS: Access.PUBLIC, DESCRIBED: Described(answer=WrappedModel("model", EXAMPLE_MODEL), headers=_HEADERS)},
)
async def wrapped_model(deps: Dependencies, model_id: ModelId) -> Response[WrappedModel]:
    """Return one model by id or alias, with every section."""
    return _cacheable(WrappedModel("model", _entry(deps, model_id)))


def _entry(deps: ServiceDependencies, model_id: str) -> ModelEntry:
    return _entry_of(deps, deps.catalog.resolve(model_id.removeprefix("/")))


def _entry_of(deps: ServiceDependencies, model: Model) -> ModelEntry:
    card = deps.rate_cards.current(model.id, deps.clock.now_ms())
    return model_entry(model, deps.serving(model), card, deps.public_url)


def _cacheable(content: T) -> Response[T]:
    """Answer with a strong ETag; what turns a match into a 304 stands in front of all routes."""
    tag = sha256(msgspec.json.encode(content)).hexdigest()[:32]
    return Response(content, headers={"etag": f'"{tag}"', "cache-control": _CACHE_CONTROL})
