"""What load balancers and monitoring ask."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from litestar import Response, get
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import SkipValidation
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from tollway.http.service.access import ACCESS, Access
from tollway.http.service.described import DESCRIBED, Described
from tollway.http.service.types import ServiceDependencies

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
_CHECK_TIMEOUT_S = 5.0
_LOG = logging.getLogger("tollway.http.service")
# The framework adds the charset to every text.
_METRICS_TYPE = CONTENT_TYPE_LATEST.partition("; charset")[0]
_NO_STORE = CacheControlHeader(no_store=True)


class Liveness(Struct):
    """The process runs and answers."""

    status: Literal["ok"]


class Readiness(Struct):
    """Whether requests can be taken; ``engine`` is told and does not count, for other upstreams may answer."""

    status: Literal["ready", "unavailable"]
    checks: dict[str, Literal["ok", "failed"]]
    engine: str


@get(
    "/health/live",
    tags=["Health"],
    summary="Say that the process is alive",
    cache_control=_NO_STORE,
    opt={ACCESS: Access.PUBLIC, DESCRIBED: Described(answer=Liveness("ok"), headers=("cache-control",))},
)
async def live() -> Liveness:
    """Answer as long as the process does."""
    return Liveness("ok")


@get(
    "/health/ready",
    tags=["Health"],
    summary="Say whether requests can be taken",
    cache_control=_NO_STORE,
    responses={503: ResponseSpec(Readiness, generate_examples=False, description="Something that is needed is down.")},
    opt={
        ACCESS: Access.PUBLIC,
        DESCRIBED: Described(
            answer=Readiness("ready", {"database": "ok", "ledger": "ok"}, "disabled"), headers=("cache-control",)
        ),
    },
)
async def ready(deps: Dependencies) -> Response[Readiness]:
    """Answer 200 when database and ledger are up and the keys are current, else 503 with what failed."""
    results = await asyncio.gather(*(_holds(name, check) for name, check in deps.checks.items()))
    is_ready = all(results)
    report = Readiness(
        status="ready" if is_ready else "unavailable",
        checks={name: "ok" if holds else "failed" for name, holds in zip(deps.checks, results, strict=True)},
        engine=deps.engine_state(),
    )
    return Response(report, status_code=200 if is_ready else 503)


@get(
    "/metrics",
    tags=["Health"],
    summary="Show the metrics",
    media_type=_METRICS_TYPE,
    cache_control=_NO_STORE,
    opt={ACCESS: Access.PUBLIC, DESCRIBED: Described(headers=("cache-control",))},
)
async def metrics(deps: Dependencies) -> bytes:
    """Return the metrics in the text format of Prometheus."""
    return generate_latest(deps.registry)


async def _holds(name: str, check: Callable[[], Awaitable[bool]]) -> bool:
    """Run a check; one that fails or hangs is the very thing it is there to tell."""
    try:
        return await asyncio.wait_for(check(), _CHECK_TIMEOUT_S)
    except Exception:  # noqa: BLE001 - whatever went wrong, the check did not hold, and the log says why
        _LOG.exception("readiness check failed", extra={"check": name})
        return False
