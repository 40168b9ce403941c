"""The OpenAI SDK for Python works against the server with only the base URL and the key changed."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

import httpx2
import openai
import pytest
import pytest_asyncio
from openai.lib.streaming.chat import ChatCompletionStreamEvent
from openai.types.chat import (
    ChatCompletionChunk,
    ChatCompletionFunctionToolParam,
    ChatCompletionMessageFunctionToolCall,
    ChatCompletionMessageParam,
    ParsedChatCompletion,
)
from pydantic import BaseModel

from tests.support.gateway import FLAGSHIP
from tests.support.served import FAILING, SLOW, UNPRICED, UNSERVED, Served
from tests.support.upstream_scripts import INTERNAL_ERROR, error_script

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMPATIENT = openai.Timeout(None, read=0.5)


class City(BaseModel):
    city: str
    population: int


WEATHER: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {
        "name": "weather",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
TIME: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {
        "name": "time",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"zone": {"type": "string"}},
            "required": ["zone"],
            "additionalProperties": False,
        },
    },
}


def asking(script: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": f"script:{script}"}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(served: Served) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key=served.gateway.key, max_retries=0) as one:
        yield one


@pytest.fixture(scope="module")
def blocking(served: Served) -> Iterator[openai.OpenAI]:
    """The client without asyncio; tests use it in a thread, because the upstream lives in the loop."""
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.gateway.key, max_retries=0) as one:
        yield one


class TestJson:
    async def test_answer(self, client: openai.AsyncOpenAI) -> None:
        completion = await client.chat.completions.create(model=FLAGSHIP, messages=asking("thinker"))

        choice = completion.choices[0]
        assert (choice.message.role, choice.message.content) == ("assistant", "The answer is 4.")
        assert extra(choice.message, "reasoning_content") == "Let me see. 2 + 2 is 4."
        assert (choice.finish_reason, extra(choice, "flag")) == ("stop", 0)
        assert choice.message.tool_calls is None
        usage = completion.usage
        assert usage is not None
        assert usage.completion_tokens_details is not None
        assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (7, 14, 21)
        assert usage.completion_tokens_details.reasoning_tokens == 9
        assert extra(completion, "meta")["usage"]["credits_used"] > 0
        assert completion.object == "chat.completion"
        assert completion.model == "ernie-x1-turbo-32k"

    async def test_answer_without_asyncio(self, blocking: openai.OpenAI) -> None:
        completion = await asyncio.to_thread(
            blocking.chat.completions.create, model=FLAGSHIP, messages=asking("thinker")
        )

        assert completion.choices[0].message.content == "The answer is 4."

    async def test_raw_response_shows_headers(self, client: openai.AsyncOpenAI) -> None:
        raw = await client.chat.completions.with_raw_response.create(
            model=FLAGSHIP,
            messages=asking("page"),
            user="ada",
            extra_headers={"X-Client-Request-Id": "order-77"},
        )
        completion = raw.parse()

        assert raw.headers["x-aimlapi-credits-used"] == "391"
        assert raw.headers["x-client-request-id"] == "order-77"
        assert raw.headers["x-ignored-params"] == "user"
        assert raw.request_id == raw.headers["x-inference-id"]
        assert completion._request_id == raw.request_id
        assert completion.choices[0].message.content

    async def test_every_parameter_of_the_schema(self, client: openai.AsyncOpenAI, served: Served) -> None:
        raw = await client.chat.completions.with_raw_response.create(
            model=FLAGSHIP,
            messages=[
                {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
                *asking("page"),
            ],
            max_completion_tokens=99,
            temperature=0.5,
            top_p=0.9,
            stop=["END"],
            frequency_penalty=0.1,
            presence_penalty=-0.1,
            seed=7,
            tools=[WEATHER],
            tool_choice={"type": "function", "function": {"name": "weather"}},
            parallel_tool_calls=False,
            prediction={"type": "content", "content": "Hello."},
            response_format={"type": "json_object"},
        )

        assert "x-ignored-params" not in raw.headers
        sent = served.upstream.requests[-1].json
        assert (sent["max_tokens"], sent["seed"], sent["stop"]) == (99, 7, ["END"])
        assert sent["tool_choice"]["function"]["name"] == "weather"


class TestStream:
    @pytest.mark.parametrize("with_usage", [False, True])
    async def test_pieces_join_to_the_answer(self, client: openai.AsyncOpenAI, with_usage: bool) -> None:
        thought = said = ""
        stream = await client.chat.completions.create(
            model=FLAGSHIP,
            messages=asking("thinker"),
            stream=True,
            stream_options={"include_usage": True} if with_usage else openai.omit,
        )
        chunks = [chunk async for chunk in stream]

        for chunk in chunks:
            for choice in chunk.choices:
                thought += getattr(choice.delta, "reasoning_content", "")
                said += choice.delta.content or ""
        assert (thought, said) == ("Let me see. 2 + 2 is 4.", "The answer is 4.")
        assert chunks[0].choices[0].delta.role == "assistant"
        last = chunks[-1]
        assert extra(last, "meta")["usage"]["credits_used"] > 0
        assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
        if with_usage:
            assert last.choices == []
            assert last.usage is not None
            assert last.usage.total_tokens == 21
        else:
            assert last.choices[0].finish_reason == "stop"
            assert last.usage is None

    async def test_pieces_without_asyncio(self, blocking: openai.OpenAI) -> None:
        def read() -> str:
            stream = blocking.chat.completions.create(model=FLAGSHIP, messages=asking("thinker"), stream=True)
            return "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices)

        assert await asyncio.to_thread(read) == "The answer is 4."

    async def test_helper_accumulates_the_answer(self, client: openai.AsyncOpenAI) -> None:
        async with client.chat.completions.stream(
            model=FLAGSHIP, messages=asking("thinker"), stream_options={"include_usage": True}
        ) as stream:
            events = [event async for event in stream]
            final = await stream.get_final_completion()

        assert "".join(event.delta for event in events if event.type == "content.delta") == "The answer is 4."
        assert final.choices[0].message.content == "The answer is 4."
        assert extra(final.choices[0].message, "reasoning_content") == "Let me see. 2 + 2 is 4."
        assert final.choices[0].finish_reason == "stop"
        assert final.usage is not None
        assert final.usage.total_tokens == 21

    async def test_helper_accumulates_tool_calls(self, client: openai.AsyncOpenAI) -> None:
        async with client.chat.completions.stream(
            model=FLAGSHIP, messages=asking("tool-calls"), tools=[WEATHER, TIME]
        ) as stream:
            events = [event async for event in stream]
            final = await stream.get_final_completion()

        assert_both_calls(final)
        assert arguments_done(events) == [("weather", {"city": "Köln"}), ("time", {"zone": "UTC"})]

    async def test_helper_parses_the_answer(self, client: openai.AsyncOpenAI) -> None:
        async with client.chat.completions.stream(
            model=FLAGSHIP, messages=asking("city"), response_format=City
        ) as stream:
            final = await stream.get_final_completion()

        assert final.choices[0].message.parsed == City(city="Paris", population=2_100_000)

    async def test_helper_without_asyncio(self, blocking: openai.OpenAI) -> None:
        def read() -> ParsedChatCompletion[None]:
            with blocking.chat.completions.stream(
                model=FLAGSHIP, messages=asking("tool-calls"), tools=[WEATHER, TIME]
            ) as stream:
                stream.until_done()
                return stream.get_final_completion()

        assert_both_calls(await asyncio.to_thread(read))

    async def test_error_within_the_stream_is_raised(self, client: openai.AsyncOpenAI) -> None:
        stream = await client.chat.completions.create(model=FAILING, messages=asking("error-mid-stream"), stream=True)
        chunks: list[ChatCompletionChunk] = []
        with pytest.raises(openai.APIError) as caught:
            await read_to_end(stream, chunks)

        assert len(chunks) > 1
        assert {chunk.choices[0].finish_reason for chunk in chunks} == {None}
        assert caught.value.message == "The upstream failed to answer."
        assert (caught.value.code, caught.value.type) == ("internal_error", "upstream_error")
        assert not isinstance(caught.value, openai.APIStatusError)


class TestTools:
    async def test_round_trip(self, client: openai.AsyncOpenAI, served: Served) -> None:
        """Call, answer of the tool, final answer: the SDK's own message objects are sent back as they came."""
        first = await client.chat.completions.create(
            model=FLAGSHIP, messages=asking("tool-calls"), tools=[WEATHER, TIME], tool_choice="required"
        )
        message = first.choices[0].message
        assert (first.choices[0].finish_reason, message.content) == ("tool_calls", "")
        assert message.tool_calls is not None

        history: list[Any] = [*asking("tool-calls"), message]
        history += [{"role": "tool", "tool_call_id": call.id, "content": "fine"} for call in message.tool_calls]
        final = await client.chat.completions.create(
            model=FLAGSHIP, messages=[*history, *asking("spain")], tools=[WEATHER, TIME]
        )

        assert final.choices[0].finish_reason == "stop"
        assert final.choices[0].message.content == "The weather in Köln is fine."
        sent = served.upstream.requests[-1].json["messages"]
        assert [one["role"] for one in sent] == ["user", "assistant", "tool", "tool", "user"]
        assert [call["id"] for call in sent[1]["tool_calls"]] == ["call_a", "call_b"]
        assert "reasoning_content" not in sent[1]
        assert [one["tool_call_id"] for one in sent[2:4]] == ["call_a", "call_b"]


