"""What the OpenAPI document tells of a route beyond its parameters: declared beside the route, as its access is."""

from typing import Any

from litestar.openapi import ResponseSpec
from msgspec import Struct

from tollway.wire.errors import ErrorBody

DESCRIBED = "described"
"""Name of the option of a handler that holds its `Described`."""


class Described(Struct, frozen=True, kw_only=True):
    """The body that a route takes, and what it answers.

    Attributes:
        takes: the type that the body is read into; the schema is made from it. None is a route without a body.
        is_optional: whether the body may be left out.
        example: a body that is taken.
        rule: JSON Schema keywords for what the type cannot say, such as that one of two fields must be there.
        answer: an answer of the type that the route returns.
        headers: what a successful answer carries, by the names of ``response_document.HEADERS``.
    """

    takes: type[Struct] | None = None
    is_optional: bool = False
    example: dict[str, Any] | None = None
    rule: dict[str, Any] = {}
    answer: object = None
    headers: tuple[str, ...] = ()


def refusal(description: str) -> ResponseSpec:
    """Describe a refusal that a route may answer with."""
    return ResponseSpec(ErrorBody, generate_examples=False, description=description)
