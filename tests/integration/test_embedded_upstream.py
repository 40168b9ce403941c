"""The embedded upstream with the real engine: what a caller of the port gets."""

import asyncio
import json
import socket

import jsonschema
import msgspec
import pytest

from tests.support.engine import CONTEXT_TOKENS, QUEUE, SLOTS, RunningEndpoint, ask, call
from tests.support.schemas import SCHEMAS, Schema, grammar_of, validate_text
from tollway.engine.client import Completion, EngineClient, Piece
from tollway.engine.engine import Engine
from tollway.engine.errors import EngineBrokenError
from tollway.engine.slots import Slots
from tollway.engine.supervisor import Endpoint
from tollway.kit.http_client import HttpClient
from tollway.upstreams.embedded.upstream import EmbeddedUpstream
from tollway.upstreams.port import BadUpstreamError, RequestRefusedError, UpstreamUnavailableError

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 12}, "unit": {"enum": ["c", "f"]}},
            "required": ["city", "unit"],
        },
    },
}
ADD = {
    "type": "function",
    "function": {
        "name": "add_numbers",
        "description": "Add two numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer", "maximum": 99}, "b": {"type": "integer", "maximum": 99}},
            "required": ["a", "b"],
        },
    },
}


async def test_thinks_first_then_answers(embedded_upstream: EmbeddedUpstream) -> None:
    answered = await ask(embedded_upstream, call("What is the weather in Paris?", seed=1, max_output_tokens=40))

    assert answered.reasoning.strip()
    assert answered.content.strip()
    assert answered.finish_reason in {"stop", "length"}
    assert "think>" not in answered.reasoning + answered.content
    phases = ["reasoning" if step.reasoning else "content" for step in answered.steps if step.reasoning or step.content]
    assert phases == sorted(phases, reverse=True)


async def test_counts_are_exact_at_every_step(embedded_upstream: EmbeddedUpstream, engine_endpoint: Endpoint) -> None:
    answered = await ask(embedded_upstream, call("Count to three.", seed=2, max_output_tokens=30))
    http = HttpClient()
    client = EngineClient(http, engine_endpoint)
    prompt = await client.template([{"role": "user", "content": "Count to three."}])
    prompt_tokens = await client.count_tokens(prompt)
    content_tokens = await client.count_tokens(answered.content)
    await http.close()

    assert answered.usage.prompt_tokens == prompt_tokens
    assert answered.usage.reasoning_tokens <= 15
    visible = answered.usage.completion_tokens - answered.usage.reasoning_tokens
    # The end-of-turn that the model writes is a token without text.
    assert visible - content_tokens in ({0} if answered.finish_reason == "length" else {0, 1})
    totals = [step.usage.completion_tokens for step in answered.steps if step.usage is not None]
    assert len(totals) == len(answered.steps)
    assert totals == sorted(totals)
    assert totals[-1] <= 30


async def test_same_seed_gives_the_same_text(embedded_upstream: EmbeddedUpstream) -> None:
    wanted = call("Tell me about the sea.", seed=7, temperature=1.5)
    first = await ask(embedded_upstream, wanted)
    await ask(embedded_upstream, call("Something else in between."))
    again = await ask(embedded_upstream, wanted)
    other = await ask(embedded_upstream, call("Tell me about the sea.", seed=8, temperature=1.5))

    assert (again.reasoning, again.content, again.usage) == (first.reasoning, first.content, first.usage)
    assert (other.reasoning, other.content) != (first.reasoning, first.content)


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_smallest_limits_hold_over_both_phases(embedded_upstream: EmbeddedUpstream, limit: int) -> None:
    answered = await ask(embedded_upstream, call(max_output_tokens=limit, seed=3))

    assert answered.usage.completion_tokens == limit
    assert answered.usage.reasoning_tokens == limit // 2
    assert answered.content
    assert answered.finish_reason == "length"


async def test_json_schema_is_enforced(embedded_upstream: EmbeddedUpstream) -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string", "maxLength": 10},
            "celsius": {"type": "integer", "minimum": -30, "maximum": 45},
            "sky": {"enum": ["clear", "grey"]},
        },
        "required": ["city", "celsius", "sky"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "report", "schema": schema}}
    answered = await ask(
        embedded_upstream,
        call("The weather in Rome?", response_format=form, max_output_tokens=80, temperature=1.8, seed=1),
    )

    assert answered.finish_reason == "stop"
    jsonschema.validate(json.loads(answered.content), schema)
    assert answered.reasoning


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
async def test_llama_cpp_writes_what_every_grammar_allows(engine_endpoint: Endpoint, schema: Schema) -> None:
    http = HttpClient()
    body = {"prompt": "JSON:\n", "grammar": grammar_of(schema), "n_predict": 24, "seed": 1, "temperature": 1.5}
    completion = await EngineClient(http, engine_endpoint).complete(body)
    pieces: list[Piece] = []
    while not pieces or not pieces[-1].stop:
        pieces += await completion.next()
    await http.close()

    if pieces[-1].stop_type == "eos":
        validate_text("".join(piece.content for piece in pieces), schema)
    else:
        assert pieces[-1].stop_type == "limit"


