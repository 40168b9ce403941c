"""What holds for the query parameters of every route: how they are refused, and that each is given once."""

import re
from enum import Enum
from typing import Any, get_args

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.typing import FieldDefinition

from tollway.http.service.access import ACCESS, Access
from tollway.http.service.requests import query_error, refuse_unknown_parameters
from tollway.kit.errors import BadRequestError
from tollway.wire.refusals import describe

_QUOTED_TYPE = re.compile(r"`([^`]*)`")
_OF_THE_WEB_APP = frozenset({Access.OPERATOR, Access.SESSION})
_JSON_NAMES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


async def refuse_repeated(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse a parameter that is given more than once where it can have one value only: which one counts is unclear.

    Raises:
        InvalidQueryError: there is such a one.
    """
    given = connection.query_params
    if len(set(given)) == len(given):
        return
    for parameter in handler.parsed_fn_signature.parameters.values():
        declared = parameter.kwarg_definition
        if not isinstance(declared, QueryParameter):
            continue
        name = _public_name(parameter)
        values = given.getall(name, [])
        takes_several = parameter.is_non_string_sequence or any(
            inner.is_non_string_sequence for inner in parameter.inner_types
        )
        if len(values) > 1 and not takes_several:
            raise query_error(name, "one value", f"{len(values)} values")


async def refuse_null(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse the word null where a number or one of certain words is wanted.

    The framework takes it for a parameter that was left out, so a filter would pass for none.

    Raises:
        InvalidQueryError: there is such a one.
    """
    if not any(value.lower() == "null" for _, value in connection.query_params.multi_items()):
        return
    for parameter in handler.parsed_fn_signature.parameters.values():
        if isinstance(parameter.kwarg_definition, QueryParameter) and not _takes_text(parameter):
            name = _public_name(parameter)
            for value in connection.query_params.getall(name, []):
                if value.lower() == "null":
                    raise query_error(name, _wanted(parameter), describe(value))


async def refuse_unknown(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse a parameter that has no effect on a route of the web app's: a misspelt filter must not widen the answer.

    Raises:
        InvalidQueryError: there is such a one.
    """
    if handler.opt.get(ACCESS) not in _OF_THE_WEB_APP or not connection.query_params:
        return
    declared = handler.parsed_fn_signature.parameters.values()
    refuse_unknown_parameters(
        connection,
        frozenset(_public_name(one) for one in declared if isinstance(one.kwarg_definition, QueryParameter)),
    )


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
    key = str(found.get("key", "query"))
    parameter = request.route_handler.parsed_fn_signature.parameters.get(key)
    name = key if parameter is None else _public_name(parameter)
    expected = _expectation(str(found.get("message", "another value")), parameter)
    if name not in request.query_params and name in request.path_params:
        given = describe(str(request.path_params[name]))
        message = f"Path validation error: {name}: expected {expected}, received {given}"
        return BadRequestError(message, param=name)
    received = request.query_params.get(name)
    return query_error(name, expected, "nothing" if received is None else describe(str(received)))


def _public_name(parameter: FieldDefinition) -> str:
    """Return the name that callers use, which is not always the one in the handler's signature."""
    declared = parameter.kwarg_definition
    return (declared.name if isinstance(declared, QueryParameter) else None) or parameter.name


def _takes_text(parameter: FieldDefinition) -> bool:
    """Whether any text may be a value: the type is text or several texts, or one of these may be left out."""
    within = (
        parameter,
        *parameter.inner_types,
        *(deep for inner in parameter.inner_types for deep in inner.inner_types),
    )
    return any(kind.annotation is str for kind in within)


def _wanted(parameter: FieldDefinition) -> str:
    """Say what the parameter takes: one of certain words, or a kind of value in JSON's words."""
    if words := _allowed_words(parameter):
        return f"one of {', '.join(words)}"
    kinds = [kind.annotation for kind in (parameter, *parameter.inner_types) if isinstance(kind.annotation, type)]
    names = [_JSON_NAMES[kind.__name__] for kind in kinds if kind.__name__ in _JSON_NAMES]
    return names[0] if names else "another value"


def _expectation(message: str, parameter: FieldDefinition | None) -> str:
    """Say in JSON's words what the framework expected; where only certain words are taken, list them."""
    if parameter is not None and message.startswith("Invalid "):
        return f"one of {', '.join(_allowed_words(parameter))}"
    expected = message.removeprefix("Expected ").partition(", got")[0]
    return _QUOTED_TYPE.sub(lambda found: _JSON_NAMES.get(found[1], found[1]), expected)


def _allowed_words(kind: FieldDefinition) -> list[str]:
    if isinstance(kind.annotation, type) and issubclass(kind.annotation, Enum):
        return [str(member.value) for member in kind.annotation]
    if kind.is_literal:
        return [str(word) for word in get_args(kind.annotation)]
    return [word for inner in kind.inner_types for word in _allowed_words(inner)]
