"""The order and the shape of a stream's chunks."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.support import contract
from tests.support.gateway import FLAGSHIP
from tests.support.served import PATHS, TAGGED, Served, chat, choices_of, events_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]
USAGE = {"include_usage": True}
HEAD_FIELDS = ["id", "object", "created", "model", "choices"]
SCRIPTS = ["page", "thinker", "tool-calls", "plain", "flagged", "city", "cut", "filtered", "keep-alives", "every-byte"]
DIALECTS = ["reasoning_content", "reasoning", "reasoning_details", "think_tags"]


async def stream_of(served: Served, script: str, *, path: str = PATHS[0], **fields: Any) -> list[Json]:  # noqa: ANN401
    async with served.client() as client:
        response = await client.post(path, json=chat(script, stream=True, **fields))
    assert response.status_code == 200, response.text
    events = events_of(response.text)
    for event in events:
        contract.validate_chunk(event)
    return events


def joined(events: list[Json], name: str) -> str:
    return "".join(choice["delta"].get(name, "") for choice in choices_of(events))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("with_usage", [False, True])
@pytest.mark.parametrize("script", SCRIPTS)
async def test_chunks_follow_the_contract(served: Served, script: str, with_usage: bool, path: str) -> None:
    fields: Json = {"stream_options": USAGE} if with_usage else {}

    events = await stream_of(served, script, path=path, **fields)

    choices = choices_of(events)
    assert choices[0]["delta"]["role"] == "assistant"
    assert all("role" not in choice["delta"] for choice in choices[1:])
    assert [choice["finish_reason"] for choice in choices[:-1]] == [None] * (len(choices) - 1)
    assert choices[-1]["finish_reason"] in {"stop", "length", "tool_calls", "content_filter"}
    assert all(choice["delta"].get("content", "") is not None for choice in choices)
    assert {choice["index"] for choice in choices} == {0}
    assert len({(event["id"], event["created"], event["model"]) for event in events}) == 1
    assert events[0]["model"] == "ernie-x1-turbo-32k"
    assert all("meta" not in event and "usage" not in event for event in events[:-1])
    assert set(events[-1]["meta"]["usage"]) == {"credits_used", "usd_spent"}
    assert all(list(event)[:5] == HEAD_FIELDS for event in events)


@pytest.mark.parametrize("script", SCRIPTS)
async def test_usage_chunk_has_no_choices_and_is_the_last(served: Served, script: str) -> None:
    events = await stream_of(served, script, stream_options=USAGE)

    assert [bool(event["choices"]) for event in events] == [True] * (len(events) - 1) + [False]
    usage = events[-1]["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert list(events[-1]) == [*HEAD_FIELDS, "usage", "meta"]


@pytest.mark.parametrize("stream_options", [None, {"include_usage": False}])
async def test_without_usage_chunk_the_last_choice_has_the_cost(served: Served, stream_options: Json | None) -> None:
    fields: Json = {} if stream_options is None else {"stream_options": stream_options}

    events = await stream_of(served, "page", **fields)

    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["meta"] == {"usage": {"credits_used": 391, "usd_spent": 0.0001955}}


@pytest.mark.parametrize(
    ("dialect", "model"), [*((dialect, FLAGSHIP) for dialect in DIALECTS), ("ernie_thinking", TAGGED)]
)
async def test_thinking_comes_before_the_answer_whatever_the_dialect(served: Served, dialect: str, model: str) -> None:
    events = await stream_of(served, f"dialect-{dialect}", model=model)

    kinds = [
        kind for choice in choices_of(events) for kind in ("reasoning_content", "content") if choice["delta"].get(kind)
    ]
    assert kinds == sorted(kinds, reverse=True)
    assert joined(events, "reasoning_content") == "Let me see. 2 + 2 is 4."
    assert joined(events, "content") == "The answer is 4."


async def test_stream_says_the_same_as_the_json_answer(served: Served) -> None:
    events = await stream_of(served, "page", stream_options=USAGE)
    async with served.client() as client:
        answer = (await client.post(PATHS[0], json=chat())).json()

    message = answer["choices"][0]["message"]
    assert joined(events, "content") == message["content"]
    assert joined(events, "reasoning_content") == message["reasoning_content"]
    assert events[-1]["usage"] == answer["usage"]
    assert events[-1]["meta"] == answer["meta"]


def pieces_of_calls(events: list[Json]) -> dict[int, list[Json]]:
    calls: dict[int, list[Json]] = {}
    for choice in choices_of(events):
        for piece in choice["delta"].get("tool_calls", []):
            assert piece["type"] == "function"
            calls.setdefault(piece["index"], []).append(piece)
    return calls


def weather_tool(*, strict: bool | None) -> Json:
    return {"type": "function", "function": {"name": "weather", "strict": strict, "parameters": {}}}


@pytest.mark.parametrize("strict", [None, False])
async def test_first_piece_of_a_tool_call_has_id_and_name_and_further_ones_have_empty_ones(
    served: Served, strict: bool | None
) -> None:
    events = await stream_of(served, "tool-calls", tools=[weather_tool(strict=strict)])

    calls = pieces_of_calls(events)
    assert list(calls) == [0, 1]
    for (first, *further), (call_id, name) in zip(
        calls.values(), [("call_a", "weather"), ("call_b", "time")], strict=True
    ):
        assert (first["id"], first["function"]["name"]) == (call_id, name)
        assert further
        assert {(piece["id"], piece["function"]["name"]) for piece in further} == {("", "")}
    arguments = ["".join(piece["function"]["arguments"] for piece in call) for call in calls.values()]
    assert [json.loads(text) for text in arguments] == [{"city": "Köln"}, {"zone": "UTC"}]
    assert choices_of(events)[-1]["finish_reason"] == "tool_calls"


async def test_calls_of_strict_tools_come_in_one_piece_each(served: Served) -> None:
    """OpenAI's SDK for Node refuses further pieces where it parses the arguments by itself."""
    events = await stream_of(served, "tool-calls", tools=[weather_tool(strict=True)])

    assert {index: [one["function"] for one in pieces] for index, pieces in pieces_of_calls(events).items()} == {
        0: [{"name": "weather", "arguments": '{"city":"Köln"}'}],
        1: [{"name": "time", "arguments": '{"zone":"UTC"}'}],
    }
    assert choices_of(events)[-1]["finish_reason"] == "tool_calls"
    assert joined(events, "reasoning_content") == "I should look it up."


