"""Every field of the published request schema is taken, passed on, and answered as the contract says."""

import json
from typing import Any

import pytest

from tests.support import contract
from tests.support.served import NARROW, PATHS, PICKY, QIANFAN_KEY, VISION, Served, chat, events_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "strict": None,
    },
}
CALL = {"id": "call_a", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Köln"}'}}
CITY_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "population": {"type": "integer"}},
    "required": ["city", "population"],
    "additionalProperties": False,
}
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="

FIELDS: dict[str, Json] = {
    "nothing more": {},
    "max_completion_tokens": {"max_completion_tokens": 100},
    "max_tokens": {"max_tokens": 100},
    "max_tokens as a fraction": {"max_tokens": 100.0},
    "stream false": {"stream": False},
    "stream_options": {"stream_options": {"include_usage": True}},
    "tools": {"tools": [WEATHER]},
    "128 tools": {"tools": [WEATHER] * 128},
    "tool_choice none": {"tools": [WEATHER], "tool_choice": "none"},
    "tool_choice auto": {"tools": [WEATHER], "tool_choice": "auto"},
    "tool_choice required": {"tools": [WEATHER], "tool_choice": "required"},
    "tool_choice named": {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "weather"}}},
    "parallel_tool_calls": {"tools": [WEATHER], "parallel_tool_calls": False},
    "temperature": {"temperature": 0},
    "temperature at most": {"temperature": 2},
    "top_p at least": {"top_p": 0.01},
    "top_p at most": {"top_p": 1},
    "stop text": {"stop": "END"},
    "stop list": {"stop": ["a", "b", "c", "d"]},
    "stop null": {"stop": None},
    "frequency_penalty": {"frequency_penalty": -2},
    "frequency_penalty null": {"frequency_penalty": None},
    "presence_penalty": {"presence_penalty": 2},
    "presence_penalty null": {"presence_penalty": None},
    "seed": {"seed": 1},
    "prediction text": {"prediction": {"type": "content", "content": "Hello."}},
    "prediction parts": {"prediction": {"type": "content", "content": [{"type": "text", "text": "Hello."}]}},
    "response_format text": {"response_format": {"type": "text"}},
    "response_format json_object": {"response_format": {"type": "json_object"}},
    "response_format json_schema": {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "city", "description": "A city.", "schema": CITY_SCHEMA, "strict": True},
        }
    },
    "response_format without a schema": {
        "response_format": {"type": "json_schema", "json_schema": {"name": "city", "strict": None}}
    },
}
MESSAGES: dict[str, list[Json]] = {
    "user with name": [{"role": "user", "content": "Hi", "name": "ada"}],
    "user with parts": [{"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "!"}]}],
    "system": [{"role": "system", "content": "Be brief.", "name": "s"}, {"role": "user", "content": "Hi"}],
    "system with parts": [
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": "Hi"},
    ],
    "assistant": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello", "name": "a", "refusal": None},
        {"role": "user", "content": "Go on"},
    ],
    "assistant with parts": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [{"type": "text", "text": "Hello"}, {"type": "refusal", "refusal": "No."}]},
        {"role": "user", "content": "Go on"},
    ],
    "tool calls and their answers": [
        {"role": "user", "content": "How is the weather?"},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_a", "content": "fine", "name": None},
    ],
}


async def answered(served: Served, path: str, body: Json) -> tuple[Json, Json]:
    """Send a request, assert that its answer follows the contract, and return it with what the upstream was sent."""
    async with served.client() as client:
        response = await client.post(path, json=body)
    assert response.status_code == 200, response.text
    answer = response.json()
    contract.validate_response(answer)
    assert int(response.headers["x-aimlapi-credits-used"]) == answer["meta"]["usage"]["credits_used"]
    return answer, served.upstream.requests[-1].json