async def test_json_object_is_an_object_or_cut_short(embedded_upstream: EmbeddedUpstream) -> None:
    answered = await ask(
        embedded_upstream, call("A user.", response_format={"type": "json_object"}, max_output_tokens=60, seed=4)
    )

    assert answered.content.startswith("{")
    if answered.finish_reason == "stop":
        assert isinstance(json.loads(answered.content), dict)
    else:
        assert answered.usage.completion_tokens == 60


async def test_unenforceable_schema_is_refused_by_name(embedded_upstream: EmbeddedUpstream) -> None:
    schema = {"type": "object", "properties": {"code": {"type": "string", "pattern": "^a+$"}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}

    with pytest.raises(RequestRefusedError, match=r"schema\.properties\.code.*'pattern'") as refused:
        await embedded_upstream.open(call(response_format=form))
    assert refused.value.param == "response_format.json_schema.schema.properties.code"


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("required", {"get_weather", "add_numbers"}),
        ({"type": "function", "function": {"name": "add_numbers"}}, {"add_numbers"}),
    ],
)
async def test_forced_calls_follow_the_parameters(
    embedded_upstream: EmbeddedUpstream, choice: object, names: set[str]
) -> None:
    answered = await ask(
        embedded_upstream,
        call(
            "What is the weather in Paris?",
            tools=[WEATHER, ADD],
            tool_choice=choice,
            parallel_tool_calls=False,
            max_output_tokens=100,
            temperature=1.5,
            seed=1,
        ),
    )

    assert answered.finish_reason == "tool_calls"
    assert answered.content == ""
    ((name, arguments),) = answered.tool_calls
    assert name in names
    parameters = {tool["function"]["name"]: tool["function"]["parameters"] for tool in (WEATHER, ADD)}[name]  # type: ignore[index]
    jsonschema.validate(json.loads(arguments), parameters)
    assert answered.tool_call_ids[0].startswith("call_")


async def test_auto_calls_where_a_function_helps_and_answers_where_none_does(
    embedded_upstream: EmbeddedUpstream,
) -> None:
    helps = await ask(
        embedded_upstream,
        call(
            "What is the weather in Paris?",
            tools=[WEATHER, ADD],
            parallel_tool_calls=False,
            max_output_tokens=80,
            seed=1,
        ),
    )
    helps_not = await ask(embedded_upstream, call("Tell me a joke.", tools=[WEATHER, ADD], tool_choice="auto", seed=1))

    assert helps.finish_reason == "tool_calls"
    assert helps_not.tool_calls == []
    assert helps_not.content


async def test_none_never_calls(embedded_upstream: EmbeddedUpstream) -> None:
    answered = await ask(
        embedded_upstream, call("What is the weather in Paris?", tools=[WEATHER], tool_choice="none", seed=1)
    )

    assert answered.tool_calls == []
    assert answered.content


async def test_a_result_is_answered_in_words(embedded_upstream: EmbeddedUpstream) -> None:
    call_made = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "content": None, "tool_calls": [call_made]},
        {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees, sunny"},
    ]
    answered = await ask(embedded_upstream, call(tools=[WEATHER], messages=messages, seed=1))

    assert answered.tool_calls == []
    assert answered.content


async def test_stop_cuts_visible_content_only(embedded_upstream: EmbeddedUpstream) -> None:
    free = await ask(embedded_upstream, call("Tell me about the sea.", seed=5, max_output_tokens=40))
    stop = free.content[6:10]
    stopped = await ask(embedded_upstream, call("Tell me about the sea.", seed=5, max_output_tokens=40, stop=stop))

    assert stopped.reasoning == free.reasoning
    assert stopped.content == free.content[: free.content.index(stop)]
    assert stopped.finish_reason == "stop"


async def test_stop_sequence_inside_reasoning_does_not_stop(embedded_upstream: EmbeddedUpstream) -> None:
    free = await ask(embedded_upstream, call("Tell me about the sea.", seed=5, max_output_tokens=40))
    word = next(word for word in free.reasoning.split() if len(word) > 3)
    again = await ask(embedded_upstream, call("Tell me about the sea.", seed=5, max_output_tokens=40, stop=[word]))

    assert again.reasoning == free.reasoning
    assert word not in again.content


