"""Decoding of request bodies, with refusals that name the field, what was expected and what was received."""

from typing import Any, TypeVar

import msgspec

from tollway.wire.chat_request import ChatRequest
from tollway.wire.explanation import explain
from tollway.wire.refusals import InvalidBodyError, UnsupportedValueError, field_error

MAX_NESTING = 64
"""Deepest nesting of arrays and objects in a body; far beyond what a JSON Schema of a tool needs."""

_decode_any = msgspec.json.Decoder().decode
T = TypeVar("T")


def decode_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Decode a body to plain values; of a key that comes twice in an object, the last one counts.

    Raises:
        InvalidBodyError: the body is no JSON (``NaN`` and the like included) or is nested too deeply.
    """
    try:
        value = _decode_any(body)
    except RecursionError as error:
        raise _too_deep() from error
    except msgspec.ValidationError as error:
        # Plain values have no other rule that could be broken.
        raise field_error("", "numbers within the range of JSON", "a number out of range") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise field_error("", "valid JSON", f"malformed JSON ({error})") from error
    # A body with no more brackets than levels cannot be too deep; counting them is far cheaper than looking.
    if body.count(b"{") + body.count(b"[") > MAX_NESTING:
        refuse_deep_nesting(value)
    return value


def decode_chat_request(body: bytes) -> tuple[ChatRequest, dict[str, Any]]:
    """Decode and validate a chat request; the second value is the same body as plain values, for its unknown fields.

    The bytes are read once: a long prompt is one string that both values share.

    Raises:
        InvalidBodyError: a field is missing, of a wrong type, out of range or unknown where that is forbidden.
        UnsupportedValueError: a message has a role that no model here takes.
    """
    raw = decode_json(body)
    return convert(raw, ChatRequest), raw


def convert(raw: object, kind: type[T]) -> T:
    """Turn plain values into the given type, with the same refusals as a chat request.

    Raises:
        InvalidBodyError: the values do not fit the type.
    """
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise explain(error, raw, kind) from error


def refuse_deep_nesting(value: object) -> None:
    """Refuse plain values that are nested deeper than ``MAX_NESTING``.

    Raises:
        InvalidBodyError: they are.
    """
    if isinstance(value, dict | list) and _is_deeper(value, MAX_NESTING):
        raise _too_deep()


def _is_deeper(container: dict[str, Any] | list[Any], levels_left: int) -> bool:
    # Exact types are compared because the decoder makes no others, and this runs for every value of every body.
    if levels_left == 0:
        return True
    for value in container.values() if type(container) is dict else container:
        if (type(value) is dict or type(value) is list) and _is_deeper(value, levels_left - 1):
            return True
    return False


def _too_deep() -> InvalidBodyError:
    return field_error("", f"at most {MAX_NESTING} levels of nesting", "a deeper structure")


__all__ = [
    "MAX_NESTING",
    "InvalidBodyError",
    "UnsupportedValueError",
    "convert",
    "decode_chat_request",
    "decode_json",
    "explain",
    "field_error",
    "refuse_deep_nesting",
]
