"""What a chat request means, and how a wrong one is refused."""

import json
from typing import Any

import pytest

from tollway.kit.errors import BadRequestError
from tollway.wire.chat_request import ChatRequest
from tollway.wire.validation import UnsupportedValueError, decode_chat_request

USER = {"role": "user", "content": "Hi"}
PART = {"type": "text", "text": "a"}
TOOL_NAME = "a string matching [A-Za-z0-9_-]{1,64}"


def body_of(**fields: object) -> bytes:
    return json.dumps({"model": "m", "messages": [USER], **fields}).encode()


def decode(**fields: object) -> ChatRequest:
    return decode_chat_request(body_of(**fields))[0]


def tool(**function: object) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "parameters": {}, **function}}


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({}, None),
        ({"max_tokens": 10}, 10),
        ({"max_tokens": 10.0}, 10),
        ({"max_tokens": 10.9}, 10),
        ({"max_completion_tokens": 20}, 20),
        ({"max_tokens": 10, "max_completion_tokens": 20}, 20),
        ({"max_tokens": 20, "max_completion_tokens": 10}, 10),
        ({"max_tokens": 2**70}, 2**70),
    ],
)
def test_output_limit(fields: dict[str, object], limit: int | None) -> None:
    found = decode(**fields).output_limit

    assert found == limit
    assert found is None or isinstance(found, int)


@pytest.mark.parametrize(
    ("fields", "sequences"),
    [
        ({}, ()),
        ({"stop": None}, ()),
        ({"stop": ""}, ()),
        ({"stop": "a"}, ("a",)),
        ({"stop": ["a", "", "b"]}, ("a", "b")),
    ],
)
def test_stop_sequences(fields: dict[str, object], sequences: tuple[str, ...]) -> None:
    assert decode(**fields).stop_sequences == sequences


@pytest.mark.parametrize(
    ("fields", "is_stream", "wants_usage"),
    [
        ({}, False, False),
        ({"stream": False}, False, False),
        ({"stream": True}, True, False),
        ({"stream": True, "stream_options": {"include_usage": False}}, True, False),
        ({"stream": True, "stream_options": {"include_usage": True}}, True, True),
    ],
)
def test_stream(fields: dict[str, object], is_stream: bool, wants_usage: bool) -> None:
    request = decode(**fields)

    assert (request.is_stream, request.wants_usage_chunk) == (is_stream, wants_usage)


# The field at fault, what was expected, what was received.
REFUSALS: list[tuple[dict[str, object], str, str, str]] = [
    ({"model": 5}, "model", "string", "number 5"),
    ({"model": None}, "model", "string", "null"),
    ({"messages": []}, "messages", "array of length >= 1", "array of length 0"),
    ({"messages": "Hi"}, "messages", "array", "string 'Hi'"),
    ({"messages": ["Hi"]}, "messages[0]", "object", "string 'Hi'"),
    ({"messages": [{"content": "Hi"}]}, "messages[0].role", "a value (the field is required)", "nothing"),
    ({"messages": [{"role": 5}]}, "messages[0].role", "string", "number 5"),
    ({"messages": [USER, {"role": "user"}]}, "messages[1].content", "a value (the field is required)", "nothing"),
    ({"messages": [{"role": "user", "content": None}]}, "messages[0].content", "string or array", "null"),
    (
        {"messages": [{"role": "user", "content": [PART, {"type": "audio"}]}]},
        "messages[0].content[1].type",
        "'text', 'image_url' or 'file'",
        "string 'audio'",
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u", "detail": "x"}}]}]},
        "messages[0].content[0].image_url.detail",
        "'auto', 'high' or 'low'",
        "string 'x'",
    ),
    (
        {"messages": [{"role": "system", "content": [{"type": "refusal", "text": "a"}]}]},
        "messages[0].content[0].type",
        "'text'",
        "string 'refusal'",
    ),
    (
        {"messages": [{"role": "assistant", "content": [{"type": "image_url"}]}]},
        "messages[0].content[0].type",
        "'text' or 'refusal'",
        "string 'image_url'",
    ),
    (
        {"messages": [{"role": "tool", "content": [PART], "tool_call_id": "c"}]},
        "messages[0].content",
        "string",
        "array of length 1",
    ),
    ({"max_completion_tokens": 0}, "max_completion_tokens", "integer >= 1", "number 0"),
    ({"max_completion_tokens": 1.5}, "max_completion_tokens", "integer", "number 1.5"),
    ({"max_tokens": 0}, "max_tokens", "integer >= 1", "number 0"),
    ({"max_tokens": 0.5}, "max_tokens", "number >= 1.0", "number 0.5"),
    ({"max_tokens": "9"}, "max_tokens", "number", "string '9'"),
    ({"max_tokens": True}, "max_tokens", "number", "boolean true"),
    ({"stream": 1}, "stream", "boolean", "number 1"),
    ({"stream_options": {}}, "stream_options.include_usage", "a value (the field is required)", "nothing"),
    ({"tools": {}}, "tools", "array", "object"),
    ({"tools": [tool()] * 129}, "tools", "array of length <= 128", "array of length 129"),
    ({"tools": [tool(name="a b")]}, "tools[0].function.name", TOOL_NAME, "string 'a b'"),
    ({"tools": [tool(name="a\n")]}, "tools[0].function.name", TOOL_NAME, "string 'a\n'"),
    ({"tools": [tool(name="ä")]}, "tools[0].function.name", TOOL_NAME, "string 'ä'"),
    ({"tools": [tool(name="")]}, "tools[0].function.name", TOOL_NAME, "string ''"),
    ({"tools": [tool(name="a" * 65)]}, "tools[0].function.name", TOOL_NAME, f"string '{'a' * 65}'"),
    ({"tools": [tool(parameters=[])]}, "tools[0].function.parameters", "object", "array of length 0"),
    ({"tools": [tool() | {"type": "x"}]}, "tools[0].type", "'function'", "string 'x'"),
    ({"tools": [{"function": {}}]}, "tools[0].function.name", "a value (the field is required)", "nothing"),
    ({"tool_choice": "any"}, "tool_choice", "'auto', 'none' or 'required'", "string 'any'"),
    ({"tool_choice": {}}, "tool_choice.type", "a value (the field is required)", "nothing"),
    ({"tool_choice": 5}, "tool_choice", "string or object", "number 5"),
    ({"temperature": 2.1}, "temperature", "number <= 2.0", "number 2.1"),
    ({"temperature": -1}, "temperature", "number >= 0.0", "number -1"),
    ({"top_p": 0}, "top_p", "number >= 0.01", "number 0"),
    ({"stop": ["a"] * 5}, "stop", "array of length <= 4", "array of length 5"),
    ({"stop": [5]}, "stop[0]", "string", "number 5"),
    ({"stop": 5}, "stop", "string or array or null", "number 5"),
    ({"frequency_penalty": 3}, "frequency_penalty", "number <= 2.0", "number 3"),
    ({"presence_penalty": -3}, "presence_penalty", "number >= -2.0", "number -3"),
    ({"seed": 0}, "seed", "integer >= 1", "number 0"),
    (
        {"response_format": {"type": "xml"}},
        "response_format.type",
        "'text', 'json_object' or 'json_schema'",
        "string 'xml'",
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a b"}}},
        "response_format.json_schema.name",
        TOOL_NAME,
        "string 'a b'",
    ),
    ({"prediction": {"type": "content"}}, "prediction.content", "a value (the field is required)", "nothing"),
]