class TestJsonSchema:
    async def test_response_format(self, client: openai.AsyncOpenAI, served: Served) -> None:
        schema = City.model_json_schema()
        completion = await client.chat.completions.create(
            model=FLAGSHIP,
            messages=asking("city"),
            response_format={"type": "json_schema", "json_schema": {"name": "city", "schema": schema}},
        )

        assert City.model_validate_json(completion.choices[0].message.content or "").city == "Paris"
        assert served.upstream.requests[-1].json["response_format"]["json_schema"]["schema"] == schema
        assert "warnings" not in extra(completion, "meta")

    async def test_parse(self, client: openai.AsyncOpenAI) -> None:
        completion = await client.chat.completions.parse(model=FLAGSHIP, messages=asking("city"), response_format=City)

        assert completion.choices[0].message.parsed == City(city="Paris", population=2_100_000)

    async def test_parse_without_asyncio(self, blocking: openai.OpenAI) -> None:
        completion = await asyncio.to_thread(
            blocking.chat.completions.parse, model=FLAGSHIP, messages=asking("city"), response_format=City
        )

        assert completion.choices[0].message.parsed == City(city="Paris", population=2_100_000)

    async def test_parse_of_tool_calls(self, client: openai.AsyncOpenAI) -> None:
        completion = await client.chat.completions.parse(
            model=FLAGSHIP, messages=asking("tool-calls"), tools=[WEATHER, TIME]
        )

        assert_both_calls(completion)

    async def test_answer_that_was_cut_off_is_told_by_the_sdk(self, client: openai.AsyncOpenAI) -> None:
        with pytest.raises(openai.LengthFinishReasonError):
            await client.chat.completions.parse(model=FLAGSHIP, messages=asking("cut"), response_format=City)