@pytest.mark.parametrize("words", [CONTEXT_TOKENS, 200_000])
async def test_overlong_prompt_is_refused_with_the_engines_limit(
    embedded_upstream: EmbeddedUpstream, words: int
) -> None:
    with pytest.raises(RequestRefusedError, match=str(CONTEXT_TOKENS)) as refused:
        await embedded_upstream.open(call("word " * words))
    assert refused.value.code == "context_length_exceeded"

    assert (await ask(embedded_upstream, call(max_output_tokens=12, seed=1))).content


async def test_output_limit_is_lowered_to_what_fits(embedded_upstream: EmbeddedUpstream) -> None:
    answered = await ask(embedded_upstream, call("word " * (CONTEXT_TOKENS - 150), max_output_tokens=5000, seed=1))

    assert answered.usage.prompt_tokens + answered.usage.completion_tokens <= CONTEXT_TOKENS


async def test_images_are_refused(embedded_upstream: EmbeddedUpstream) -> None:
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}
    with pytest.raises(RequestRefusedError, match="text only") as refused:
        await embedded_upstream.open(call(messages=[{"role": "user", "content": [part]}]))
    assert refused.value.param == "messages[0].content[0]"


async def test_full_queue_is_refused_at_once_and_waiting_requests_are_answered(
    embedded_upstream: EmbeddedUpstream,
) -> None:
    running = [await embedded_upstream.open(call(max_output_tokens=400)) for _ in range(SLOTS)]
    waiting = [asyncio.create_task(ask(embedded_upstream, call(max_output_tokens=12, seed=1))) for _ in range(QUEUE)]
    await asyncio.sleep(0)

    with pytest.raises(UpstreamUnavailableError) as refused:
        await embedded_upstream.open(call())
    assert refused.value.retry_after_s
    assert not refused.value.was_sent

    for answer in running:
        answer.close()
    answered = await asyncio.gather(*waiting)
    assert all(one.content for one in answered)


async def test_leaving_frees_the_slot_at_once(embedded_upstream: EmbeddedUpstream) -> None:
    # To write all of these to their ends takes the engine minutes, and to begin them seconds.
    async with asyncio.timeout(120):
        for _ in range(48 * SLOTS):
            answer = await embedded_upstream.open(call("Write a long story.", max_output_tokens=1500))
            await answer.next()
            answer.close()
            answer.close()

        assert (await ask(embedded_upstream, call(max_output_tokens=12, seed=1))).content


async def test_cancelling_a_read_frees_the_slot(embedded_upstream: EmbeddedUpstream) -> None:
    for _ in range(SLOTS + 1):
        answer = await embedded_upstream.open(call("Write a long story.", max_output_tokens=1500))
        reading = asyncio.create_task(answer.next())
        await asyncio.sleep(0)
        while reading.done():
            # What has come already is read without waiting.
            assert await reading
            reading = asyncio.create_task(answer.next())
            await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    assert (await ask(embedded_upstream, call(max_output_tokens=12, seed=1))).content


async def test_a_whole_answer_has_one_deadline_over_queue_and_both_phases(engine_endpoint: Endpoint) -> None:
    http = HttpClient()
    slots = Slots(1, 1)
    engine = Engine(RunningEndpoint(engine_endpoint), slots, http, answer_timeout_s=1.0)
    upstream = EmbeddedUpstream(engine)
    held = await slots.acquire("")
    asking = asyncio.create_task(ask(upstream, call("Write a long story.", max_output_tokens=900, seed=1)))
    await asyncio.sleep(1.0)
    held.release()

    with pytest.raises(BadUpstreamError):
        await asking
    assert slots.running == 0
    await http.close()


async def test_no_call_begins_after_the_deadline(engine_endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    http = HttpClient()
    loop, passed_s = asyncio.get_running_loop(), 0.0
    now_s = loop.time
    monkeypatch.setattr(loop, "time", lambda: now_s() + passed_s)
    deadline_s = loop.time() + 500
    completion = await EngineClient(http, engine_endpoint, deadline_s=deadline_s).complete(
        {"prompt": "Once", "n_predict": 900, "seed": 1, "ignore_eos": True}
    )

    passed_s = 501.0
    with pytest.raises(EngineBrokenError):
        await _drain(completion)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        facts = msgspec.structs.replace(engine_endpoint.facts, port=silent.getsockname()[1])
        late = EngineClient(http, Endpoint(facts, engine_endpoint.api_key), deadline_s=deadline_s)
        async with asyncio.timeout(60):
            with pytest.raises(EngineBrokenError):
                await late.template([{"role": "user", "content": "Hi"}])
        await http.close()


async def _drain(completion: Completion) -> None:
    while not (await completion.next())[-1].stop:
        pass
