"""Every route of the service surface, for the app and for its OpenAPI document."""

from litestar.handlers import HTTPRouteHandler

from tollway.http.console.session_routes import sign_in, sign_out, who_is_signed_in
from tollway.http.service.document_routes import docs_json, openapi_json
from tollway.http.service.health_routes import live, metrics, ready
from tollway.http.service.metrics_routes import model_metrics
from tollway.http.service.model_routes import list_models, retrieve_model, wrapped_model
from tollway.http.service.page_routes import page, root

ROUTES: tuple[HTTPRouteHandler, ...] = (
    list_models,
    retrieve_model,
    wrapped_model,
    model_metrics,
    sign_in,
    who_is_signed_in,
    sign_out,
    live,
    ready,
    metrics,
    openapi_json,
    docs_json,
    root,
    page,
)
