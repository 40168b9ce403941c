import socket
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing.exceptions import Unresolvable

from tollway.wire.schema_match import UncheckableSchemaError, find_mismatch
from tollway.wire.schema_syntax import refuse_invalid_schema

Schema = dict[str, Any]
PERSON: Schema = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5},
        "age": {"type": "integer", "minimum": 0, "exclusiveMaximum": 150},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
        "parent": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
    },
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"name": "Ada"}, None),
        ({"name": "Ada", "age": 36, "tags": ["a", "b"], "parent": {"name": "Bo", "parent": None}}, None),
        ({"name": "Ada", "age": 36.0}, None),
        ([], "$"),
        ({}, "$"),
        ({"name": ""}, "$.name"),
        ({"name": "Augusta"}, "$.name"),
        ({"name": None}, "$.name"),
        ({"name": "Ada", "age": "36"}, "$.age"),
        ({"name": "Ada", "age": 3.5}, "$.age"),
        ({"name": "Ada", "age": True}, "$.age"),
        ({"name": "Ada", "age": -1}, "$.age"),
        ({"name": "Ada", "age": 150}, "$.age"),
        ({"name": "Ada", "tags": ["a", "c"]}, "$.tags[1]"),
        ({"name": "Ada", "tags": ["a", "b", "a"]}, "$.tags"),
        ({"name": "Ada", "other": 1}, "$.other"),
        ({"name": "Ada", "parent": {"name": 5}}, "$.parent"),
    ],
)
def test_the_place_of_a_mismatch(value: Any, place: str | None) -> None:  # noqa: ANN401 - any JSON value
    assert find_mismatch(value, PERSON) == place


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ({"const": 5}, 5, 6),
        ({"const": None}, None, 0),
        ({"type": ["string", "null"]}, None, 5),
        ({"multipleOf": 3}, 9, 10),
        ({"exclusiveMinimum": 3}, 4, 3),
        ({"minimum": 3, "exclusiveMinimum": True}, 4, 2),
        ({"minProperties": 1}, {"a": 1}, {}),
        ({"prefixItems": [{"type": "string"}], "items": False}, ["a"], ["a", 1]),
        ({"items": [{"type": "string"}], "additionalItems": {"type": "null"}}, ["a", None], ["a", 1]),
        ({"allOf": [{"type": "string"}, {"minLength": 2}]}, "ab", "a"),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, "a", 5),
        ({"additionalProperties": {"type": "string"}}, {"a": "b"}, {"a": 1}),
        ({"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"type": "string"}}}, "a", 1),
        ({"$ref": "#/allOf/1", "allOf": [True, {"type": "string"}]}, "a", 1),
        ({"properties": {"a": False}}, {"b": 1}, {"a": 1}),
        ({"enum": [{"a": 1}, [1, 2]]}, [1, 2], {"a": 1, "b": 2}),
    ],
)
def test_keywords(schema: Schema, right: Any, wrong: Any) -> None:  # noqa: ANN401 - any JSON value
    assert find_mismatch(right, schema) is None
    assert find_mismatch(wrong, schema) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {"pattern": "^a"}},
        {"oneOf": [{"pattern": "^a"}, {"pattern": "^b"}]},
        {"if": {"pattern": "^b"}, "then": False},
        {"propertyNames": {"pattern": "^b"}},
    ],
)
def test_nothing_is_reported_that_rests_on_an_unchecked_keyword(schema: Schema) -> None:
    assert find_mismatch("bcd", schema) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "https://json-schema.org/draft/2020-12/schema"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "other.json#/$defs/a"},
        {"$ref": "#/$defs/missing"},
        {"$ref": "#anchor"},
        {"$ref": "#/enum/0", "enum": [{"type": 5}]},
        {"$ref": "#/x", "x": [{}]},
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"properties": {"a": {"$id": "http://example.com/x", "$ref": "#"}}},
    ],
)
def test_a_reference_that_leads_nowhere_here(schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a reference was followed over the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    with pytest.raises(UncheckableSchemaError):
        find_mismatch({"a": 1}, schema)


def doubling(keyword: str, levels: int) -> Schema:
    """A schema of a few lines that stands for 2 ** levels."""
    definitions: Schema = {f"d{level}": {keyword: [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(levels)}
    return {"$defs": definitions | {f"d{levels}": {"type": "null"}}, "$ref": "#/$defs/d0"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (doubling("anyOf", 60), 1),
        (doubling("allOf", 60), None),
        (doubling("oneOf", 60), 1),
        ({"items": {"anyOf": [{"required": ["a"] * 5000}] * 50}}, [{"a": 1}] * 5000),
        ({"items": {"enum": list(range(10_000))}}, [9_999] * 10_000),
        ({"additionalProperties": {"allOf": [{}] * 1000}}, {str(i): i for i in range(10_000)}),
        ({"anyOf": [{"properties": {"a": False}}] * 5000}, {"a": 1} | dict.fromkeys(map(str, range(5000)))),
        ({"anyOf": [{"prefixItems": [True, False]}] * 5000}, [0] * 5000),
        ({"items": {"$ref": "#"}}, [[[[[[[[]] * 8] * 8] * 8] * 8] * 8] * 8]),
    ],
)
def test_work_is_bounded(schema: Schema, value: Any) -> None:  # noqa: ANN401 - any JSON value
    refuse_invalid_schema(schema, "")
    started_s = time.process_time()

    with pytest.raises(UncheckableSchemaError, match="too much work"):
        find_mismatch(value, schema)

    assert time.process_time() - started_s < 1


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "^(a+)+$"},
        {"additionalProperties": False, "patternProperties": {"^(a+)+$": {}}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"a": {"pattern": "^(a+)+$"}}},
        {"properties": {"a": {"$schema": "https://json-schema.org/draft/2020-12/schema", "pattern": "^(a+)+$"}}},
        {"unevaluatedProperties": False, "patternProperties": {"^(a+)+$": {}}},
        {"propertyNames": {"pattern": "^(a+)+$"}},
    ],
)
def test_a_hostile_pattern_is_harmless(schema: Schema) -> None:
    refuse_invalid_schema(schema, "")

    # A backtracking engine needs years for this.
    assert find_mismatch({"a": "a" * 60 + "b", "a" * 60 + "b": 1}, schema) is None


LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "a", "ab"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
TYPES = st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string"])


MAPS = ("properties", "patternProperties")
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE = ("additionalProperties", "items", "not", "if", "then")
PLAIN = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
    "enum": st.lists(LEAVES, max_size=3),
    "const": VALUES,
    "required": st.lists(st.sampled_from("ab"), unique=True),
    "minItems": st.integers(0, 3),
    "maxProperties": st.integers(0, 2),
    "minLength": st.integers(0, 2),
    "minimum": st.integers(-2, 2),
    "exclusiveMaximum": st.integers(-2, 2),
    "multipleOf": st.integers(1, 3),
    "$ref": st.sampled_from(["#", "#/properties/a", "#/anyOf/0"]),
}


@st.composite
def schemas(draw: st.DrawFn, levels: int = 2) -> Any:  # noqa: ANN401 - any JSON value
    names = draw(st.lists(st.sampled_from([*PLAIN, *((*MAPS, *LISTS, *SINGLE) if levels else ())]), max_size=3))
    schema: Schema = {}
    for name in names:
        inner = schemas(levels - 1) | st.booleans()
        if name in MAPS:
            schema[name] = draw(st.dictionaries(st.sampled_from("ab"), inner, max_size=2))
        elif name in LISTS:
            schema[name] = draw(st.lists(inner, min_size=1, max_size=2))
        else:
            schema[name] = draw(inner if name in SINGLE else PLAIN[name])
    return schema


UNCHECKED = {"not", "if", "then", "oneOf", "patternProperties", "enum", "const", "multipleOf"}
"""What may make a value wrong without being found out, some of it only in part."""


@given(VALUES, schemas())
@settings(max_examples=300)
def test_a_mismatch_is_reported_truly_and_if_the_keywords_are_checked_always(value: object, schema: Schema) -> None:
    try:
        found = find_mismatch(value, schema)
        is_valid = Draft202012Validator(schema).is_valid(value)
    except (UncheckableSchemaError, RecursionError, Unresolvable):
        return

    if found:
        assert not is_valid
    elif UNCHECKED.isdisjoint(names_in(schema)):
        assert is_valid


def names_in(schema: object) -> list[str]:
    if isinstance(schema, list):
        return [name for each in schema for name in names_in(each)]
    if isinstance(schema, dict):
        return [*schema, *(name for each in schema.values() for name in names_in(each))]
    return []
