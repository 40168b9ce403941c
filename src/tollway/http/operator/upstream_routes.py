"""How the upstreams are doing, over HTTP."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from tollway.http.operator.upstream_views import EXAMPLE_UPSTREAMS, UpstreamList, upstream_list
from tollway.http.service.access import ACCESS, Access
from tollway.http.service.described import DESCRIBED, Described
from tollway.http.service.types import ServiceDependencies

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]


@get(
    "/admin/v1/upstreams",
    tags=["Operator: upstreams"],
    summary="Show how the upstreams are doing",
    opt={ACCESS: Access.OPERATOR, DESCRIBED: Described(answer=EXAMPLE_UPSTREAMS)},
)
async def list_upstreams(deps: Dependencies) -> UpstreamList:
    """List the upstreams with their breakers, pauses, newest failures and last success, as this process knows them."""
    return upstream_list(deps.upstreams())