@pytest.mark.parametrize(("script", "flag"), [("page", 0), ("flagged", 3), ("filtered", 4)])
async def test_last_choice_has_the_flag(served: Served, script: str, flag: int) -> None:
    events = await stream_of(served, script)

    assert choices_of(events)[-1]["flag"] == flag
    assert all(choice.get("flag") in {None, flag} for choice in choices_of(events))


async def test_chunks_leave_as_they_arise(served: Served) -> None:
    """The upstream says half of its answer and then waits: that half must arrive."""
    async with (
        served.client() as client,
        client.stream("POST", PATHS[0], json=chat("hang-mid", stream=True)) as response,
    ):
        seen = ""
        async with asyncio.timeout(60):
            async for line in response.aiter_lines():
                if line:
                    delta = json.loads(line.removeprefix("data: "))["choices"][0]["delta"]
                    seen += delta.get("reasoning_content", "")
                    if seen.startswith("The user asked me"):
                        break

    await served.upstream.requests[-1].until_aborted()


async def test_http_1_0_stream_ends_with_the_connection(served: Served) -> None:
    body = json.dumps(chat("plain", stream=True)).encode()
    url = httpx.URL(served.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        b"POST /v1/chat/completions HTTP/1.0\r\nAuthorization: Bearer %b\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (served.gateway.key.encode(), len(body), body)
    )
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()

    head, _, stream = answer.decode().partition("\r\n\r\n")
    assert "transfer-encoding" not in head.lower()
    assert joined(events_of(stream), "content") == "Hello there."
