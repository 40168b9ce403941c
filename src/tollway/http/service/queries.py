"""What holds for the query parameters of every route: how they are refused, and that each is given once."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from tollway.http.service.requests import query_error
from tollway.kit.errors import BadRequestError
from tollway.wire.refusals import describe


async def refuse_repeated(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse a parameter that is given more than once where it can have one value only: which one counts is unclear.

    Raises:
        InvalidQueryError: there is such a one.
    """
    given = connection.query_params
    if len(given) == sum(1 for _ in given.multi_items()):
        return
    for parameter in handler.parsed_fn_signature.parameters.values():
        declared = parameter.kwarg_definition
        if not isinstance(declared, QueryParameter):
            continue
        name = declared.name or parameter.name
        values = given.getall(name, [])
        takes_several = parameter.is_non_string_sequence or any(
            inner.is_non_string_sequence for inner in parameter.inner_types
        )
        if len(values) > 1 and not takes_several:
            raise query_error(name, "one value", f"{len(values)} values")


def wrong_parameter(error: ValidationException, request: Request[Any, Any, Any]) -> Exception:
    """Turn the framework's refusal of a parameter into ours, which names it with what was expected and received."""
    found = error.extra[0] if isinstance(error.extra, list) and error.extra else None
    if not isinstance(found, dict):
        missing = error.detail.partition("parameter '")[2].partition("'")[0]
        return (
            query_error(missing, "a value (the parameter is required)", "nothing")
            if missing
            else BadRequestError(error.detail)
        )
    name = str(found.get("key", "query"))
    expected = str(found.get("message", "another value")).removeprefix("Expected ").partition(", got")[0]
    received = request.query_params.get(name, request.path_params.get(name))
    return query_error(name, expected.replace("`", ""), "nothing" if received is None else describe(str(received)))