class TestErrors:
    @pytest.mark.parametrize(
        ("model", "script", "kind", "status", "code"),
        [
            (FLAGSHIP, "status-400", openai.BadRequestError, 400, "code_of_400"),
            (FLAGSHIP, "unsafe", openai.BadRequestError, 400, "content_filter"),
            (UNPRICED, "page", openai.PermissionDeniedError, 403, "model_not_priced"),
            ("a/b", "page", openai.NotFoundError, 404, "model_not_found"),
            (FAILING, "limited", openai.RateLimitError, 429, "rpm_rate_limit_exceeded"),
            (FAILING, "status-500", openai.InternalServerError, 502, "code_of_500"),
            (FAILING, "status-401", openai.InternalServerError, 502, "code_of_401"),
            (UNSERVED, "page", openai.InternalServerError, 503, "no_upstream_configured"),
            (FAILING, "status-503", openai.InternalServerError, 503, "code_of_503"),
            (FAILING, "status-504", openai.InternalServerError, 504, "code_of_504"),
            (SLOW, "never", openai.InternalServerError, 504, "upstream_timeout"),
        ],
    )
    @pytest.mark.parametrize("stream", [False, True])
    async def test_status_becomes_a_class(
        self,
        client: openai.AsyncOpenAI,
        model: str,
        script: str,
        kind: type[openai.APIStatusError],
        status: int,
        code: str,
        stream: bool,
    ) -> None:
        with pytest.raises(kind) as caught:
            await client.chat.completions.create(model=model, messages=asking(script), stream=stream)

        error = caught.value
        assert type(error) is kind
        assert (error.status_code, error.code) == (status, code)
        body = error.response.json()
        assert body["message"] in error.message
        assert error.request_id == error.response.headers["x-inference-id"]

    async def test_wrong_key(self, client: openai.AsyncOpenAI) -> None:
        with pytest.raises(openai.AuthenticationError) as caught:
            await client.with_options(api_key="wrong").chat.completions.create(model=FLAGSHIP, messages=asking("page"))

        assert (caught.value.status_code, caught.value.code) == (401, "invalid_api_key")
        assert "/app/keys" in caught.value.message

    async def test_wrong_field_is_named(self, client: openai.AsyncOpenAI) -> None:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.chat.completions.create(model=FLAGSHIP, messages=asking("page"), temperature=3)

        assert caught.value.param == "temperature"
        assert "Body validation error: temperature: expected number <= 2.0, received number 3" in caught.value.message

    async def test_wrong_key_without_asyncio(self, blocking: openai.OpenAI) -> None:
        wrong = blocking.with_options(api_key="wrong")
        with pytest.raises(openai.AuthenticationError):
            await asyncio.to_thread(wrong.chat.completions.create, model=FLAGSHIP, messages=asking("page"))

    async def test_retries_of_the_sdk_reach_an_upstream_that_recovers(
        self, client: openai.AsyncOpenAI, served: Served
    ) -> None:
        served.upstream.play(error_script(503, INTERNAL_ERROR), "page")

        completion = await client.with_options(max_retries=1).chat.completions.create(
            model=FLAGSHIP, messages=asking("page")
        )

        assert completion.choices[0].finish_reason == "stop"
        assert not served.upstream.queue


