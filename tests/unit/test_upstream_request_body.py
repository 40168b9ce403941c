"""What is sent to an upstream."""

from typing import Any

import msgspec
import pytest

from tollway.upstreams.openai_compatible.request_body import RequestBodyWriter
from tollway.upstreams.port import UpstreamCall
from tollway.wire.validation import decode_chat_request

USER: dict[str, Any] = {"role": "user", "content": "Grüße 🙂"}
EVERYTHING: dict[str, Any] = {
    "messages": [{"role": "system", "content": "Be brief."}, USER],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": None}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": False,
    "temperature": 0.5,
    "top_p": 0.9,
    "stop": ["a", "b"],
    "frequency_penalty": 1.0,
    "presence_penalty": -1.0,
    "prediction": {"type": "content", "content": "x"},
    "seed": 5,
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"a": [1, None]}}},
}


def call_for(*, stream: bool = False, extras: dict[str, Any] | None = None, **fields: object) -> UpstreamCall:
    body = {"model": "baidu/ernie-x1-turbo-32k", "messages": [USER]} | fields
    request, _ = decode_chat_request(msgspec.json.encode(body))
    return UpstreamCall(request=request, model="name-there", max_output_tokens=99, stream=stream, extras=extras or {})


def written(call: UpstreamCall, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - options of the writer
    writer = RequestBodyWriter(**{"output_limit_field": "max_tokens"} | options)
    value: dict[str, Any] = msgspec.json.decode(writer.write(call))
    return value


def test_everything_is_passed_on_under_the_name_there() -> None:
    assert written(call_for(**EVERYTHING)) == msgspec.json.decode(
        msgspec.json.encode(EVERYTHING | {"model": "name-there", "max_tokens": 99})
    )


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_the_output_limit_is_always_sent_under_one_name(field: str) -> None:
    body = written(call_for(max_tokens=5, max_completion_tokens=6), output_limit_field=field)

    assert body == {"model": "name-there", "messages": [USER], field: 99}


def test_streams_always_ask_for_usage() -> None:
    body = written(call_for(stream=True, stream_options={"include_usage": False}))

    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


def test_a_caller_that_streams_does_not_decide_how_the_upstream_is_asked() -> None:
    call = call_for(stream_options={"include_usage": True})
    call.request.stream = True

    assert {"stream", "stream_options"}.isdisjoint(written(call))


def test_refused_fields_are_left_out() -> None:
    refused = ("seed", "stop", "response_format", "logprobs", "stream_options", "tools")
    body = written(call_for(**EVERYTHING, stream=True, extras={"logprobs": True, "top_k": 3}), refused_fields=refused)

    assert set(refused).isdisjoint(body)
    assert body["top_k"] == 3


def test_null_is_left_out() -> None:
    body = written(call_for(stop=None, frequency_penalty=None, presence_penalty=None))

    assert {"stop", "frequency_penalty", "presence_penalty"}.isdisjoint(body)


def test_extras_are_added_and_replace_nothing() -> None:
    body = written(call_for(extras={"reasoning_effort": "high", "model": "other", "messages": []}))

    assert (body["reasoning_effort"], body["model"], body["messages"]) == ("high", "name-there", [USER])
    assert written(call_for(extras={"model": "other"}))["model"] == "name-there"


def test_thinking_of_earlier_turns_is_stripped_unless_wanted() -> None:
    said = {"role": "assistant", "content": "4", "reasoning_content": "2 + 2"}
    call = call_for(messages=[USER, said, USER])

    assert written(call)["messages"][1] == {"role": "assistant", "content": "4"}
    assert written(call, keeps_reasoning=True)["messages"][1] == said


def test_the_caller_request_stays_as_it_is() -> None:
    call = call_for(**EVERYTHING)
    before = msgspec.json.encode(call.request)

    written(call, refused_fields=("seed",))

    assert msgspec.json.encode(call.request) == before
