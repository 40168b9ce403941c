"""The ASGI app for everything that is not inference.

Importing this module brings in Litestar and takes several tenths of a second, so the server does it in a thread
after it has begun to answer inference.
"""

import logging
from functools import lru_cache
from typing import Any

from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException
from litestar.types import ASGIApp

from tollway.http.asgi.edge import Edge
from tollway.http.asgi.openapi import document, model_document
from tollway.http.asgi.options_routes import options_routes
from tollway.http.asgi.queries import refuse_null, refuse_repeated, refuse_unknown, wrong_parameter
from tollway.http.asgi.routes import ROUTES
from tollway.http.cors import CorsPolicy
from tollway.http.errors import ErrorRenderer, MethodNotAllowedError
from tollway.http.service.access import CALLER, check_declared, make_guard
from tollway.http.service.built_app import load_built_app
from tollway.http.service.rate_headers import rate_limit_headers
from tollway.http.service.types import Documents, ServiceDependencies
from tollway.http.session_cookie import SessionCookie
from tollway.keys.errors import RequestRateError
from tollway.kit.errors import BadRequestError, ExpectedError, NotFoundError

_LOG = logging.getLogger("tollway.http.asgi")
_SERVER_ERROR_MIN = 500
_MODEL_DOCUMENTS_MAX = 256


def create_app(deps: ServiceDependencies) -> ASGIApp:
    """Make the app; what it depends on comes in ``deps``."""
    renderer = ErrorRenderer(deps.public_url, deps.clock)
    # Models and address seldom change while the app runs, and making a document takes some 50 ms.
    documents = Documents(lru_cache(maxsize=1)(document), lru_cache(maxsize=_MODEL_DOCUMENTS_MAX)(model_document))

    def refuse(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        return _refusal(renderer, request, error)

    check_declared(ROUTES)
    web_app = None if deps.web_app_folder is None else load_built_app(deps.web_app_folder)
    is_https = deps.public_url.startswith("https://")
    cookie = SessionCookie(is_https)
    app = Litestar(
        # The framework adds an OPTIONS of its own to a path that has none yet, so ours come first.
        route_handlers=[*options_routes(ROUTES), *ROUTES],
        guards=[make_guard(deps, cookie), refuse_repeated, refuse_null, refuse_unknown],
        dependencies={
            "deps": Provide(lambda: deps, sync_to_thread=False),
            "documents": Provide(lambda: documents, sync_to_thread=False),
            "session_cookie": Provide(lambda: cookie, sync_to_thread=False),
            "web_app": Provide(lambda: web_app, sync_to_thread=False),
            CALLER: Provide(_caller, sync_to_thread=False),
        },
        exception_handlers={Exception: refuse},
        openapi_config=None,
        logging_config=None,
    )
    return Edge(app, CorsPolicy(deps.cors_origins), is_https=is_https)


def _caller(request: Request[Any, Any, Any]) -> Any:  # noqa: ANN401 - Each route knows what its access admits.
    return request.state[CALLER]


def _refusal(renderer: ErrorRenderer, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    path = request.scope["path"]
    expected = wrong_parameter(error, request) if isinstance(error, ValidationException) else error
    rendered = renderer.render(_expected(expected, request.scope["method"], path), path)
    if rendered.status >= _SERVER_ERROR_MIN:
        _LOG.error("request failed", exc_info=error, extra={"request_id": rendered.request_id, "path": path})
    # The framework counts the content itself.
    headers = {name.decode(): value.decode() for name, value in rendered.headers if name != b"content-length"}
    if isinstance(error, RequestRateError):
        headers |= rate_limit_headers(error.state)
    return Response(rendered.body, status_code=rendered.status, headers=headers, media_type="application/json")


def _expected(error: Exception, method: str, path: str) -> Exception:
    """Turn the framework's own refusals into ours; bugs are left as they are."""
    match error:
        case ExpectedError():
            return error
        case NotFoundException():
            return NotFoundError(f"There is nothing at {path}.")
        case MethodNotAllowedException():
            allowed = (error.headers or {}).get("allow", "")
            return MethodNotAllowedError(method, tuple(allowed.replace("GET", "GET, HEAD").split(", ")))
        case HTTPException(status_code=status) if status < _SERVER_ERROR_MIN:
            return BadRequestError(error.detail)
        case _:
            return error
