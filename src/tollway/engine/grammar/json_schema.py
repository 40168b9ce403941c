"""JSON Schema to grammar: whatever the grammar lets through is valid under the schema.

The grammar may let through less than the schema: properties that the schema does not name are never written, JSON
stands on one line, properties keep the order of the schema. A constraint that cannot be enforced this way is refused
by name, never passed over. Words that only describe (``title``, ``description``, unknown ones) constrain nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.json import encode

from tollway.engine.errors import EngineRequestError
from tollway.engine.grammar.gbnf import Rules, count_of, literal, repeated
from tollway.engine.grammar.merge import constraints, merge
from tollway.engine.grammar.numbers import integers_between, numbers_between, whole_bounds

ANY_DEPTH = 3
"""How deep values nest of which the schema says nothing."""

MAX_DEPTH = 100
"""How deep schemas nest, references followed; beyond that a schema defines itself without an end."""

MAX_REPETITION = 1000
"""Longest string and array with a bound; a higher upper bound is lowered to this."""

_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_UNSUPPORTED = (
    "$dynamicRef",
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "multipleOf",
    "not",
    "pattern",
    "patternProperties",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_FORMATS = {
    "date": '"\\"" [12] [0-9]{3} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | "1" [0-9] | "2" [0-8]) "\\""',
    "time": '"\\"" ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] "Z\\""',
    "date-time": '"\\"" [12] [0-9]{3} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | "1" [0-9] | "2" [0-8]) "T" '
    '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] "Z\\""',
    "uuid": '"\\"" [0-9a-f]{8} "-" [0-9a-f]{4} "-" [0-9a-f]{4} "-" [0-9a-f]{4} "-" [0-9a-f]{12} "\\""',
    "email": '"\\"" [a-z] [a-z0-9._-]{0,30} [a-z0-9] "@" [a-z] [a-z0-9]{0,30} "." [a-z]{2,6} "\\""',
}


class SchemaGrammar:
    """Turns one schema into rules; ``place`` is its path in the request, for refusals."""

    def __init__(self, rules: Rules, schema: Mapping[str, Any] | bool, place: str) -> None:  # noqa: FBT001 - a schema
        self._rules = rules
        self._root = schema
        self._place = place
        self._references: dict[str, str] = {}
        self._depth = 0

    def expression(self) -> str:
        """Return the name of the rule for the whole schema.

        Raises:
            EngineRequestError: the schema is malformed, or has a constraint that cannot be enforced.
        """
        return self._value(self._root, self._place, ())

    def _value(self, schema: object, path: str, open_references: tuple[str, ...]) -> str:
        """Write one schema; the references that led here without writing anything yet are ``open``."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _refusal(self._place, "nests too deeply")
        try:
            return self._rule(schema, path, open_references)
        finally:
            self._depth -= 1

    def _rule(self, schema: object, path: str, open_references: tuple[str, ...]) -> str:
        if schema is True or schema == {}:
            return self._rules.any_value(ANY_DEPTH)
        if not isinstance(schema, dict):
            raise _refusal(path, "allows no value" if schema is False else "is no JSON Schema")
        for word in _UNSUPPORTED:
            if word in schema:
                raise _refusal(path, f"uses {word!r}, which the embedded engine cannot enforce")
        if "$ref" in schema:
            return self._reference(schema, path, open_references)
        for word in ("allOf", "anyOf", "oneOf"):
            if word in schema:
                return self._combination(word, schema, path, open_references)
        if "const" in schema or "enum" in schema:
            return self._constants(schema, path)
        name = self._rules.reserve()
        kinds = [self._kind(kind, schema, path) for kind in _kinds(schema, path)]
        return self._rules.define(name, " | ".join(kinds))

    def _reference(self, schema: dict[str, Any], path: str, open_references: tuple[str, ...]) -> str:
        pointer = schema["$ref"]
        if not isinstance(pointer, str) or not (pointer == "#" or pointer.startswith("#/")):
            raise _refusal(path, "has a $ref that does not point into the schema itself")
        if pointer in open_references:
            raise _refusal(path, "refers to itself without an end")
        target = self._resolve(pointer, path)
        beside = {word: value for word, value in constraints(schema).items() if word != "$ref"}
        open_references = (*open_references, pointer)
        if beside and isinstance(target, dict):
            return self._value(merge(target, beside, path), path, open_references)
        if pointer not in self._references:
            self._references[pointer] = self._rules.reserve()
            self._rules.define(self._references[pointer], self._value(target, path, open_references))
        return self._references[pointer]

    def _resolve(self, pointer: str, path: str) -> object:
        target: object = self._root
        for step in pointer.split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - RFC 6901 escapes
            if isinstance(target, dict) and step in target:
                target = target[step]
            elif isinstance(target, list) and step.isdecimal() and int(step) < len(target):
                target = target[int(step)]
            else:
                raise _refusal(path, f"has the $ref {pointer!r}, which points nowhere")
        return target

    def _combination(self, word: str, schema: dict[str, Any], path: str, open_references: tuple[str, ...]) -> str:
        branches = schema[word]
        if not isinstance(branches, list) or not branches:
            raise _refusal(path, f"has an {word} that is no list of schemas")
        base = {name: value for name, value in constraints(schema).items() if name != word}
        branches = [self._dissolve(branch, path) for branch in branches] if base or word == "allOf" else branches
        if word == "allOf":
            for branch in branches:
                base = merge(base, branch, path)
            return self._value(base, path, open_references)
        names = [
            self._value(merge(branch, base, path) if base else branch, path, open_references) for branch in branches
        ]
        return self._rules.add(" | ".join(names))

    def _dissolve(self, branch: object, path: str) -> dict[str, Any]:
        """Replace a reference by what it points to, so that it can be merged."""
        for _ in range(16):
            if branch is True:
                return {}
            if not isinstance(branch, dict):
                raise _refusal(path, "combines something that is no schema")
            if "$ref" not in branch:
                return branch
            branch = self._resolve(str(branch["$ref"]), path)
        raise _refusal(path, "refers to itself without an end")

    def _constants(self, schema: dict[str, Any], path: str) -> str:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        if not isinstance(values, list):
            raise _refusal(path, "has an enum that is no list")
        kinds = _kinds(schema, path)
        literals = [literal(encode(value).decode()) for value in values if any(_is_kind(value, kind) for kind in kinds)]
        if not literals:
            raise _refusal(path, "allows no value")
        self._rules.spend(len(literals))
        return self._rules.add(" | ".join(literals))

    def _kind(self, kind: str, schema: dict[str, Any], path: str) -> str:
        match kind:
            case "object":
                return self._object(schema, path)
            case "array":
                return self._array(schema, path)
            case "string":
                return self._string(schema, path)
            case "number" | "integer":
                return self._number(kind, schema, path)
            case _:
                return self._rules.json(kind)

    def _object(self, schema: dict[str, Any], path: str) -> str:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not isinstance(properties, dict) or not isinstance(required, list):
            raise _refusal(path, "has malformed properties")
        others = schema.get("additionalProperties", True)
        unnamed = [name for name in required if name not in properties]
        if unnamed and others is False:
            raise _refusal(path, f"requires {unnamed[0]!r} and forbids it")
        named = {**properties, **dict.fromkeys(unnamed, others)}
        least, most = _bound(schema, "minProperties", path, 0), _bound(schema, "maxProperties", path, None)
        if named:
            if (least or 0) > len(required) or (most is not None and most < len(named)):
                raise _refusal(path, "bounds the number of properties, which the embedded engine cannot enforce")
            return f"{literal('{')} {self._members(named, required, path)} {literal('}')}"
        if (least or 0) > 1:
            raise _refusal(path, "uses 'minProperties', which the embedded engine cannot enforce")
        if others is False:
            return literal("{}")
        value = self._value(others, f"{path}.additionalProperties", ())
        pair = f"({self._rules.json('string')} {literal(': ')} {value})"
        return f"{literal('{')} {repeated(pair, ', ', least or 0, most)} {literal('}')}"

    def _members(self, named: dict[str, Any], required: Iterable[str], path: str) -> str:
        """Write members in order; which ones are optional decides where a comma may stand, so build from the end."""
        first = rest = '""'
        needed = frozenset(required)
        for name, schema in reversed(named.items()):
            value = self._value(schema, f"{path}.properties.{name}", ())
            member = self._rules.add(f"{literal(encode(name).decode() + ': ')} {value}")
            following = f"{literal(', ')} {member}"
            if name in needed:
                first, rest = self._rules.add(f"{member} {rest}"), self._rules.add(f"{following} {rest}")
            else:
                first = self._rules.add(f"{member} {rest} | {first}")
                rest = self._rules.add(f"({following})? {rest}")
        return first

    def _array(self, schema: dict[str, Any], path: str) -> str:
        least, most = _bound(schema, "minItems", path, 0) or 0, _bound(schema, "maxItems", path, None)
        if schema.get("uniqueItems") and most not in {0, 1}:
            raise _refusal(path, "uses 'uniqueItems', which the embedded engine cannot enforce")
        prefix = schema.get("prefixItems", [])
        if prefix:
            if not isinstance(prefix, list) or least > len(prefix) or (most is not None and most < len(prefix)):
                raise _refusal(path, "uses 'prefixItems' with other bounds than its own length")
            values = [self._value(item, f"{path}.prefixItems", ()) for item in prefix]
            separator = f" {literal(', ')} "
            return f"{literal('[')} {separator.join(values)} {literal(']')}"
        items = schema.get("items", True)
        if items is False:
            most = 0
        value = '""' if most == 0 else self._value(items, f"{path}.items", ())
        return f"{literal('[')} {repeated(value, ', ', *self._range(least, most, path))} {literal(']')}"

    def _string(self, schema: dict[str, Any], path: str) -> str:
        least, most = _bound(schema, "minLength", path, 0) or 0, _bound(schema, "maxLength", path, None)
        form = schema.get("format")
        if form in _FORMATS and not least and most is None:
            return _FORMATS[form]
        if not least and most is None:
            return self._rules.json("string")
        self._rules.json("string")
        return f'"\\"" char{count_of(*self._range(least, most, path))} "\\""'

    def _range(self, least: int, most: int | None, path: str) -> tuple[int, int | None]:
        if least > MAX_REPETITION:
            raise _refusal(path, f"asks for more than {MAX_REPETITION} characters or items")
        if most is not None and least > most:
            raise _refusal(path, "allows no value")
        most = None if most is None else min(most, MAX_REPETITION)
        self._rules.spend(least if most is None else most)
        return least, most

    def _number(self, kind: str, schema: dict[str, Any], path: str) -> str:
        bounds = [schema.get(word) for word in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")]
        if any(bound is not None and not _is_kind(bound, "number") for bound in bounds):
            raise _refusal(path, "has a bound that is no number")
        low, open_low = _tightest(bounds[0], bounds[1], max)
        high, open_high = _tightest(bounds[2], bounds[3], min)
        self._rules.json("number")
        if low is None and high is None:
            return kind
        written = numbers_between(low, high, open_low=open_low, open_high=open_high)
        if kind == "integer":
            written = integers_between(*whole_bounds(low, high, open_low=open_low, open_high=open_high))
        if written is None:
            raise _refusal(path, "has bounds between which the embedded engine finds no number")
        return written


def _kinds(schema: dict[str, Any], path: str) -> list[str]:
    said = schema.get("type")
    if said is None:
        return _implied_kinds(schema)
    kinds = said if isinstance(said, list) else [said]
    if not kinds or any(kind not in _TYPES for kind in kinds):
        raise _refusal(path, f"has the unknown type {said!r}" if kinds else "allows no value")
    return ["number" if kind == "integer" and "number" in kinds else kind for kind in kinds]


def _implied_kinds(schema: dict[str, Any]) -> list[str]:
    """Choose a type for a schema that names none: the one that its constraints speak of, else any scalar."""
    if "const" in schema or "enum" in schema:
        return list(_TYPES)
    if schema.keys() & {"properties", "required", "additionalProperties", "minProperties", "maxProperties"}:
        return ["object"]
    if schema.keys() & {"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}:
        return ["array"]
    if schema.keys() & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}:
        return ["number"]
    return ["string", "number", "boolean", "null"] if not schema.keys() & {"minLength", "maxLength"} else ["string"]


def _is_kind(value: object, kind: str) -> bool:  # noqa: PLR0911 - one case for each kind of JSON value
    match value:
        case None:
            return kind == "null"
        case bool():
            return kind == "boolean"
        case int():
            return kind in {"integer", "number"}
        case float():
            return kind == "number" or (kind == "integer" and value.is_integer())
        case str():
            return kind == "string"
        case list():
            return kind == "array"
        case _:
            return kind == "object"


def _bound(schema: dict[str, Any], word: str, path: str, default: int | None) -> int | None:
    value = schema.get(word)
    if value is None:
        return default
    if not _is_kind(value, "integer") or value < 0:
        raise _refusal(path, f"has a {word} that is no count")
    return int(value)


def _tightest(
    closed: float | None, opened: float | None, pick: Callable[[float, float], float]
) -> tuple[float | None, bool]:
    if closed is None or opened is None:
        return (closed, False) if opened is None else (opened, True)
    return (opened, True) if pick(closed, opened) == opened else (closed, False)


def _refusal(path: str, problem: str) -> EngineRequestError:
    return EngineRequestError(f"{path} {problem}.", code="unsupported_schema", param=path)
