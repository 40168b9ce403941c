"""How fast the models answer, over HTTP: open to everyone."""

from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter, SkipValidation

from tollway.catalog.errors import UnknownModelError
from tollway.catalog.service import Catalog
from tollway.http.service.access import ACCESS, Access
from tollway.http.service.described import DESCRIBED, Described
from tollway.http.service.metrics_views import EXAMPLE_REPORT, SpeedReport, speed_report
from tollway.http.service.requests import query_error, refuse_unknown_parameters
from tollway.http.service.types import ServiceDependencies
from tollway.wire.errors import ErrorBody

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
ALIASES_MAX = 100
_PARAMETERS = frozenset({"aliases"})
_ALIASES = QueryParameter(
    name="aliases", description=f"Id or alias of a model to keep; may be repeated up to {ALIASES_MAX} times.",
    max_items=ALIASES_MAX,
)  # fmt: skip
_WRONG = {400: ResponseSpec(ErrorBody, generate_examples=False, description="A query parameter is wrong.")}


@get(
    "/models/metrics",
    tags=["Models"],
    summary="Show how fast the models answer",
    opt={ACCESS: Access.PUBLIC, DESCRIBED: Described(answer=EXAMPLE_REPORT)},
    responses=_WRONG,
)
async def model_metrics(
    request: Request[Any, Any, Any], deps: Dependencies, aliases: Annotated[list[str] | None, _ALIASES] = None
) -> SpeedReport:
    """Return percentiles over the last five minutes of every model that answered; names are matched exactly."""
    refuse_unknown_parameters(request, _PARAMETERS)
    if aliases is not None and len(aliases) > ALIASES_MAX:
        raise query_error("aliases", f"at most {ALIASES_MAX} values", f"{len(aliases)} values")
    wanted = None if aliases is None else _resolved(deps.catalog, aliases)
    return speed_report(deps.model_metrics.speeds(), wanted)


def _resolved(catalog: Catalog, aliases: list[str]) -> dict[str, str]:
    """Return the ids of the models that exist, by the names that were given."""
    found: dict[str, str] = {}
    for alias in aliases:
        try:
            model = catalog.resolve(alias)
        except UnknownModelError:
            continue
        # The catalogue forgives another case; here names are matched exactly.
        if alias in {model.id, *model.aliases}:
            found[alias] = model.id
    return found