class TestEnding:
    async def test_timeout_ends_the_call_at_the_upstream(self, client: openai.AsyncOpenAI, served: Served) -> None:
        before = len(served.upstream.requests)
        async with impatient("receive_response_headers", served.upstream.request(before)) as http:
            with pytest.raises(openai.APITimeoutError):
                await client.with_options(timeout=IMPATIENT, http_client=http).chat.completions.create(
                    model=FLAGSHIP, messages=asking("never")
                )

        await served.upstream.requests[before].until_aborted()

    async def test_timeout_within_a_stream(self, client: openai.AsyncOpenAI, served: Served) -> None:
        before = len(served.upstream.requests)
        async with impatient("receive_response_body", served.upstream.request(before)) as http:
            stream = await client.with_options(timeout=IMPATIENT, http_client=http).chat.completions.create(
                model=FLAGSHIP, messages=asking("hang-mid"), stream=True
            )
            with pytest.raises(openai.APITimeoutError):
                await read_to_end(stream, [])

        await served.upstream.requests[before].until_aborted()

    async def test_closing_the_stream_ends_it_at_the_upstream(self, client: openai.AsyncOpenAI, served: Served) -> None:
        stream = await client.chat.completions.create(model=FLAGSHIP, messages=asking("hang-mid"), stream=True)
        async for _ in stream:
            break
        await stream.close()

        await served.upstream.requests[-1].until_aborted()

    async def test_leaving_the_helper_ends_it_at_the_upstream(self, client: openai.AsyncOpenAI, served: Served) -> None:
        async with client.chat.completions.stream(model=FLAGSHIP, messages=asking("hang-mid")) as stream:
            async for _ in stream:
                break

        await served.upstream.requests[-1].until_aborted()

    async def test_closing_without_asyncio(self, blocking: openai.OpenAI, served: Served) -> None:
        def read_one() -> None:
            with blocking.chat.completions.create(model=FLAGSHIP, messages=asking("hang-mid"), stream=True) as stream:
                next(iter(stream))

        await asyncio.to_thread(read_one)

        await served.upstream.requests[-1].until_aborted()

    async def test_cancelled_task_ends_the_call_at_the_upstream(
        self, client: openai.AsyncOpenAI, served: Served
    ) -> None:
        before = len(served.upstream.requests)
        call = asyncio.create_task(client.chat.completions.create(model=FLAGSHIP, messages=asking("never")))
        request = await served.upstream.request(before)
        call.cancel()

        await request.until_aborted()


