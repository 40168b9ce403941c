"""How the upstreams are doing, over HTTP."""

from litestar import get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import SkipValidation

from tollway.http.operator.upstream_views import UpstreamList, upstream_list
from tollway.http.service.access import ACCESS, Access
from tollway.http.service.types import ServiceDependencies
from tollway.wire.errors import ErrorBody

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]


def _refusal(description: str) -> ResponseSpec:
    return ResponseSpec(ErrorBody, generate_examples=False, description=description)


@get(
    "/admin/v1/upstreams",
    tags=["Operator: upstreams"],
    summary="Show how the upstreams are doing",
    opt={ACCESS: Access.OPERATOR},
    responses={
        401: _refusal("No valid operator key and no session came with the request."),
        403: _refusal("The caller is no operator."),
    },
)
async def list_upstreams(deps: Dependencies) -> UpstreamList:
    """List the upstreams with their breakers, pauses, newest failures and last success, as this process knows them."""
    return upstream_list(deps.upstreams())
