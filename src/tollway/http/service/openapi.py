"""The OpenAPI document: the framework's account of the service routes, and the chat endpoint made from its types."""

from copy import deepcopy
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig

from tollway import __version__
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.http.service.chat_document import (
    BEARER_SCHEME,
    CHAT_PATHS,
    chat_components,
    chat_operation,
    error_response,
)
from tollway.http.service.routes import ROUTES

_TITLE = "Tollway"
_DESCRIPTION = (
    "Reasoning language models behind one API. Chat completions read and answer as OpenAI SDKs expect; thinking "
    "comes beside the answer, and the cost comes with it."
)


def document(catalog: Catalog, public_url: str) -> dict[str, Any]:
    """Describe every endpoint of the server at ``public_url``; the same input gives the same document."""
    described = _service_document()
    models = tuple(model for model in catalog.all() if model.price is not None) or catalog.all()
    paths = _chat_paths(models) | described["paths"]
    schemas = described.get("components", {}).get("schemas", {}) | chat_components()
    return _complete(public_url, paths, schemas)


def model_document(model: Model, public_url: str) -> dict[str, Any]:
    """Describe the endpoint of one model."""
    return _complete(public_url, _chat_paths((model,)), chat_components())


def _complete(public_url: str, paths: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = schema["description"].replace("``", "`")
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {
            "schemas": {name: schemas[name] for name in sorted(schemas)},
            "securitySchemes": {"bearer": BEARER_SCHEME},
        },
    }


def _chat_paths(models: tuple[Model, ...]) -> dict[str, Any]:
    if not models:
        return {}
    names = ("createChatCompletion", "createChatCompletionWithoutVersion")
    return {path: {"post": chat_operation(models, name)} for path, name in zip(CHAT_PATHS, names, strict=True)}


def _service_document() -> dict[str, Any]:
    # Nothing is called when routes are only described, so nothing needs to be provided.
    app = Litestar(
        route_handlers=ROUTES,
        dependencies={name: Provide(lambda: None, sync_to_thread=False) for name in ("deps", "documents")},
        openapi_config=OpenAPIConfig(title=_TITLE, version=__version__),
        logging_config=None,
    )
    described: dict[str, Any] = deepcopy(app.openapi_schema.to_schema())
    for path in described["paths"].values():
        for operation in path.values():
            _use_own_errors(operation)
    return described


def _use_own_errors(operation: dict[str, Any]) -> None:
    """Describe refusals in the form in which this server sends them, where the framework describes its own."""
    responses = operation["responses"]
    for status in responses:
        if status == "400":
            responses[status] = error_response(status)
    operation["security"] = []
