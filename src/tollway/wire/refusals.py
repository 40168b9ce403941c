"""Refusals of a body: how they name the field, what was expected and what was received."""

from tollway.kit.errors import BadRequestError

_MAX_SHOWN = 80


class InvalidBodyError(BadRequestError):
    """The body is not what the contract describes."""

    default_code = "invalid_request_body"


class UnsupportedValueError(BadRequestError):
    """The value is part of the contract, but this model does not take it."""

    default_code = "unsupported_value"

    @classmethod
    def for_field(cls, path: str, value: object) -> "UnsupportedValueError":
        """Say which field has the value that the model does not take."""
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        message = f"Unsupported value: '{path}' does not support '{shorten(shown)}' with this model."
        return cls(message, param=path)


def field_error(path: str, expected: str, received: str) -> InvalidBodyError:
    """Make the refusal of one field; ``path`` is written as ``messages[0].content``, empty for the body itself."""
    message = f"Body validation error: {path or 'body'}: expected {expected}, received {received}"
    return InvalidBodyError(message, param=path or None)


def describe(value: object) -> str:
    """Say what was received: its JSON type and, where short, its value."""
    match value:
        case None:
            return "null"
        case bool():
            return f"boolean {str(value).lower()}"
        case int() | float():
            return f"number {shorten(repr(value))}"
        case str():
            return f"string '{shorten(value)}'"
        case list():
            return f"array of length {len(value)}"
        case _:
            return "object"


def shorten(text: str) -> str:
    """Cut a text of the caller's to what a message can show."""
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"