class TestModels:
    async def test_list_and_retrieve(self, client: openai.AsyncOpenAI) -> None:
        models = [model async for model in client.models.list()]
        flagship = await client.models.retrieve(FLAGSHIP)

        assert models[0].id == flagship.id == FLAGSHIP
        assert (flagship.object, flagship.owned_by) == ("model", "baidu")

    async def test_unknown_model(self, client: openai.AsyncOpenAI) -> None:
        with pytest.raises(openai.NotFoundError) as caught:
            await client.models.retrieve("a/b")

        assert caught.value.code == "model_not_found"


def impatient(step: str, asked: Awaitable[object]) -> httpx2.AsyncClient:
    """Make an HTTP client whose limit for reading holds from a step on, which waits until the upstream has been asked.

    Before that it would be a slow machine that is late.
    """

    async def watch(request: httpx2.Request) -> None:
        limits = request.extensions["timeout"]
        limit_s, limits["read"] = limits["read"], None

        async def trace(event: str, _: object) -> None:
            if event == f"http11.{step}.started":
                await asked
                limits["read"] = limit_s

        request.extensions["trace"] = trace

    return httpx2.AsyncClient(event_hooks={"request": [watch]})


async def read_to_end(stream: openai.AsyncStream[ChatCompletionChunk], chunks: list[ChatCompletionChunk]) -> None:
    """Keep the chunks, so that those before an error can be looked at."""
    async for chunk in stream:
        chunks.append(chunk)  # noqa: PERF401 - an error must not lose those before it


def extra(model: BaseModel, name: str) -> Any:  # noqa: ANN401 - any JSON
    """A field that the SDK's type does not know and keeps."""
    assert model.model_extra is not None
    return model.model_extra[name]


def assert_both_calls(completion: ParsedChatCompletion[Any]) -> None:
    choice = completion.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls is not None
    called = [
        (call.id, call.type, call.function.name, json.loads(call.function.arguments), call.function.parsed_arguments)
        for call in choice.message.tool_calls
    ]
    assert called == [
        ("call_a", "function", "weather", {"city": "Köln"}, {"city": "Köln"}),
        ("call_b", "function", "time", {"zone": "UTC"}, {"zone": "UTC"}),
    ]
    assert all(isinstance(call, ChatCompletionMessageFunctionToolCall) for call in choice.message.tool_calls)


def arguments_done(events: list[ChatCompletionStreamEvent]) -> list[tuple[str, object]]:
    return [
        (event.name, event.parsed_arguments) for event in events if event.type == "tool_calls.function.arguments.done"
    ]
