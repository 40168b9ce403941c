"""The OpenAI SDK for Node works against the server with only the base URL and the key changed.

The scripts in the folder ``node`` make the calls and print what they saw.
"""

from typing import Any

import pytest

from tests.contract.conftest import RunNode
from tests.support import contract
from tests.support.gateway import FLAGSHIP
from tests.support.served import CITY, FAILING, UNPRICED, UNSERVED, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODELS = {"flagship": FLAGSHIP, "failing": FAILING, "unpriced": UNPRICED, "unserved": UNSERVED}
CALLS = [["weather", {"city": "Köln"}], ["time", {"zone": "UTC"}]]


def joined(chunks: list[dict[str, Any]], name: str) -> str:
    return "".join(choice["delta"].get(name, "") for chunk in chunks for choice in chunk["choices"])


async def test_json(run_node: RunNode) -> None:
    seen = await run_node("json.mjs", models=MODELS)

    completion = seen["completion"]
    contract.validate_response(completion)
    message = completion["choices"][0]["message"]
    assert message["content"] == "The answer is 4."
    assert message["reasoning_content"] == "Let me see. 2 + 2 is 4."
    assert completion["usage"]["completion_tokens_details"] == {"reasoning_tokens": 9}
    headers = seen["headers"]
    assert headers["x-aimlapi-credits-used"] == str(completion["meta"]["usage"]["credits_used"])
    assert headers["x-client-request-id"] == "order-77"
    assert headers["x-ignored-params"] == "user"
    assert seen["requestID"] == headers["x-inference-id"]


async def test_stream(run_node: RunNode) -> None:
    seen = await run_node("stream.mjs", models=MODELS)

    for name in ("plain", "withUsage"):
        chunks = seen[name]
        for chunk in chunks:
            contract.validate_chunk(chunk)
        assert joined(chunks, "reasoning_content") == "Let me see. 2 + 2 is 4."
        assert joined(chunks, "content") == "The answer is 4."
        assert chunks[-1]["meta"]["usage"]["credits_used"] > 0
    assert "usage" not in seen["plain"][-1]
    assert seen["plain"][-1]["choices"][0]["finish_reason"] == "stop"
    assert seen["withUsage"][-1]["choices"] == []
    assert seen["withUsage"][-1]["usage"]["total_tokens"] == 21
    assert seen["helper"]["content"] == "The answer is 4."
    assert seen["helper"]["final"]["usage"]["total_tokens"] == 21
    assert seen["helper"]["final"]["choices"][0]["message"]["content"] == "The answer is 4."


async def test_stream_helper_accumulates_tool_calls(run_node: RunNode) -> None:
    seen = (await run_node("stream.mjs", models=MODELS))["toolCalls"]

    choice = seen["final"]["choices"][0]
    calls = choice["message"]["tool_calls"]
    assert choice["finish_reason"] == "tool_calls"
    assert [call["id"] for call in calls] == ["call_a", "call_b"]
    assert [[call["function"]["name"], call["function"]["parsed_arguments"]] for call in calls] == CALLS
    assert seen["calls"] == CALLS


async def test_tools_round_trip(run_node: RunNode, served: Served) -> None:
    before = served.upstream.request_count

    seen = await run_node("tools.mjs", models=MODELS)

    assert seen["first"]["choices"][0]["finish_reason"] == "tool_calls"
    assert seen["first"]["choices"][0]["message"]["content"] == ""
    assert seen["final"]["choices"][0]["message"]["content"] == "The weather in Köln is fine."
    assert seen["asked"] == [arguments for _, arguments in CALLS]
    second = served.upstream.requests[before - served.upstream.request_count + 1].json["messages"]
    assert [one["role"] for one in second] == ["user", "assistant", "tool", "tool", "user"]
    assert [call["id"] for call in second[1]["tool_calls"]] == ["call_a", "call_b"]


async def test_json_schema(run_node: RunNode, served: Served) -> None:
    seen = await run_node("json_schema.mjs", models=MODELS)

    assert seen["parsed"] == seen["streamed"] == CITY
    assert seen["cutOff"]["class"] == "LengthFinishReasonError"
    sent = served.upstream.requests[-1].json["response_format"]
    assert sent["json_schema"]["schema"]["required"] == ["city", "population"]


async def test_errors_become_classes(run_node: RunNode) -> None:
    seen = await run_node("errors.mjs", models=MODELS)

    failures = seen["failures"]
    told = {name: (one["class"], one["status"], one["code"]) for name, one in failures.items()}
    assert told == {
        "400": ("BadRequestError", 400, "code_of_400"),
        "unsafe": ("BadRequestError", 400, "content_filter"),
        "401": ("AuthenticationError", 401, "invalid_api_key"),
        "403": ("PermissionDeniedError", 403, "model_not_priced"),
        "404": ("NotFoundError", 404, "model_not_found"),
        "429": ("RateLimitError", 429, "rpm_rate_limit_exceeded"),
        "502": ("InternalServerError", 502, "code_of_500"),
        "503": ("InternalServerError", 503, "no_upstream_configured"),
        "504": ("InternalServerError", 504, "code_of_504"),
        "field": ("BadRequestError", 400, "invalid_request_body"),
        "stream": ("APIError", None, "internal_error"),
        "helper": ("APIError", None, "internal_error"),
    }
    assert failures["field"]["param"] == "temperature"
    assert "temperature: expected number <= 2.0, received number 3" in failures["field"]["message"]
    assert all(one["requestID"] == one["inferenceID"] for one in failures.values() if one["status"])
    assert all(one["isApiError"] for one in failures.values())
    assert seen["chunks"] > 1


async def test_timeouts_and_cancellation_end_the_call_at_the_upstream(run_node: RunNode, served: Served) -> None:
    seen = await run_node("ending.mjs", models=MODELS, upstream=served.upstream.origin)

    assert seen["timeout"]["class"] == "APIConnectionTimeoutError"
    assert seen["aborted"]["class"] == seen["helperAborted"]["class"] == "APIUserAbortError"
    for number in range(-5, 0):
        await served.upstream.requests[number].until_aborted()


async def test_models(run_node: RunNode) -> None:
    seen = await run_node("models.mjs", models=MODELS)

    assert seen["listed"][0]["id"] == seen["retrieved"]["id"] == FLAGSHIP
    assert seen["retrieved"]["owned_by"] == "baidu"
    assert (seen["unknown"]["class"], seen["unknown"]["code"]) == ("NotFoundError", "model_not_found")
