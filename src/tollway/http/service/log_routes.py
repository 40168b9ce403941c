"""The log of calls, and receipts, over HTTP."""

from enum import StrEnum
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation

from tollway.http.service.access import ACCESS, Access, KeyCaller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.log_views import (
    EXAMPLE_LOG,
    EXAMPLE_RECEIPT,
    LogAnswer,
    ReceiptAnswer,
    log_answer,
    receipt_answer,
)
from tollway.http.service.rate_headers import rate_limit_headers
from tollway.http.service.requests import query_error, refuse_unknown_parameters
from tollway.http.service.types import ServiceDependencies
from tollway.http.service.usage_routes import REFUSALS, KeyPrefix
from tollway.http.service.windows import End, Period, Start, read_window

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
KeyHolder = NamedDependency[SkipValidation[KeyCaller]]
PAGE_ENTRIES = 50
PAGE_ENTRIES_MAX = 100
OFFSET_MAX = 2**53 - 1
MODELS_MAX = 50
REQUESTS_PER_MINUTE = 200
"""How often one key may read the log (the contract's section on usage)."""
_PARAMETERS = frozenset({"period", "start", "end", "key_prefix", "model", "status", "limit", "offset"})


class LogStatus(StrEnum):
    """How an inference ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


Models = Annotated[
    list[str] | None,
    QueryParameter(
        name="model",
        description=f"Id or alias of a model to keep, matched exactly; may be repeated up to {MODELS_MAX} times.",
        schema_extra={"maxItems": MODELS_MAX},
    ),
]
Statuses = Annotated[
    list[LogStatus] | None, QueryParameter(name="status", description="Outcome to keep; may be repeated.")
]
Limit = Annotated[
    int, QueryParameter(name="limit", ge=1, le=PAGE_ENTRIES_MAX, description="How many calls a page has at most.")
]
InferenceId = Annotated[str, PathParameter(description="What the header `x-inference-id` of the answer said.")]


def refuse_too_many_models(models: list[str] | None) -> None:
    """Refuse a filter that names more models than it may.

    Raises:
        InvalidQueryError: it does.
    """
    if models is not None and len(models) > MODELS_MAX:
        raise query_error("model", f"at most {MODELS_MAX} values", f"{len(models)} values")


@get(
    "/v2/logs",
    tags=["Usage"],
    summary="List a key's calls",
    opt={
        ACCESS: Access.ANY_KEY,
        DESCRIBED: Described(
            answer=EXAMPLE_LOG,
            headers=(
                "x-ratelimit-limit-requests",
                "x-ratelimit-remaining-requests",
                "x-ratelimit-reset-requests",
            ),
        ),
    },
    responses={
        **REFUSALS,
        429: refusal("The log was read too often; `Retry-After` says when to come again."),
    },
)
async def list_calls(  # noqa: PLR0913, PLR0917 - the query parameters of the contract
    request: Request[Any, Any, Any],
    deps: Dependencies,
    caller: KeyHolder,
    period: Period = None,
    start: Start = None,
    end: End = None,
    key_prefix: KeyPrefix = None,
    model: Models = None,
    status: Statuses = None,
    limit: Limit = PAGE_ENTRIES,
    offset: Annotated[
        int, QueryParameter(name="offset", ge=0, le=OFFSET_MAX, description="How many calls to pass over.")
    ] = 0,
) -> Response[LogAnswer]:
    """List the calls that began in a window, newest first. Calls under way and refused ones are not in it."""
    left = deps.log_rate.take(caller.entry.key_id)
    refuse_unknown_parameters(request, _PARAMETERS)
    refuse_too_many_models(model)
    window = read_window(period, start, end, deps.clock.now_ms())
    page = await deps.logs.page(
        caller.entry, window, limit=limit, offset=offset, prefix=key_prefix, models=model, statuses=status
    )
    return Response(log_answer(page, limit=limit, offset=offset), headers=rate_limit_headers(left))


@get(
    "/v2/logs/{inference_id:str}",
    tags=["Usage"],
    summary="Show the receipt of a call",
    opt={ACCESS: Access.ANY_KEY, DESCRIBED: Described(answer=EXAMPLE_RECEIPT)},
    responses={
        401: REFUSALS[401],
        403: refusal("Operator keys belong to no account's calls."),
        404: refusal("The caller has no such call, it is still being answered, or its receipt is not kept any more."),
    },
)
async def show_receipt(
    deps: Dependencies,
    caller: KeyHolder,
    inference_id: InferenceId,
) -> ReceiptAnswer:
    """Return how one bill came about: what was counted, at which prices, what was set aside, and who answered."""
    return receipt_answer(await deps.logs.receipt(caller.entry, inference_id))
