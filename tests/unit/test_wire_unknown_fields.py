import json
from typing import Any

import pytest

from tollway.wire.unknown_fields import unknown_fields
from tollway.wire.validation import decode_chat_request

SCHEMA = {"type": "object", "anything": {"goes": 1}, "properties": {"role": {"x": 1}}}


def found(**fields: object) -> list[str]:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **fields}
    return unknown_fields(decode_chat_request(json.dumps(body).encode())[1])


def message(**fields: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Hi"}, fields]}


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({}, []),
        ({"user": "u", "metadata": {"a": {"b": 1}}, "store": True}, ["user", "metadata", "store"]),
        ({"stream": True, "stream_options": {"include_usage": True, "obfuscation": 1}}, ["stream_options.obfuscation"]),
        (message(role="user", content="a", x=1), ["messages[1].x"]),
        (message(role="user", content=[{"type": "text", "text": "a", "x": 1}]), ["messages[1].content[0].x"]),
        (
            message(role="user", content=[{"type": "image_url", "image_url": {"url": "u", "x": 1}, "text": 1}]),
            ["messages[1].content[0].image_url.x", "messages[1].content[0].text"],
        ),
        (
            message(role="user", content=[{"type": "file", "file": {"file_id": "f"}}]),
            ["messages[1].content[0].file.file_id"],
        ),
        (message(role="system", content=[{"type": "text", "text": "a", "x": 1}]), ["messages[1].content[0].x"]),
        (message(role="assistant", content="a", audio={"id": "x"}), ["messages[1].audio"]),
        (message(role="assistant", content="a", reasoning_content="b", refusal=None), []),
        (message(role="assistant", tool_calls=[CALL | {"index": 0}]), ["messages[1].tool_calls[0].index"]),
        (
            message(role="assistant", tool_calls=[CALL | {"function": {"name": "f", "arguments": "", "x": 1}}]),
            ["messages[1].tool_calls[0].function.x"],
        ),
        ({"tool_choice": {"type": "function", "function": {"name": "f", "x": 1}, "y": 1}},
         ["tool_choice.function.x", "tool_choice.y"]),
        ({"prediction": {"type": "content", "content": [{"type": "text", "text": "a", "x": 1}], "y": 1}},
         ["prediction.content[0].x", "prediction.y"]),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}]}, []),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMA}}}, []),
        ({"n": 1, "logprobs": False, "logit_bias": {}}, ["n", "logprobs", "logit_bias"]),
    ],
)  # fmt: skip
def test_unknown_fields_have_their_path(fields: dict[str, object], paths: list[str]) -> None:
    assert found(**fields) == paths