async def streamed(served: Served, path: str, body: Json) -> list[Json]:
    async with served.client() as client:
        response = await client.post(path, json=body | {"stream": True})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].partition(";")[0] == "text/event-stream"
    chunks = events_of(response.text)
    for chunk in chunks:
        contract.validate_chunk(chunk)
    return chunks


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", FIELDS)
async def test_field_is_taken_and_passed_on(served: Served, name: str, path: str) -> None:
    body = chat(**FIELDS[name])
    contract.validate_request(body)

    _, sent = await answered(served, path, body)

    wanted = {field: value for field, value in FIELDS[name].items() if value is not None}
    for field in ("stream", "stream_options", "max_tokens", "max_completion_tokens"):
        wanted.pop(field, None)
    assert {field: without_null(sent[field]) for field in wanted} == without_null(wanted)
    assert sent["max_tokens"] == (100 if "tokens" in name else 4096)
    assert "max_completion_tokens" not in sent


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", FIELDS)
async def test_stream_with_the_field_follows_the_contract(served: Served, name: str, path: str) -> None:
    body = chat("plain", **FIELDS[name])

    chunks = await streamed(served, path, body)

    assert "".join(c["delta"].get("content", "") for chunk in chunks for c in chunk["choices"]) == "Hello there."
    assert ("usage" in chunks[-1]) == ("stream_options" in FIELDS[name])


@pytest.mark.parametrize("name", MESSAGES)
async def test_messages_are_taken_and_passed_on(served: Served, name: str) -> None:
    body = chat() | {"messages": MESSAGES[name]}
    contract.validate_request(body)

    _, sent = await answered(served, PATHS[0], body)

    assert without_null(sent["messages"]) == without_null(MESSAGES[name])


async def test_thinking_of_an_earlier_turn_is_taken_and_stripped(served: Served) -> None:
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello", "reasoning_content": "A greeting."},
        {"role": "user", "content": "Go on"},
    ]

    _, sent = await answered(served, PATHS[0], chat() | {"messages": turns})

    assert sent["messages"][1] == {"role": "assistant", "content": "Hello"}


async def test_max_completion_tokens_wins(served: Served) -> None:
    _, sent = await answered(served, PATHS[0], chat(max_tokens=50, max_completion_tokens=70))

    assert sent["max_tokens"] == 70


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "https://images.example.org/cat.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": PIXEL}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}},
    ],
    ids=["address", "data", "file"],
)
async def test_parts_reach_a_model_that_takes_images(served: Served, part: Json) -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, part]}]
    contract.validate_image_request({"model": "baidu/ernie-4-5-turbo-vl-32k", "messages": messages})

    answer, sent = await answered(served, PATHS[0], {"model": VISION, "messages": messages})

    assert sent["messages"] == messages
    assert sent["model"] == "vision"
    assert answer["model"] == "ernie-4.5-turbo-vl-32k"


async def test_field_that_the_catalogue_passes_on_reaches_the_upstream(served: Served) -> None:
    async with served.client() as client:
        response = await client.post(PATHS[0], json=chat(model=NARROW, reasoning_effort="low", user="ada"))

    assert response.status_code == 200, response.text
    sent = served.upstream.requests[-1].json
    assert sent["reasoning_effort"] == "low"
    assert "user" not in sent
    assert response.headers["x-ignored-params"] == "user"


@pytest.mark.parametrize("name", ["ernie-x1-turbo-32k", "Baidu/ERNIE-X1-Turbo-32K", "baidu/ernie-x1-turbo-32k"])
async def test_answer_has_the_bare_name_whatever_the_model_was_called(served: Served, name: str) -> None:
    answer, sent = await answered(served, PATHS[0], chat() | {"model": name})

    assert answer["model"] == "ernie-x1-turbo-32k"
    assert sent["model"] == "ernie-x1-turbo-32k"