@pytest.mark.parametrize(("fields", "path", "expected", "received"), REFUSALS)
def test_a_refusal_names_path_expectation_and_what_came(
    fields: dict[str, object], path: str, expected: str, received: str
) -> None:
    with pytest.raises(BadRequestError) as caught:
        decode(**fields)

    assert caught.value.message == f"Body validation error: {path}: expected {expected}, received {received}"
    assert (caught.value.status, caught.value.param) == (400, path)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"messages": [{"role": "system", "content": "a", "extra": 1}]}, "messages[0].extra"),
        ({"messages": [{"role": "tool", "content": "a", "tool_call_id": "c", "extra": 1}]}, "messages[0].extra"),
        ({"tools": [tool() | {"extra": 1}]}, "tools[0].extra"),
        ({"tools": [tool(extra=1)]}, "tools[0].function.extra"),
        ({"response_format": {"type": "text", "extra": 1}}, "response_format.extra"),
        ({"response_format": {"type": "json_object", "extra": 1}}, "response_format.extra"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}, "extra": 1}},
            "response_format.extra",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "extra": 1}}},
            "response_format.json_schema.extra",
        ),
    ],
)
def test_an_additional_field_is_refused_where_the_schema_forbids_it(fields: dict[str, object], path: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        decode(**fields)

    assert caught.value.message == f"Body validation error: {path}: expected no such field, received an unknown field"
    assert caught.value.param == path


@pytest.mark.parametrize("role", ["developer", "function", "User", "", "x" * 200])
def test_an_unknown_role(role: str) -> None:
    with pytest.raises(UnsupportedValueError) as caught:
        decode(messages=[{"role": role, "content": "a"}])

    shown = role if len(role) < 80 else "x" * 80 + "…"
    assert caught.value.message == f"Unsupported value: 'messages[0].role' does not support '{shown}' with this model."
    assert (caught.value.status, caught.value.param) == (400, "messages[0].role")


def test_a_refusal_shows_little_of_what_came() -> None:
    with pytest.raises(BadRequestError) as long_text:
        decode(stream="x" * 100_000)
    with pytest.raises(BadRequestError) as long_name:
        decode(messages=[{"role": "system", "content": "a", "x" * 100_000: 1}])

    assert len(long_text.value.message) < 300
    assert len(long_name.value.message) < 300


def test_a_name_of_the_callers_does_not_lead_the_refusal_astray() -> None:
    with pytest.raises(BadRequestError) as caught:
        decode(messages=[{"role": "system", "content": "a", "x` - at `$.model": 1}])

    assert caught.value.param == "messages[0].x` - at `$.model"
