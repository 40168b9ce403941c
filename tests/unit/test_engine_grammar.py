"""JSON Schemas as grammars: what a grammar lets through is valid, and what cannot be enforced is refused by name."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.gbnf import sentences
from tests.support.schemas import SCHEMAS, Schema, grammar_of, validate_text
from tollway.engine.errors import EngineRequestError
from tollway.engine.grammar.gbnf import FREE_TEXT
from tollway.engine.grammar.numbers import integers_between, numbers_between


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_every_sentence_is_valid_under_the_schema(schema: Schema) -> None:
    for sentence in sentences(grammar_of(schema), count=40):
        validate_text(sentence, schema)


REFUSED: list[tuple[Schema, str]] = [
    ({"type": "string", "pattern": "^a$"}, "pattern"),
    ({"type": "integer", "multipleOf": 3}, "multipleOf"),
    ({"not": {"type": "string"}}, "not"),
    ({"type": "array", "uniqueItems": True}, "uniqueItems"),
    ({"type": "object", "properties": {"a": {"if": {}, "then": {}}}}, "schema.properties.a"),
    ({"type": "colour"}, "colour"),
    ({"enum": []}, "no value"),
    ({"enum": [1], "type": "string"}, "no value"),
    (False, "no value"),
    ({"type": "integer", "minimum": 5, "maximum": 4}, "no number"),
    ({"type": "integer", "minimum": "x"}, "no number"),
    ({"type": "string", "minLength": "x"}, "minLength"),
    ({"type": "string", "minLength": 5, "maxLength": 4}, "no value"),
    ({"type": "string", "minLength": 100_000}, "more than"),
    ({"$ref": "#/nowhere"}, "nowhere"),
    ({"$ref": "https://example.com/schema"}, "ref"),
    ({"$ref": "#"}, "itself"),
    ({"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, "itself"),
    ({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]}}, "$ref": "#/$defs/a"}, "itself"),
    ({"type": "object", "required": ["a"], "additionalProperties": False}, "requires 'a'"),
    ({"type": "object", "properties": {"a": {}}, "minProperties": 1}, "number of properties"),
    ({"allOf": [{"format": "date"}, {"format": "time"}]}, "format"),
    ({"properties": []}, "malformed"),
    ({"items": 3}, "no JSON Schema"),
]


@pytest.mark.parametrize(("schema", "named"), REFUSED, ids=str)
def test_what_cannot_be_enforced_is_refused_by_name(schema: Schema, named: str) -> None:
    with pytest.raises(EngineRequestError, match=re.escape(named)):
        grammar_of(schema)


def test_schemas_that_unfold_without_an_end_are_refused() -> None:
    lists = {"type": "array", "items": {"type": "string", "maxLength": 1000}, "maxItems": 1000}
    wide = {"type": "object", "properties": {f"p{number}": lists for number in range(20)}}
    nested: dict[str, Any] = {"type": "integer"}
    for _ in range(200):
        nested = {"type": "array", "items": nested}

    with pytest.raises(EngineRequestError, match="too large"):
        grammar_of(wide)
    with pytest.raises(EngineRequestError, match="too deeply"):
        grammar_of(nested)


@given(st.integers(-3000, 3000), st.integers(0, 3000), st.data())
def test_whole_numbers_within_bounds_and_no_others(low: int, span: int, data: st.DataObject) -> None:
    written = integers_between(low, low + span)
    assert written is not None
    pattern = re.compile(written.replace('"', "").replace(" ", ""))
    number = data.draw(st.integers(low - 500, low + span + 500))

    assert bool(pattern.fullmatch(str(number))) == (low <= number <= low + span)


@given(st.floats(-50, 50), st.floats(0, 50), st.booleans(), st.booleans())
def test_decimal_numbers_stay_within_bounds(low: float, span: float, open_low: bool, open_high: bool) -> None:
    high = low + span
    written = numbers_between(low, high, open_low=open_low, open_high=open_high)
    if written is None:
        return
    grammar = f'root ::= {written}\nfraction ::= "." [0-9]{{0,5}} [1-9]'
    for sentence in sentences(grammar, count=20):
        number = float(sentence)
        assert low <= number <= high
        assert number != low or not open_low
        assert number != high or not open_high


def test_free_text_is_never_empty() -> None:
    assert all(text.strip(" \t\r\n") for text in sentences(FREE_TEXT, count=20))
