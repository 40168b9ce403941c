"""Reading an upstream's error, whatever its shape."""

import re
from typing import Any

import msgspec
from msgspec import Struct

MESSAGE_CHARS_MAX = 500
"""Longest message that is passed on; some servers answer with a whole page or a stack trace."""

_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,99}")
_HTTP_ERRORS = range(400, 600)
_decode = msgspec.json.Decoder().decode


class ErrorFacts(Struct, frozen=True):
    """What an error says of itself.

    Attributes:
        message: for people, empty when there is none.
        code: the upstream's own code string, or its type where it has no code.
        words: code and type in lower case, by which errors are classified.
        status: the HTTP status that the body itself names, as OpenRouter and vLLM do in a number called ``code``.
    """

    message: str = ""
    code: str | None = None
    words: tuple[str, ...] = ()
    status: int | None = None


def read_error(body: bytes) -> ErrorFacts:
    """Read an error body; one that is not JSON tells nothing, because it comes from whatever stands in between."""
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ErrorFacts()
    return facts_of(value)


def holds_error(value: object) -> bool:
    """Whether a JSON value that came with a status of success is an error all the same."""
    if not isinstance(value, dict):
        return False
    names_error = bool(value.get("error") or value.get("error_code") or value.get("errors"))
    return names_error or value.get("object") == "error" or ("choices" not in value and "message" in value)


def facts_of(value: object) -> ErrorFacts:
    """Read a decoded error body.

    Known shapes: OpenAI's ``{error: {message, type, code}}``, ``{error: "text"}``, vLLM's ``{object: "error", message,
    code}``, FastAPI's ``{detail}``, Baidu's older ``{error_code, error_msg}``, and ``{message, code}``.
    """
    if isinstance(value, list) and value:
        # Google's gateway wraps the error into a list.
        value = value[0]
    if not isinstance(value, dict):
        return ErrorFacts()
    inner = value.get("error")
    if isinstance(inner, str):
        return _facts({**value, "message": inner})
    return _facts(inner if isinstance(inner, dict) else value)


def _facts(error: dict[str, Any]) -> ErrorFacts:
    message = next((error[key] for key in ("message", "error_msg", "detail") if isinstance(error.get(key), str)), "")
    named = [error.get(key) for key in ("code", "error_code", "type")]
    words = [word for word in named if isinstance(word, str) and _CODE.fullmatch(word)]
    numbers = [int(n) for n in named if isinstance(n, int) or (isinstance(n, str) and n.isascii() and n.isdigit())]
    return ErrorFacts(
        message=message[:MESSAGE_CHARS_MAX],
        code=words[0] if words else None,
        words=tuple(word.lower() for word in words),
        status=next((number for number in numbers if number in _HTTP_ERRORS), None),
    )
