"""Reading what a request brings: its body and its query, refused in the contract's words."""

from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from msgspec import Struct

from tollway.http.content_type import refuse_other_than_json
from tollway.kit.errors import BadRequestError
from tollway.wire.refusals import describe, shorten
from tollway.wire.validation import convert, decode_json, field_error

T = TypeVar("T", bound=Struct)
_NUMBERS = (int, float)
numbers_as_written = msgspec.json.Decoder(float_hook=str).decode
"""Decodes JSON with the text of each number that a float would round; whole numbers stay exact anyway."""


class InvalidQueryError(BadRequestError):
    """A query parameter is missing or wrong."""

    default_code = "invalid_query"


async def read_json(request: Request[Any, Any, Any], kind: type[T], *, allow_empty: bool = False) -> T:
    """Decode the body into a type; whether unknown fields are refused is the type's own choice.

    With ``allow_empty`` a request without a body counts as an empty object.

    Raises:
        InvalidBodyError: it is no JSON, or a field is missing, wrong or unknown where that is forbidden.
        UnsupportedMediaTypeError: it is not announced as JSON, or compressed.
    """
    raw = await _read_object(request, allow_empty=allow_empty)
    return convert(raw, kind)


async def read_json_with_unknown(
    request: Request[Any, Any, Any], kind: type[T], *, allow_empty: bool = False
) -> tuple[T, dict[str, Any]]:
    """Decode the body like `read_json`, and return it as plain values too.

    Raises:
        InvalidBodyError: see there.
        UnsupportedMediaTypeError: see there.
    """
    raw = await _read_object(request, allow_empty=allow_empty)
    return convert(raw, kind), raw


async def read_json_with_amounts(
    request: Request[Any, Any, Any], kind: type[T], *, allow_empty: bool = False
) -> tuple[T, dict[str, Decimal]]:
    """Decode the body like `read_json`, and return its numbers too, each as the decimal that it was written as.

    A float would round what a caller wrote, and money is not rounded in silence.

    Raises:
        InvalidBodyError: see there.
        UnsupportedMediaTypeError: see there.
    """
    found = await read_json(request, kind, allow_empty=allow_empty)
    written = numbers_as_written(await request.body() or b"{}")
    amounts = {
        field.name: Decimal(written[field.encode_name])
        for field in msgspec.structs.fields(kind)
        if field.encode_name in written and type(getattr(found, field.name)) in _NUMBERS
    }
    return found, amounts


async def read_signed(request: Request[Any, Any, Any]) -> bytes:
    """Return the body as it came, because a signature over it is to be proved; its form is the sender's own."""
    return await request.body()


def unknown_names(raw: dict[str, Any], kind: type[Struct]) -> tuple[str, ...]:
    """List the body's fields that the type does not know, in the order of the body."""
    known = {field.encode_name for field in msgspec.structs.fields(kind)}
    return tuple(name for name in raw if name not in known)


def query_error(name: str, expected: str, received: str) -> InvalidQueryError:
    """Make the refusal of one query parameter."""
    message = f"Query validation error: {shorten(name)}: expected {expected}, received {received}"
    return InvalidQueryError(message, param=shorten(name))


def refuse_unknown_parameters(request: ASGIConnection[Any, Any, Any, Any], known: frozenset[str]) -> None:
    """Refuse a query parameter that would have no effect: a misspelt filter must not pass for a wider answer.

    Raises:
        InvalidQueryError: there is such a one.
    """
    if unknown := sorted(set(request.query_params) - known):
        only = f"only {', '.join(sorted(known))}" if known else "no parameter here"
        raise query_error(unknown[0], only, "an unknown parameter")


async def _read_object(request: Request[Any, Any, Any], *, allow_empty: bool) -> dict[str, Any]:
    body = await request.body()
    if not body and allow_empty:
        return {}
    headers = request.headers
    refuse_other_than_json(headers.get("content-type"), headers.get("content-encoding"))
    raw = decode_json(body)
    if not isinstance(raw, dict):
        raise field_error("", "object", describe(raw))
    return raw
