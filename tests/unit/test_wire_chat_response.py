import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.contract import validate_response
from tollway.wire.chat_response import (
    ChatCompletion,
    Choice,
    ResponseFunction,
    ResponseMessage,
    ResponseToolCall,
    encode_completion,
    meta_block,
    usage_block,
)
from tollway.wire.deltas import TokenUsage


def encoded(message: ResponseMessage, *, warnings: list[str] | None = None, cached: int = 0) -> dict[str, Any]:
    completion = ChatCompletion(
        id="as-379ekp2jci",
        object="chat.completion",
        created=1768940690,
        model="ernie-x1-turbo-32k",
        choices=[Choice(0, message, "stop", 0)],
        usage=usage_block(TokenUsage(13, 601, 323, cached)),
        meta=meta_block(391, warnings),
    )
    body: dict[str, Any] = json.loads(encode_completion(completion))
    validate_response(body)
    return body


@pytest.fixture
def page(contract_folder: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((contract_folder / "golden" / "page_response.json").read_text(encoding="utf-8"))
    return body


def test_the_page_response_is_reproduced_field_by_field_and_in_its_order(page: dict[str, Any]) -> None:
    given = page["choices"][0]["message"]

    body = encoded(ResponseMessage("assistant", given["content"], given["reasoning_content"]))

    page["meta"]["usage"]["usd_spent"] = 0.0001955
    assert json.dumps(body) == json.dumps(page)


def test_tool_calls_alone_have_empty_content() -> None:
    call = ResponseToolCall("call_1", ResponseFunction("weather", '{"city":"Ulm"}'))

    assert encoded(ResponseMessage("assistant", "", tool_calls=[call]))["choices"][0]["message"] == {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Ulm"}'}}
        ],
    }


def test_warnings_and_cached_tokens_are_told_when_there_are_any() -> None:
    plain = encoded(ResponseMessage("assistant", "a"))
    told = encoded(ResponseMessage("assistant", "a"), warnings=["w"], cached=7)

    assert "warnings" not in plain["meta"]
    assert "prompt_tokens_details" not in plain["usage"]
    assert told["meta"]["warnings"] == ["w"]
    assert told["usage"]["prompt_tokens_details"] == {"cached_tokens": 7}


@pytest.mark.parametrize(
    ("amount_credits", "usd"),
    [(0, "0"), (1, "0.0000005"), (391, "0.0001955"), (2_000_000, "1"), (123_456_789_012, "61728.394506")],
)
def test_dollars_are_a_plain_number(amount_credits: int, usd: str) -> None:
    body = msgspec.json.encode(meta_block(amount_credits))

    assert body == b'{"usage":{"credits_used":%d,"usd_spent":%b}}' % (amount_credits, usd.encode())
