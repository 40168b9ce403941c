"""Checking ``response_format``: the schema that a caller sends, and whether the answer follows it."""

import msgspec
from msgspec import UNSET

from tollway.wire.chat_request import ChatRequest, JsonObjectFormat, JsonSchemaFormat, TextFormat
from tollway.wire.schema_match import UncheckableSchemaError, find_mismatch
from tollway.wire.schema_syntax import refuse_invalid_schema

_SCHEMA_PATH = "response_format.json_schema.schema"


def refuse_invalid_format(request: ChatRequest) -> None:
    """Refuse a ``response_format`` whose schema is none.

    Raises:
        InvalidBodyError: it is no valid JSON Schema; names the path of the keyword at fault.
    """
    wanted = request.response_format
    if isinstance(wanted, JsonSchemaFormat) and wanted.json_schema.schema is not UNSET:
        refuse_invalid_schema(wanted.json_schema.schema, _SCHEMA_PATH)


def wants_json(request: ChatRequest) -> bool:
    """Whether the answer is to be JSON."""
    wanted = request.response_format
    return wanted is not UNSET and not isinstance(wanted, TextFormat)


def format_warnings(request: ChatRequest, content: str) -> list[str]:
    """Say how the answer differs from the ``response_format`` that was asked for; empty when it follows it.

    An answer of tool calls alone has no text that could follow anything.
    """
    wanted = request.response_format
    if wanted is UNSET or isinstance(wanted, TextFormat) or (not content and request.tools):
        return []
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return ["response_format: the model's answer is not valid JSON"]
    if isinstance(wanted, JsonObjectFormat):
        return [] if isinstance(value, dict) else ["response_format: the model's answer is JSON, but no object"]
    schema = wanted.json_schema.schema
    if schema is UNSET:
        return []
    try:
        place = find_mismatch(value, schema)
    except UncheckableSchemaError as error:
        return [f"response_format: the model's answer was not checked against the schema: {error}"]
    return [f"response_format: the model's answer does not follow the schema at {place}"] if place else []
