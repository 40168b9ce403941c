"""The OpenAPI document: the framework's account of the service routes, and the chat endpoint made from its types."""

import re
from copy import deepcopy
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig

from tollway import __version__
from tollway.catalog.types import Model
from tollway.http.service.access import ACCESS, CALLER, Access
from tollway.http.service.chat_document import (
    BEARER_SCHEME,
    CHAT_PATHS,
    chat_components,
    chat_operation,
    error_response,
)
from tollway.http.service.narrowing import narrow
from tollway.http.service.routes import ROUTES
from tollway.http.service.session_cookie import SessionCookie

_TITLE = "Tollway"
_PROVIDED = ("deps", "documents", "session_cookie", CALLER)
_TYPED_PARAMETER = re.compile(r"\{(\w+):\w+\}")
_SESSION_SCHEME = {
    "type": "apiKey",
    "in": "cookie",
    "name": SessionCookie(is_https=True).name,
    "description": "The session of a signed-in person; changes need the header `x-csrf-token` too.",
}
_KEY: list[dict[str, list[str]]] = [{"bearer": []}]
_SECURITY = {
    Access.PUBLIC: [],
    Access.API_KEY: _KEY,
    Access.ANY_KEY: _KEY,
    Access.MANAGEMENT_KEY: _KEY,
    Access.SESSION: [{"session": []}],
    Access.OPERATOR: [{"bearer": []}, {"session": []}],
}
_DESCRIPTION = (
    "Reasoning language models behind one API. Chat completions read and answer as OpenAI SDKs expect; thinking "
    "comes beside the answer, and the cost comes with it."
)


def document(models: tuple[Model, ...], public_url: str) -> dict[str, Any]:
    """Describe every endpoint of the server at ``public_url``, on which the models can be called.

    The same input gives the same document.
    """
    described = _service_document()
    paths = _chat_paths(models) | described["paths"]
    schemas = described.get("components", {}).get("schemas", {}) | chat_components()
    return _complete(public_url, paths, schemas)


def model_document(model: Model, public_url: str) -> dict[str, Any]:
    """Describe the endpoint of one model, narrowed to what the model takes."""
    return _complete(public_url, _chat_paths((model,)), narrow(chat_components(), model))


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
            "securitySchemes": {"bearer": BEARER_SCHEME, "session": _SESSION_SCHEME},
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
        dependencies={name: Provide(lambda: None, sync_to_thread=False) for name in _PROVIDED},
        openapi_config=OpenAPIConfig(title=_TITLE, version=__version__),
        logging_config=None,
    )
    described: dict[str, Any] = deepcopy(app.openapi_schema.to_schema())
    access = {
        (_TYPED_PARAMETER.sub(r"{\1}", path), method.lower()): handler.opt[ACCESS]
        for handler in ROUTES
        for path in handler.paths
        for method in handler.http_methods
    }
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            _use_own_errors(operation)
            operation["security"] = _SECURITY[access[path, method]]
    return described


def _use_own_errors(operation: dict[str, Any]) -> None:
    """Describe refusals in the form in which this server sends them, where the framework describes its own."""
    responses = operation["responses"]
    for status in responses:
        if status == "400":
            responses[status] = error_response(status)