async def test_qianfan_is_sent_nothing_that_it_refuses(served: Served) -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello", "reasoning_content": "A greeting."},
        {"role": "user", "content": "script:plain"},
    ]
    refused: Json = {"seed": 7, "stop": ["END"], "response_format": {"type": "json_object"}}
    body = chat(model=PICKY, **refused, temperature=0.5, max_tokens=50) | {"messages": turns}

    _, sent = await answered(served, PATHS[0], body)

    assert not refused.keys() & sent.keys()
    assert (sent["temperature"], sent["max_tokens"], sent["model"]) == (0.5, 50, "ernie-x1-turbo-32k")
    assert sent["messages"] == [*turns[:2], {"role": "assistant", "content": "Hello"}, turns[3]]
    assert served.upstream.requests[-1].headers["authorization"] == f"Bearer {QIANFAN_KEY}"


class TestAnswer:
    async def test_fields_stand_in_the_order_of_the_page(self, served: Served) -> None:
        page = json.loads((contract.CONTRACT_FOLDER / "golden" / "page_response.json").read_text())

        answer, _ = await answered(served, PATHS[0], chat())

        assert order_of(answer) == order_of(page | {"meta": {"usage": {"credits_used": 0, "usd_spent": 0}}})

    async def test_content_is_empty_text_beside_tool_calls_alone(self, served: Served) -> None:
        answer, _ = await answered(served, PATHS[0], chat("tool-calls", tools=[WEATHER]))

        choice = answer["choices"][0]
        assert choice["finish_reason"] == "tool_calls"
        assert choice["message"] == {
            "role": "assistant",
            "content": "",
            "reasoning_content": "I should look it up.",
            "tool_calls": [
                CALL,
                {"id": "call_b", "type": "function", "function": {"name": "time", "arguments": '{"zone":"UTC"}'}},
            ],
        }

    @pytest.mark.parametrize(
        ("script", "reason", "flag"),
        [("page", "stop", 0), ("cut", "length", 0), ("filtered", "content_filter", 4), ("flagged", "stop", 3)],
    )
    async def test_reason_and_flag_are_the_upstreams(self, served: Served, script: str, reason: str, flag: int) -> None:
        answer, _ = await answered(served, PATHS[0], chat(script))

        choice = answer["choices"][0]
        assert (choice["finish_reason"], choice["flag"]) == (reason, flag)
        assert isinstance(choice["message"]["content"], str)

    @pytest.mark.parametrize("stream", [False, True])
    async def test_stop_is_emulated_on_visible_content_where_the_upstream_refuses_it(
        self, served: Served, stream: bool
    ) -> None:
        body = chat("stops", model=PICKY, stop=["STOP"])
        if stream:
            choices = [choice for chunk in await streamed(served, PATHS[0], body) for choice in chunk["choices"]]
            content = "".join(choice["delta"].get("content", "") for choice in choices)
            thought = "".join(choice["delta"].get("reasoning_content", "") for choice in choices)
            reason = choices[-1]["finish_reason"]
        else:
            answer, _ = await answered(served, PATHS[0], body)
            choice = answer["choices"][0]
            content, reason = choice["message"]["content"], choice["finish_reason"]
            thought = choice["message"]["reasoning_content"]

        assert (thought, content, reason) == ("Not STOP here.", "One. Two. ", "stop")
        assert "stop" not in served.upstream.requests[-1].json

    @pytest.mark.parametrize(("script", "warned"), [("city", False), ("plain", True)])
    @pytest.mark.parametrize("stream", [False, True])
    async def test_meta_warns_when_the_format_was_not_followed(
        self, served: Served, script: str, warned: bool, stream: bool
    ) -> None:
        body = chat(script, **FIELDS["response_format json_schema"])

        last = (await streamed(served, PATHS[0], body))[-1] if stream else (await answered(served, PATHS[0], body))[0]

        warnings = last["meta"].get("warnings", [])
        assert bool(warnings) == warned
        assert all("response_format" in warning for warning in warnings)


def without_null(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Leave out fields that are null: to say nothing is the same."""
    if isinstance(value, dict):
        return {name: without_null(inner) for name, inner in value.items() if inner is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


def order_of(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The names of a value's fields, in their order, at every level."""
    if isinstance(value, dict):
        return [(name, order_of(inner)) for name, inner in value.items()]
    return [order_of(item) for item in value] if isinstance(value, list) else None
