"""The validators that other tests rely on must themselves be able to refuse."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError

from tests.support import contract

CHUNK: dict[str, Any] = {
    "id": "as-0123456789",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "ernie-x1-turbo-32k",
    "choices": [{"index": 0, "delta": {"reasoning_content": "so"}, "finish_reason": None}],
}
ERROR: dict[str, Any] = {
    "message": "no",
    "path": "/v1/chat/completions",
    "requestId": "3f2c9a52-9f1d-4ab8-8f5c-0123456789ab",
    "statusCode": 404,
    "timestamp": "2026-01-01T00:00:00.000Z",
    "error": {"message": "no", "type": "not_found_error", "param": None, "code": "not_found"},
}


def request(**fields: object) -> dict[str, Any]:
    return {"model": "baidu/ernie-x1-turbo-32k", "messages": [{"role": "user", "content": "Hi"}], **fields}


@pytest.fixture
def answer(contract_folder: Path) -> dict[str, Any]:
    """The page's answer with the cost in dollars that it lacks."""
    body: dict[str, Any] = json.loads((contract_folder / "golden" / "page_response.json").read_text(encoding="utf-8"))
    body["meta"]["usage"]["usd_spent"] = 0.0001955
    return body


def changed(body: dict[str, Any], path: str, value: object = None) -> dict[str, Any]:
    """A copy with the value at the dotted path set, or taken away when it is None."""
    copy = deepcopy(body)
    inner: Any = copy
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        inner = inner[part]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return copy


def test_page_answer_fits_once_it_tells_the_dollars(answer: dict[str, Any]) -> None:
    contract.validate_response(answer)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("meta.usage.usd_spent", None),
        ("meta", None),
        ("usage.total_tokens", None),
        ("usage.prompt_tokens", "13"),
        ("choices.0.message.content", None),
        ("choices.0.finish_reason", "error"),
        ("choices.0.flag", "0"),
        ("choices.0.message.thoughts", "unknown field"),
        ("object", "text_completion"),
    ],
)
def test_answers_that_drift_are_refused(answer: dict[str, Any], path: str, value: object) -> None:
    with pytest.raises(ValidationError):
        contract.validate_response(changed(answer, path, value))


def test_nullable_fields_may_be_null(answer: dict[str, Any]) -> None:
    answer["choices"][0]["message"]["tool_calls"] = None
    answer["usage"]["prompt_tokens_details"] = None

    contract.validate_response(answer)


@pytest.mark.parametrize(
    "chunk",
    [
        CHUNK,
        changed(CHUNK, "choices.0.delta", {"role": "assistant", "content": ""}),
        changed(CHUNK, "choices.0.flag", 2),
        changed(CHUNK, "choices.0.finish_reason", "stop") | {"meta": {"usage": {"credits_used": 1, "usd_spent": 5e-7}}},
        changed(CHUNK, "choices", [])
        | {
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            "meta": {"usage": {"credits_used": 1, "usd_spent": 0.0000005}},
        },
    ],
)
def test_chunks_of_the_contract_fit(chunk: dict[str, Any]) -> None:
    contract.validate_chunk(chunk)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("choices.0.finish_reason", None),
        ("choices.0.finish_reason", "error"),
        ("choices.0.delta.reasoning", "another dialect"),
        ("choices.0.delta.content", 1),
        ("meta", {"usage": {"credits_used": 1}}),
        ("choices.0.delta.tool_calls", [{"index": 0, "function": {"arguments": "{"}}]),
    ],
)
def test_chunks_that_drift_are_refused(path: str, value: object) -> None:
    with pytest.raises(ValidationError):
        contract.validate_chunk(changed(CHUNK, path, value))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"stop": None},
        {"stop": ["a", "b"]},
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "x": None}}}]},
        {"frequency_penalty": None},
        {"user": "more than the schema knows"},
    ],
)
def test_requests_of_the_contract_fit(fields: dict[str, object]) -> None:
    contract.validate_request(request(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [{"role": "critic", "content": "Hi"}]},
        {"stop": 5},
        {"stop": [None]},
        {"temperature": 2.5},
        {"max_completion_tokens": 0},
        {"response_format": {"type": "json_object", "more": 1}},
        {"model": "baidu/another"},
    ],
)
def test_requests_beyond_the_contract_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        contract.validate_request(request(**fields))


def test_images_are_for_models_that_take_them() -> None:
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    message = {"role": "user", "content": [part]}

    contract.validate_image_request({"model": "baidu/ernie-4-5-turbo-vl-32k", "messages": [message]})
    with pytest.raises(ValidationError):
        contract.validate_request(request(messages=[message]))


def test_error_of_the_contract_fits() -> None:
    contract.validate_error(ERROR)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("requestId", "1"),
        ("timestamp", "yesterday"),
        ("statusCode", "404"),
        ("error.code", None),
        ("error", None),
        ("stack", "internals"),
    ],
)
def test_errors_that_drift_are_refused(path: str, value: object) -> None:
    with pytest.raises(ValidationError):
        contract.validate_error(changed(ERROR, path, value))


def test_service_answers_are_closed_as_well() -> None:
    validate: Callable[[object], None] = contract.response_validator("key-get.json", "/v1/key")

    with pytest.raises(ValidationError):
        validate({"unknown": 1})


def test_conversion_knows_what_nullable_means_in_each_place() -> None:
    assert contract.json_schema({"type": "string", "nullable": True}) == {"type": ["string", "null"]}
    assert contract.json_schema({"anyOf": [{"type": "string"}, {"nullable": True}]}) == {
        "anyOf": [{"type": "string"}, {"type": "null"}]
    }
    assert contract.json_schema({"nullable": True, "description": "any"}) == {"description": "any"}
    assert contract.json_schema({"type": "string", "enum": ["a"], "nullable": True})["enum"] == ["a", None]
