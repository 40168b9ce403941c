"""Turning msgspec's validation errors into refusals that name path, expectation and what came."""

import re
from collections.abc import Iterator

import msgspec
from msgspec import inspect

from tollway.kit.errors import BadRequestError
from tollway.wire.refusals import UnsupportedValueError, describe, field_error, shorten

_PATH_SUFFIX = re.compile(r"^(?P<what>.*) - at `\$(?P<path>.*)`$", re.DOTALL)
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_PATTERN = re.compile(r"^Expected `str` matching regex '\^?(?P<pattern>.*?)(?:\$\(\?!\\\\n\))?'$", re.DOTALL)
_EXPECTED_GOT = re.compile(r"^Expected `(?P<expected>.*?)`(?P<bound>[^,]*)(?:, got `(?P<got>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<field>.*)`$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<field>.*)`$", re.DOTALL)
_JSON_NAMES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


def explain(error: msgspec.ValidationError, raw: object, kind: type | None = None) -> BadRequestError:
    """Turn msgspec's message into a refusal.

    Args:
        error: what msgspec raised.
        raw: the value that was to be converted.
        kind: the type it was to become; with it, the refusal of a word lists the words that are allowed.
    """
    text = str(error)
    found = _PATH_SUFFIX.match(text)
    what, path = (found["what"], found["path"].removeprefix(".")) if found else (text, "")
    if missing := _MISSING.match(what):
        return field_error(_join(path, missing["field"]), "a value (the field is required)", "nothing")
    if unknown := _UNKNOWN.match(what):
        return field_error(_join(path, shorten(unknown["field"])), "no such field", "an unknown field")
    value = _value_at(raw, path)
    if not what.startswith("Invalid "):
        return field_error(path, _expectation(what), describe(value))
    if path.endswith("].role"):
        return UnsupportedValueError.for_field(path, value)
    return field_error(path, _one_of(allowed_values(kind, raw, path) if kind else []), describe(value))


def _expectation(what: str) -> str:
    """Say in JSON's words what msgspec expected."""
    if pattern := _PATTERN.match(what):
        return f"a string matching {pattern['pattern']}"
    if expected := _EXPECTED_GOT.match(what):
        kinds = expected["expected"].replace("int | float", "float").split(" | ")
        return " or ".join(_JSON_NAMES.get(kind, kind) for kind in kinds) + expected["bound"]
    return what


def allowed_values(kind: type, raw: object, path: str) -> list[str]:
    """List the words that a type allows at a path of the value: literals, or tags of its objects."""
    here: list[inspect.Type] = [inspect.type_info(kind)]
    value, tags = raw, list[str]()
    for name, index in _steps(path):
        leaves = [leaf for info in here for leaf in _leaves(info)]
        if index is not None:
            here = [leaf.item_type for leaf in leaves if isinstance(leaf, inspect.ListType)]
        else:
            structs = _structs_for(leaves, value)
            tags = [str(struct.tag) for struct in structs if struct.tag_field == name]
            here = [field.type for struct in structs for field in struct.fields if field.encode_name == name]
        value = _child(value, name, index)
    words = [leaf.values for info in here for leaf in _leaves(info) if isinstance(leaf, inspect.LiteralType)]
    return tags + [str(word) for values in words for word in values]


def _leaves(info: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(info, inspect.UnionType):
        for part in info.types:
            yield from _leaves(part)
    elif isinstance(info, inspect.Metadata):
        yield from _leaves(info.type)
    else:
        yield info


def _structs_for(leaves: list[inspect.Type], value: object) -> list[inspect.StructType]:
    """Pick the object types that the value's tag names, or all when it names none."""
    structs = [leaf for leaf in leaves if isinstance(leaf, inspect.StructType)]
    if not isinstance(value, dict):
        return structs
    named = [struct for struct in structs if struct.tag_field and value.get(struct.tag_field) == struct.tag]
    return named or structs


def _one_of(words: list[str]) -> str:
    if not words:
        return "one of the allowed values"
    quoted = [f"'{word}'" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _join(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field


def _steps(path: str) -> Iterator[tuple[str, int | None]]:
    for name, index in _STEP.findall(path):
        yield name, int(index) if index else None


def _value_at(raw: object, path: str) -> object:
    """Follow a path such as ``messages[0].content``; a step that is not there ends at the last value found."""
    value = raw
    for name, index in _steps(path):
        value = _child(value, name, index)
    return value


def _child(value: object, name: str, index: int | None) -> object:
    if index is not None:
        return value[index] if isinstance(value, list) and index < len(value) else value
    return value[name] if isinstance(value, dict) and name in value else value
