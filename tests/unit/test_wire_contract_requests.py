"""The request types against the published schema itself: what one takes the other takes, but for a list of reasons."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.support.contract import CHAT_PATHS, CONTRACT_FOLDER, IMAGE_MODEL_FILE, TEXT_MODEL_FILE, json_schema
from tollway.kit.errors import BadRequestError
from tollway.wire.chat_request import ChatRequest
from tollway.wire.validation import decode_chat_request

Schema = dict[str, Any]
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 300) | st.floats(-3, 3) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@cache
def request_schema(file_name: str = IMAGE_MODEL_FILE) -> Schema:
    """The schema of the models that take most, without the list of models: that belongs to the catalogue."""
    document = json.loads((CONTRACT_FOLDER / "openapi" / file_name).read_text(encoding="utf-8"))
    operation = document["paths"][CHAT_PATHS[0]]["post"]
    schema = json_schema(operation["requestBody"]["content"]["application/json"]["schema"])
    del schema["properties"]["model"]["enum"]
    return schema


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(request_schema())


def values_of(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that the schema takes; free objects and open ones stay small."""
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return st.one_of([values_of(each) for each in schema[keyword]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema.get("type", [])
    return st.one_of([_values_of_kind(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds)])


def _values_of_kind(kind: str, schema: Schema) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum"), schema.get("maximum")
    simple: dict[str, st.SearchStrategy[Any]] = {
        "string": st.text(max_size=8) | st.from_regex(NAME, fullmatch=True),
        "integer": st.integers(low, high if high is not None else 2**70),
        "number": st.floats(low, high, allow_nan=False, allow_infinity=False) | st.just(low),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    if kind in simple:
        return simple[kind]
    if kind == "array":
        return st.lists(values_of(schema["items"]), max_size=3)
    if "properties" not in schema:
        return st.dictionaries(st.text(max_size=5), ANY_JSON, max_size=3)
    inner = {name: values_of(each) for name, each in schema["properties"].items()}
    required = {name: inner.pop(name) for name in schema.get("required", [])}
    return st.fixed_dictionaries(required, optional=inner)


BODIES = values_of(request_schema())
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
FULL_BODY: dict[str, Any] = {
    "model": "baidu/ernie-x1-turbo-32k",
    "messages": [
        {"role": "system", "content": "Be brief.", "name": "rules"},
        {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
                {"type": "file", "file": {"file_data": "JVBERi0=", "filename": "a.pdf"}},
            ],
            "name": "ada",
        },
        {"role": "assistant", "content": None, "tool_calls": [CALL], "name": "bot", "refusal": None},
        {"role": "tool", "content": "4", "tool_call_id": "c1", "name": None},
        {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "no"}]},
        {"role": "user", "content": "Go on."},
    ],
    "max_completion_tokens": 100,
    "max_tokens": 100,
    "stream": True,
    "stream_options": {"include_usage": True},
    "tools": [
        {
            "type": "function",
            "function": {"name": "f", "description": "Does f.", "parameters": SCHEMA, "strict": True},
        }
    ],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": False,
    "temperature": 0.7,
    "top_p": 0.9,
    "stop": ["END", "STOP"],
    "frequency_penalty": -2,
    "prediction": {"type": "content", "content": [{"type": "text", "text": "a"}]},
    "presence_penalty": 2,
    "seed": 7,
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "s", "schema": SCHEMA, "strict": None, "description": "An s."},
    },
}
OTHER_VALUES: tuple[Any, ...] = (
    None, True, 0, -3, 0.5, 1.5, "", "text", "user", [], ["x"], {}, {"type": "text"}, [{"text": "a"}],
)  # fmt: skip


