"""JSON Schemas that the engine enforces, and checking what was written under one."""

import json
from typing import Any

import jsonschema

from tollway.engine.grammar.gbnf import Rules
from tollway.engine.grammar.json_schema import SchemaGrammar

Schema = dict[str, Any] | bool
ADDRESS: dict[str, Any] = {
    "type": "object",
    "properties": {"zip": {"type": "string", "minLength": 2}},
    "required": ["zip"],
}
SCHEMAS: list[Schema] = [
    {},
    True,
    {"type": "object"},
    {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3},
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "null"}]},
    {"type": "array", "items": False},
    {"type": "array", "uniqueItems": True, "maxItems": 1, "items": {"const": 1}},
    {"type": "string", "minLength": 3, "maxLength": 5},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "email"},
    {"type": ["string", "null"], "maxLength": 4},
    {"type": "integer", "minimum": -12, "exclusiveMaximum": 105},
    {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    {"type": "number", "minimum": -2.5, "maximum": -0.5},
    {"enum": ['a "quoted"\nline', 1, None, {"k": [True]}]},
    {"enum": ["a", 1, 2.0], "type": "integer"},
    {"const": "é"},
    {"type": "object", "properties": {"a": {"type": "integer"}, "b": ADDRESS}, "additionalProperties": False},
    {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "required": ["b"]},
    {"type": "object", "required": ["unnamed"]},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1, "maxProperties": 2},
    {"properties": {"a": {"const": 1}}, "required": ["a"]},
    {"anyOf": [{"type": "integer", "minimum": 5}, {"type": "null"}]},
    {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": {}, "b": {}}},
    {"allOf": [ADDRESS, {"type": "object", "properties": {"city": {"const": "Rome"}}, "required": ["city"]}]},
    {"allOf": [{"minimum": 3}, {"type": "integer", "maximum": 8}]},
    {"$defs": {"a": ADDRESS}, "type": "array", "items": {"$ref": "#/$defs/a"}, "maxItems": 1},
    {"$defs": {"a": {"type": "integer"}}, "$ref": "#/$defs/a", "minimum": 4},
    {
        "$defs": {
            "node": {
                "type": "object",
                "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}], "default": None}},
                "required": ["next"],
            }
        },
        "$ref": "#/$defs/node",
        "title": "List",
    },
]


def grammar_of(schema: Schema) -> str:
    """The grammar of a schema."""
    rules = Rules()
    return rules.text(SchemaGrammar(rules, schema, "schema").expression())


def validate_text(text: str, schema: Schema) -> None:
    """Fail unless `text` is JSON that is valid under `schema`, formats included."""
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(json.loads(text))
