import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.flows.complete_chat.json_format import format_warnings, refuse_invalid_format
from tollway.wire.chat_request import ChatRequest
from tollway.wire.validation import InvalidBodyError, decode_chat_request

JSON_OBJECT = {"type": "json_object"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
NOT_JSON = ["response_format: the model's answer is not valid JSON"]


def request(response_format: dict[str, Any] | None = None, **fields: object) -> ChatRequest:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **fields}
    if response_format is not None:
        body["response_format"] = response_format
    return decode_chat_request(json.dumps(body).encode())[0]


def by_schema(schema: object) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}


@pytest.mark.parametrize("response_format", [None, {"type": "text"}])
def test_text_is_not_checked(response_format: dict[str, Any] | None) -> None:
    assert format_warnings(request(response_format), "no JSON at all") == []


@pytest.mark.parametrize(
    ("content", "warnings"),
    [
        ("{}", []),
        (' {"a": [1, "😀"]}\n', []),
        ("", NOT_JSON),
        ('{"a": 1', NOT_JSON),
        ("```json\n{}\n```", NOT_JSON),
        ('{"a": NaN}', NOT_JSON),
        ("[" * 100_000, NOT_JSON),
        ("\ud800", NOT_JSON),
        ("[1]", ["response_format: the model's answer is JSON, but no object"]),
        ("null", ["response_format: the model's answer is JSON, but no object"]),
    ],
)
def test_json_object(content: str, warnings: list[str]) -> None:
    assert format_warnings(request(JSON_OBJECT), content) == warnings


@pytest.mark.parametrize(
    ("content", "warnings"),
    [
        ('{"a": 1}', []),
        ("Sure!", NOT_JSON),
        ('{"a": "1"}', ["response_format: the model's answer does not follow the schema at $.a"]),
        ("{}", ["response_format: the model's answer does not follow the schema at $"]),
        ("[]", ["response_format: the model's answer does not follow the schema at $"]),
    ],
)
def test_json_schema(content: str, warnings: list[str]) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}

    assert format_warnings(request(by_schema(schema)), content) == warnings


def test_a_format_without_a_schema_asks_for_json_alone() -> None:
    wanted = request({"type": "json_schema", "json_schema": {"name": "s"}})

    refuse_invalid_format(wanted)
    assert format_warnings(wanted, "[1]") == []
    assert format_warnings(wanted, "x") == NOT_JSON


def test_an_answer_of_tool_calls_alone_follows_no_format() -> None:
    assert format_warnings(request(JSON_OBJECT, tools=[TOOL]), "") == []
    assert format_warnings(request(JSON_OBJECT, tools=[TOOL]), "x") == NOT_JSON


def test_a_schema_that_cannot_be_checked_is_told() -> None:
    remote = request(by_schema({"$ref": "http://127.0.0.1:9/x"}))

    refuse_invalid_format(remote)
    assert format_warnings(remote, "{}") == [
        "response_format: the model's answer was not checked against the schema: a reference leads out of the schema"
    ]


def test_an_invalid_schema_is_refused_with_its_path() -> None:
    with pytest.raises(InvalidBodyError) as caught:
        refuse_invalid_format(request(by_schema({"properties": {"a": {"type": "strin"}}})))

    assert caught.value.param == "response_format.json_schema.schema.properties.a.type"
    assert caught.value.message.endswith("or an array of these, received string 'strin'")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["$ref", "items", "properties", "anyOf", "enum", "type", "a", "$id"]), inner)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["$ref", "items", "anyOf", "allOf", "enum", "const", "a"]), ANY_JSON), ANY_JSON)
def test_whatever_schema_is_taken_never_breaks_the_answer(schema: dict[str, Any], value: object) -> None:
    wanted = request(by_schema(schema))
    try:
        refuse_invalid_format(wanted)
    except InvalidBodyError:
        return

    assert len(format_warnings(wanted, json.dumps(value))) <= 1
