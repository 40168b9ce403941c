"""The OpenAPI document: the service routes from what they declare, and the chat endpoint from its types."""

import inspect
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig

from tollway import __version__
from tollway.catalog.types import Model
from tollway.http.asgi.chat_document import (
    CHAT_PATHS,
    PLAYGROUND_PATH,
    chat_components,
    chat_operation,
    playground_operation,
)
from tollway.http.asgi.operations import TypeSchemas, complete
from tollway.http.asgi.response_document import ERROR_EXAMPLE
from tollway.http.asgi.routes import ROUTES
from tollway.http.asgi.security_document import bearer_scheme, security_schemes
from tollway.http.service.access import CALLER
from tollway.http.service.narrowing import narrow, reachable
from tollway.http.session_cookie import SessionCookie

_TITLE = "Tollway"
_PROVIDED = ("deps", "documents", "session_cookie", "web_app", CALLER)
_TYPED_PARAMETER = re.compile(r"\{(\w+):\w+\}")
_DESCRIPTION = (
    "Reasoning language models behind one API. Chat completions read and answer as OpenAI SDKs expect; thinking "
    "comes beside the answer, and the cost comes with it."
)


def document(models: tuple[Model, ...], public_url: str) -> dict[str, Any]:
    """Describe every endpoint of the server at ``public_url``, on which the models can be called.

    The same input gives the same document.
    """
    service_paths, service_schemas = _service_document()
    paths = _chat_paths(models) | _playground_path(models) | service_paths
    schemas = service_schemas | chat_components()
    used = reachable(schemas, paths)
    cookie = SessionCookie(public_url.startswith("https://"))
    return _complete(
        public_url, paths, {name: schemas[name] for name in schemas if name in used}, security_schemes(cookie.name)
    )


def model_document(model: Model, public_url: str) -> dict[str, Any]:
    """Describe the endpoint of one model, narrowed to what the model takes."""
    return _complete(public_url, _chat_paths((model,)), narrow(chat_components(), model), bearer_scheme())


def served(handlers: Iterable[HTTPRouteHandler]) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """List the paths, as the document writes them, and the methods of routes."""
    for handler in handlers:
        for path in sorted(handler.paths):
            for method in sorted(handler.http_methods):
                yield _TYPED_PARAMETER.sub(r"{\1}", path), method.lower(), handler


def _complete(
    public_url: str, paths: dict[str, Any], schemas: dict[str, Any], schemes: dict[str, Any]
) -> dict[str, Any]:
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"]).replace("``", "`")
    schemas["ErrorBody"]["examples"] = [ERROR_EXAMPLE]
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {"schemas": {name: schemas[name] for name in sorted(schemas)}, "securitySchemes": schemes},
    }


def _chat_paths(models: tuple[Model, ...]) -> dict[str, Any]:
    if not models:
        return {}
    names = ("createChatCompletion", "createChatCompletionWithoutVersion")
    return {path: {"post": chat_operation(models, name)} for path, name in zip(CHAT_PATHS, names, strict=True)}


def _playground_path(models: tuple[Model, ...]) -> dict[str, Any]:
    return {PLAYGROUND_PATH: {"post": playground_operation(models)}} if models else {}


def _service_document() -> tuple[dict[str, Any], dict[str, Any]]:
    """Describe the routes: their paths, and the schemas that these refer to."""
    # Nothing is called when routes are only described, so nothing needs to be provided.
    app = Litestar(
        route_handlers=ROUTES,
        dependencies={name: Provide(lambda: None, sync_to_thread=False) for name in _PROVIDED},
        openapi_config=OpenAPIConfig(title=_TITLE, version=__version__, use_handler_docstrings=True),
        logging_config=None,
    )
    framework: dict[str, Any] = deepcopy(app.openapi_schema.to_schema())
    schemas = TypeSchemas(ROUTES)
    paths: dict[str, Any] = {}
    for path, method, handler in served(ROUTES):
        # Pages are no part of the API, so the framework leaves them out.
        if (operation := framework["paths"].get(path, {}).get(method)) is not None:
            complete(operation, handler, path, schemas)
            paths.setdefault(path, {})[method] = operation
    # The framework's schemas are those of parameters: kinds of movements and the like.
    return paths, framework.get("components", {}).get("schemas", {}) | schemas.components
