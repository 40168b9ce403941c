"""Joining two schemas that must both hold."""

from typing import Any

from tollway.engine.errors import EngineRequestError

_HIGHER_HOLDS = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_LOWER_HOLDS = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
_DESCRIBES = frozenset(
    ("title", "description", "default", "examples", "deprecated", "$comment", "$id", "$schema", "discriminator")
)
_HOLDS_OTHERS = frozenset(("$defs", "definitions"))


def constraints(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without the words that only describe it or hold schemas for reference."""
    return {word: value for word, value in schema.items() if word not in _DESCRIBES | _HOLDS_OTHERS}


def merge(left: dict[str, Any], right: dict[str, Any], path: str) -> dict[str, Any]:
    """Return a schema under which a value is valid only if it is valid under both.

    Raises:
        EngineRequestError: two constraints cannot be joined into one.
    """
    merged = dict(left)
    for word, value in right.items():
        merged[word] = _join(word, merged[word], value, path) if word in merged else value
    return merged


def _join(word: str, left: Any, right: Any, path: str) -> object:  # noqa: ANN401, PLR0911 - any JSON value; one rule a word
    if left == right or word in _DESCRIBES:
        return left
    if word == "type":
        return _common_types(left, right)
    if word == "enum" and isinstance(left, list) and isinstance(right, list):
        return [value for value in left if value in right]
    if word in {"required", "allOf"} and isinstance(left, list) and isinstance(right, list):
        return left + [value for value in right if value not in left]
    if word in {"properties", "$defs", "definitions"} and isinstance(left, dict) and isinstance(right, dict):
        both = {
            name: {"allOf": [left[name], right[name]]} for name in left if name in right and left[name] != right[name]
        }
        return {**left, **right, **both}
    if word in _HIGHER_HOLDS:
        return max(left, right)
    if word in _LOWER_HOLDS:
        return min(left, right)
    if word == "additionalProperties" and isinstance(left, bool) and isinstance(right, bool):
        return left and right
    raise EngineRequestError(
        f"{path} combines two different {word!r}, which the embedded engine cannot enforce.",
        code="unsupported_schema",
        param=path,
    )


def _common_types(left: Any, right: Any) -> list[str]:  # noqa: ANN401 - any JSON value
    ours = left if isinstance(left, list) else [left]
    theirs = right if isinstance(right, list) else [right]
    common = [kind for kind in ours if kind in theirs]
    if "integer" in ours + theirs and "integer" not in common and "number" in ours + theirs:
        common.append("integer")
    return common
