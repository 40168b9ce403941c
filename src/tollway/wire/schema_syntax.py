"""Checking that a JSON Schema is one, in a time that is linear in its size.

A general validator needs a third of a millisecond for each property of a schema, so that one large body could stop the
server for half a minute. What is checked here is the kind of each keyword's value, as any of the drafts 4 to 2020-12
has it. Unknown keywords are allowed, as the specification wants it, and no regular expression is compiled.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from tollway.wire.refusals import describe, field_error

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")


class _Kind(NamedTuple):
    """What a keyword's value may be, and the schemas in it with their steps of the path."""

    expected: str
    accepts: Callable[[Any], bool]
    subschemas: Callable[[Any], Iterable[tuple[str, object]]] = lambda _value: ()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == int(value)


def _is_type(value: object) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in TYPES for name in names)


def _items(schemas: list[object]) -> Iterable[tuple[str, object]]:
    return ((f"[{index}]", schema) for index, schema in enumerate(schemas))


_SCHEMA = _Kind(
    "a JSON Schema (an object or a boolean)", lambda value: isinstance(value, dict | bool), lambda value: [("", value)]
)
_SCHEMAS = _Kind("an array of JSON Schemas", lambda value: isinstance(value, list) and len(value) > 0, _items)
_SCHEMA_OR_SCHEMAS = _Kind(
    "a JSON Schema or an array of them",
    lambda value: isinstance(value, dict | bool | list),
    lambda value: _items(value) if isinstance(value, list) else [("", value)],
)
_SCHEMA_MAP = _Kind(
    "an object of JSON Schemas",
    lambda value: isinstance(value, dict),
    lambda value: ((f".{name}", schema) for name, schema in value.items()),
)
_ARRAY = _Kind("an array", lambda value: isinstance(value, list))
_COUNT = _Kind("an integer >= 0", _is_count)
_FLAG = _Kind("a boolean", lambda value: isinstance(value, bool))
_NUMBER = _Kind("a number", _is_number)
_NUMBER_OR_FLAG = _Kind("a number", lambda value: isinstance(value, int | float))
_POSITIVE = _Kind("a number > 0", lambda value: _is_number(value) and value > 0)
_TEXT = _Kind("a string", lambda value: isinstance(value, str))
_TEXTS = _Kind(
    "an array of strings", lambda value: isinstance(value, list) and all(isinstance(text, str) for text in value)
)
_TYPE = _Kind(f"one of {', '.join(TYPES)}, or an array of these", _is_type)

_KINDS = {
    **dict.fromkeys(("additionalItems", "additionalProperties", "contains", "propertyNames"), _SCHEMA),
    **dict.fromkeys(("else", "if", "not", "then", "unevaluatedItems", "unevaluatedProperties"), _SCHEMA),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _SCHEMAS),
    **dict.fromkeys(("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"), _SCHEMA_MAP),
    **dict.fromkeys(("$anchor", "$comment", "$dynamicRef", "$id", "$ref", "$schema"), _TEXT),
    **dict.fromkeys(("description", "format", "pattern", "title"), _TEXT),
    **dict.fromkeys(("maxContains", "maxItems", "maxLength", "maxProperties"), _COUNT),
    **dict.fromkeys(("minContains", "minItems", "minLength", "minProperties"), _COUNT),
    **dict.fromkeys(("maximum", "minimum"), _NUMBER),
    # A flag beside ``maximum`` and ``minimum`` in draft 4.
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), _NUMBER_OR_FLAG),
    **dict.fromkeys(("deprecated", "readOnly", "uniqueItems", "writeOnly"), _FLAG),
    "enum": _ARRAY,
    # An array in the drafts before 2020-12, which calls it ``prefixItems``.
    "items": _SCHEMA_OR_SCHEMAS,
    "multipleOf": _POSITIVE,
    "required": _TEXTS,
    "type": _TYPE,
}


def refuse_invalid_schema(schema: object, path: str) -> None:
    """Refuse a schema that is none.

    Args:
        schema: plain values, nested no deeper than a body may be.
        path: where in the body it stands.

    Raises:
        InvalidBodyError: a keyword has a value of a wrong kind; names its path.
    """
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        raise field_error(path, _SCHEMA.expected, describe(schema))
    for keyword, value in schema.items():
        kind = _KINDS.get(keyword)
        if kind is None:
            continue
        place = f"{path}.{keyword}"
        if not kind.accepts(value):
            raise field_error(place, kind.expected, describe(value))
        for step, subschema in kind.subschemas(value):
            refuse_invalid_schema(subschema, place + step)
