"""Whether a value follows a JSON Schema that a caller wrote: sound, and bounded in time whatever the schema is.

A mismatch that is reported is one. Not every mismatch is found: keywords that need a regular expression (``pattern``,
``patternProperties``, ``propertyNames``), that negate what may not have been checked (``not``, ``if``, more than one
match of ``oneOf``), and rare ones are passed over. References lead into the schema itself and nowhere else.
"""

from collections.abc import Callable
from typing import Any, TypeGuard
from urllib.parse import unquote

from tollway.wire.refusals import InvalidBodyError
from tollway.wire.schema_syntax import refuse_invalid_schema

MAX_STEPS = 20_000
"""Most keywords that are looked at, about 20 ms of work: references can make a small schema exponentially large."""

_LOOKUPS_A_STEP = 16
"""How many words of a list can be compared in the time of one step."""


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


_IS_OF_TYPE: dict[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == value // 1,
    "null": lambda value: value is None,
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


class UncheckableSchemaError(Exception):
    """The schema takes too much work, or has a reference that leads out of it."""


def find_mismatch(value: object, schema: dict[str, Any]) -> str | None:
    """Return the path of a value that breaks the schema, such as ``$.items[0]``; None when none was found.

    Args:
        value: plain values.
        schema: one that ``refuse_invalid_schema`` lets pass.

    Raises:
        UncheckableSchemaError: the question cannot be answered here.
    """
    try:
        return _Matcher(schema).mismatch(value, schema, "$")
    except RecursionError as error:
        raise UncheckableSchemaError("references or values are nested too deeply") from error


class _Matcher:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._steps_left = MAX_STEPS
        self._known_targets = {id(root)}

    def mismatch(self, value: object, schema: Any, path: str) -> str | None:  # noqa: ANN401 - an object or a boolean
        if isinstance(schema, bool):
            return None if schema else path
        self._spend(1 + len(schema))
        if "$id" in schema and schema is not self._root:
            raise UncheckableSchemaError("references below an inner $id are relative to it")
        if not self._is_plainly_right(value, schema):
            return path
        if "$ref" in schema and (found := self.mismatch(value, self._resolve(schema["$ref"]), path)):
            return found
        if isinstance(value, dict) and (found := self._mismatch_in_object(value, schema, path)):
            return found
        if isinstance(value, list) and (found := self._mismatch_in_array(value, schema, path)):
            return found
        return self._mismatch_of_several(value, schema, path)

    def _is_plainly_right(self, value: object, schema: dict[str, Any]) -> bool:
        """Check the keywords that need no other schema."""
        return self._is_allowed(value, schema) and self._is_sized(value, schema)

    def _is_allowed(self, value: object, schema: dict[str, Any]) -> bool:
        if "type" in schema:
            types = schema["type"]
            if not any(_IS_OF_TYPE[name](value) for name in ([types] if isinstance(types, str) else types)):
                return False
        if "const" in schema and not _may_be_one_of(value, [schema["const"]]):
            return False
        self._spend(len(schema.get("enum", ())) // _LOOKUPS_A_STEP)
        return "enum" not in schema or _may_be_one_of(value, schema["enum"])

    def _is_sized(self, value: object, schema: dict[str, Any]) -> bool:
        match value:
            case bool():
                return True
            case int() | float():
                return _is_in_range(value, schema)
            case str():
                return _is_size_right(len(value), schema, "minLength", "maxLength")
            case list():
                return _is_size_right(len(value), schema, "minItems", "maxItems")
            case dict():
                required = schema.get("required", ())
                self._spend(len(required) // _LOOKUPS_A_STEP)
                has_all = all(name in value for name in required)
                return has_all and _is_size_right(len(value), schema, "minProperties", "maxProperties")
        return True

    def _mismatch_in_object(self, value: dict[str, Any], schema: dict[str, Any], path: str) -> str | None:
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        if "patternProperties" in schema:
            # Which properties are additional is then a matter of regular expressions.
            others = True
        if not properties and others is True:
            return None
        self._spend(len(value))
        for name, item in value.items():
            found = self.mismatch(item, properties.get(name, others), f"{path}.{name}")
            if found:
                return found
        return None

    def _mismatch_in_array(self, value: list[Any], schema: dict[str, Any], path: str) -> str | None:
        first, others = schema.get("prefixItems", []), schema.get("items", True)
        if isinstance(others, list):
            first, others = others, schema.get("additionalItems", True)
        if not first and others is True:
            return None
        self._spend(len(value))
        for index, item in enumerate(value):
            found = self.mismatch(item, first[index] if index < len(first) else others, f"{path}[{index}]")
            if found:
                return found
        return None

    def _mismatch_of_several(self, value: object, schema: dict[str, Any], path: str) -> str | None:
        for each in schema.get("allOf", ()):
            if found := self.mismatch(value, each, path):
                return found
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema and all(self.mismatch(value, each, path) for each in schema[keyword]):
                return path
        return None

    def _resolve(self, reference: str) -> object:
        """Follow a JSON pointer into the schema."""
        if reference != "#" and not reference.startswith("#/"):
            raise UncheckableSchemaError("a reference leads out of the schema")
        target: object = self._root
        for step in reference.split("/")[1:]:
            self._spend(1)
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(target, dict) and name in target:
                target = target[name]
            elif isinstance(target, list) and name.isdecimal() and int(name) < len(target):
                target = target[int(name)]
            else:
                raise UncheckableSchemaError("a reference leads to nothing")
        if id(target) not in self._known_targets:
            # A pointer may lead to a place that was no schema when the syntax was checked, such as a default value.
            try:
                refuse_invalid_schema(target, reference)
            except InvalidBodyError as error:
                raise UncheckableSchemaError("a reference leads to no schema") from error
            self._known_targets.add(id(target))
        return target

    def _spend(self, steps: int) -> None:
        self._steps_left -= steps
        if self._steps_left < 0:
            raise UncheckableSchemaError("the schema takes too much work")


def _may_be_one_of(value: object, allowed: list[object]) -> bool:
    """Compare with each; of objects and arrays only the sizes, so that the work does not grow with what is in them."""
    if isinstance(value, dict | list):
        return any(
            isinstance(each, dict | list) and type(each) is type(value) and len(each) == len(value) for each in allowed
        )
    return value in allowed


def _is_size_right(size: int, schema: dict[str, Any], at_least: str, at_most: str) -> bool:
    least: float = schema.get(at_least, 0)
    most: float = schema.get(at_most, size)
    return least <= size <= most


def _is_in_range(value: float, schema: dict[str, Any]) -> bool:
    above, below, step = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum"), schema.get("multipleOf")
    if (_is_number(above) and value <= above) or (_is_number(below) and value >= below):
        return False
    # Of fractions the remainder is not exact.
    if isinstance(step, int) and isinstance(value, int) and value % step:
        return False
    least: float = schema.get("minimum", value)
    most: float = schema.get("maximum", value)
    return least <= value <= most
