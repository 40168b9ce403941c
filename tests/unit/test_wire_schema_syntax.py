import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tollway.wire.schema_syntax import refuse_invalid_schema
from tollway.wire.validation import InvalidBodyError

TAKEN: list[Any] = [
    True,
    {},
    {"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": True}, "required": ["a"]},
    {"type": "array", "items": {"$ref": "#/$defs/x"}, "$defs": {"x": {"enum": [1, "a", None]}}, "minItems": 1.0},
    {"anyOf": [{"const": None}, {"not": {}}], "if": True, "then": {}, "else": False},
    {"pattern": "((a+)+)+$", "patternProperties": {"(": {}}, "format": "anything"},
    {"x-vendor": 5, "default": {"type": 5}, "examples": [{"type": 5}]},
    # As older drafts write it.
    {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}], "additionalItems": False},
    {"maximum": 5, "exclusiveMaximum": True, "definitions": {"a": {}}},
]
REFUSED: list[tuple[Any, str, str, str]] = [
    ({"type": "strin"}, ".type", "one of array, boolean, integer", "string 'strin'"),
    ({"type": []}, ".type", "one of array", "array of length 0"),
    ({"type": ["string", 5]}, ".type", "one of array", "array of length 2"),
    ({"properties": []}, ".properties", "an object of JSON Schemas", "array of length 0"),
    ({"properties": {"a": {"b": 1, "type": 5}}}, ".properties.a.type", "one of array", "number 5"),
    ({"properties": {"a": "string"}}, ".properties.a", "a JSON Schema (an object or a boolean)", "string 'string'"),
    ({"required": True}, ".required", "an array of strings", "boolean true"),
    ({"required": [1]}, ".required", "an array of strings", "array of length 1"),
    ({"items": 5}, ".items", "a JSON Schema or an array of them", "number 5"),
    ({"items": [{}, {"type": 1}]}, ".items[1].type", "one of array", "number 1"),
    ({"anyOf": []}, ".anyOf", "an array of JSON Schemas", "array of length 0"),
    ({"anyOf": [{}, 5]}, ".anyOf[1]", "a JSON Schema", "number 5"),
    ({"allOf": {}}, ".allOf", "an array of JSON Schemas", "object"),
    ({"$ref": 5}, ".$ref", "a string", "number 5"),
    ({"$defs": {"a": {"minLength": -1}}}, ".$defs.a.minLength", "an integer >= 0", "number -1"),
    ({"maxItems": 1.5}, ".maxItems", "an integer >= 0", "number 1.5"),
    ({"maxItems": True}, ".maxItems", "an integer >= 0", "boolean true"),
    ({"minimum": "1"}, ".minimum", "a number", "string '1'"),
    ({"minimum": False}, ".minimum", "a number", "boolean false"),
    ({"multipleOf": 0}, ".multipleOf", "a number > 0", "number 0"),
    ({"uniqueItems": 1}, ".uniqueItems", "a boolean", "number 1"),
    ({"enum": "a"}, ".enum", "an array", "string 'a'"),
    ({"not": None}, ".not", "a JSON Schema", "null"),
    ({"additionalProperties": []}, ".additionalProperties", "a JSON Schema", "array of length 0"),
]
KEYWORDS = ("type", "properties", "items", "anyOf", "required", "minimum", "maxLength", "not", "enum", "$ref", "$defs")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(["string", "object", "#", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize("schema", TAKEN)
def test_schemas_of_any_draft_are_taken(schema: Any) -> None:  # noqa: ANN401 - any JSON value
    refuse_invalid_schema(schema, "schema")


@pytest.mark.parametrize(("schema", "path", "expected", "received"), REFUSED)
def test_what_is_no_schema_is_refused_with_its_path(
    schema: Any,  # noqa: ANN401 - any JSON value
    path: str,
    expected: str,
    received: str,
) -> None:
    with pytest.raises(InvalidBodyError) as caught:
        refuse_invalid_schema(schema, "schema")

    assert caught.value.param == f"schema{path}"
    assert caught.value.message.startswith(f"Body validation error: schema{path}: expected {expected}")
    assert caught.value.message.endswith(f"received {received}")


@given(VALUES)
def test_the_meta_schema_agrees(schema: Any) -> None:  # noqa: ANN401 - any JSON value
    try:
        refuse_invalid_schema(schema, "schema")
        taken = True
    except InvalidBodyError:
        taken = False
    by_meta_schema = Draft202012Validator(Draft202012Validator.META_SCHEMA).is_valid(schema)

    if by_meta_schema:
        assert taken
    if taken and not uses_older_forms(schema):
        assert by_meta_schema


def uses_older_forms(schema: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether there is anything in it that only the newest draft refuses: items as an array, names that come twice."""
    if isinstance(schema, list):
        return any(uses_older_forms(each) for each in schema)
    if not isinstance(schema, dict):
        return False
    lists = [schema[name] for name in ("required", "type") if isinstance(schema.get(name), list)]
    return (
        isinstance(schema.get("items"), list)
        or any(len(each) != len(set(map(str, each))) for each in lists)
        or any(uses_older_forms(each) for each in schema.values())
    )


def test_a_large_schema_costs_little() -> None:
    schema = {"type": "object", "properties": {f"p{i}": {"type": "string", "minLength": 1} for i in range(20_000)}}

    started_s = time.process_time()
    refuse_invalid_schema(schema, "schema")

    # A general validator takes seven seconds.
    assert time.process_time() - started_s < 1