def objects_in(value: object) -> Iterator[Any]:
    """The objects and arrays in a value, itself first."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from objects_in(inner)


@st.composite
def changed_bodies(draw: st.DrawFn) -> Any:  # noqa: ANN401 - any JSON value
    """A valid body with one thing in it set, taken away or added."""
    body = deepcopy(draw(BODIES))
    place = draw(st.sampled_from(list(objects_in(body))))
    value = draw(ANY_JSON)
    if isinstance(place, list):
        place.append(value)
    elif place and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(place)))
        if draw(st.booleans()):
            del place[name]
        else:
            place[name] = value
    else:
        place[draw(st.sampled_from(["extra", "name", "content", "type", "strict", "reasoning_content"]))] = value
    return body


def takes(body: object) -> bool:
    try:
        decode_chat_request(msgspec.json.encode(body))
    except BadRequestError:
        return False
    return True


def narrower_here(body: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Reasons to refuse what the schema takes: the limits that stand only in its prose, and exactness."""
    if not body["messages"]:
        yield "messages is not empty"
    if isinstance(stop := body.get("stop"), list) and len(stop) > 4:
        yield "at most 4 stop sequences"
    names = [tool["function"]["name"] for tool in body.get("tools", [])]
    if len(names) > 128:
        yield "at most 128 tools"
    if isinstance(wanted := body.get("response_format"), dict) and "json_schema" in wanted:
        names.append(wanted["json_schema"]["name"])
    if not all(NAME.fullmatch(name) for name in names):
        yield "names of functions and schemas match [A-Za-z0-9_-]{1,64}"
    if any(isinstance(body.get(name), float) for name in ("max_completion_tokens", "seed")):
        yield "5.0 is no integer in OpenAPI 3.0, whatever later drafts of JSON Schema say"
    turns = [message for message in body["messages"] if message["role"] == "assistant"]
    if any(not isinstance(turn.get("reasoning_content"), str | None) for turn in turns):
        yield "reasoning_content, which the contract adds to the schema, is text"


def wider_here(body: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The body without what is taken beyond the schema: content that is null beside tool calls."""
    copy = deepcopy(body)
    messages = copy.get("messages") if isinstance(copy, dict) else None
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.get("role") == "assistant" and message.get("content", "") is None:
            del message["content"]
    return copy


def one_change_each(body: dict[str, Any]) -> Iterator[Any]:
    """Every body that differs in one field or item, in a few ways each."""
    for place in objects_in(body):
        for key in list(place) if isinstance(place, dict) else range(len(place)):
            kept = place[key]
            for value in OTHER_VALUES:
                place[key] = value
                yield body
            place[key] = kept
        if isinstance(place, dict):
            for key in list(place):
                kept = place.pop(key)
                yield body
                place[key] = kept
            place["extra"] = 1
            yield body
            del place["extra"]


def expected_to_take(body: Any) -> bool:  # noqa: ANN401 - any JSON value
    plain = wider_here(body)
    return validator().is_valid(plain) and not list(narrower_here(plain))


def test_each_single_change_is_refused_exactly_when_the_schema_refuses_it() -> None:
    assert takes(FULL_BODY)
    changed = [(json.dumps(body), takes(body), expected_to_take(body)) for body in one_change_each(deepcopy(FULL_BODY))]

    assert len(changed) > 1000
    assert [(body, taken) for body, taken, expected in changed if taken != expected] == []


@given(BODIES)
@settings(max_examples=150)
def test_a_body_that_the_schema_takes_is_taken(body: dict[str, Any]) -> None:
    assert validator().is_valid(body)
    assert takes(body) or list(narrower_here(body))


@given(changed_bodies())
@settings(max_examples=200)
def test_a_changed_body_is_refused_exactly_when_the_schema_refuses_it(body: dict[str, Any]) -> None:
    assert takes(body) == expected_to_take(body)


@pytest.mark.parametrize("file_name", [TEXT_MODEL_FILE, IMAGE_MODEL_FILE])
def test_the_fields_are_those_of_the_schema(file_name: str) -> None:
    assert set(request_schema(file_name)["properties"]) == set(ChatRequest.__struct_fields__)
