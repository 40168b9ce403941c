"""The upstream that speaks chat completions, over a real socket, against everything that the scripted one does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.support.closed_port import closed_port
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.upstream_answers import Answer, json_body, page_answer, stream_events
from tests.support.upstream_scripts import (
    CALLER,
    THINKER,
    Script,
    error_script,
    json_script,
    split_script,
    stream_script,
)
from tollway.kit.clock import SystemClock
from tollway.kit.http_client import HttpClient, Origin, Timeouts
from tollway.upstreams.openai_compatible.upstream import OpenAICompatibleUpstream, UpstreamOptions
from tollway.upstreams.port import (
    BadUpstreamError,
    ContentFilteredError,
    LateAnswerError,
    RateLimitedError,
    RequestRefusedError,
    UpstreamAnswer,
    UpstreamCall,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
)
from tollway.wire.chat_request import ChatRequest, UserMessage
from tollway.wire.deltas import Delta, TokenUsage

PAGE = page_answer()
PAGE_USAGE = TokenUsage(13, 601, 323)
THINKER_USAGE = TokenUsage(7, 14, 9)
SHORT = Timeouts(first_byte_s=0.3, idle_s=0.3, total_s=2.0)
DEADLINE_S = 30.0


@pytest.fixture
async def server() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as server:
        yield server


@pytest.fixture
async def upstream(server: ScriptedUpstream) -> AsyncIterator[OpenAICompatibleUpstream]:
    options = UpstreamOptions(id="scripted", base_url=server.base_url, api_key="sk-canary", headers=((b"x-a", b"1"),))
    upstream = OpenAICompatibleUpstream(options, HttpClient(), SystemClock())
    yield upstream
    await upstream.close()


@asynccontextmanager
async def upstream_with(server: ScriptedUpstream, timeouts: Timeouts) -> AsyncIterator[OpenAICompatibleUpstream]:
    """An upstream with an open connection, so that however short its times are, each call is sent."""
    options, client = UpstreamOptions(id="hasty", base_url=server.base_url), HttpClient(timeouts=timeouts)
    origin, body = Origin.parse(server.origin), b'{"messages": [{}]}'
    response = await client.request("POST", origin, "/v1/chat/completions", body=body, timeouts=Timeouts())
    await response.read()
    upstream = OpenAICompatibleUpstream(options, client, SystemClock())
    yield upstream
    await upstream.close()


@pytest.fixture
async def hasty(server: ScriptedUpstream) -> AsyncIterator[OpenAICompatibleUpstream]:
    """Waits for nothing long, so that any answer may come too late for it."""
    async with upstream_with(server, SHORT) as upstream:
        yield upstream


@pytest.fixture
async def listening(server: ScriptedUpstream) -> AsyncIterator[OpenAICompatibleUpstream]:
    """Waits long for an answer to begin, and then for no silence within it."""
    async with upstream_with(server, Timeouts(idle_s=SHORT.idle_s)) as upstream:
        yield upstream


def call_of(model: str, *, stream: bool) -> UpstreamCall:
    request = ChatRequest(model="asked-for", messages=[UserMessage(content="Hi!")])
    return UpstreamCall(request=request, model=model, max_output_tokens=64, stream=stream)


async def answer_of(upstream: OpenAICompatibleUpstream, model: str, *, stream: bool = True) -> list[Delta]:
    return await rest_of(await upstream.open(call_of(model, stream=stream)))


async def deliver(answer: UpstreamAnswer, received: list[Delta]) -> None:
    while steps := await answer.next():
        received += steps


async def rest_of(answer: UpstreamAnswer) -> list[Delta]:
    deltas: list[Delta] = []
    await deliver(answer, deltas)
    assert await answer.next() == []
    return deltas


def total(deltas: list[Delta]) -> tuple[str, str, list[str], TokenUsage | None]:
    usages = [delta.usage for delta in deltas if delta.usage]
    return (
        "".join(delta.reasoning for delta in deltas),
        "".join(delta.content for delta in deltas),
        [delta.finish_reason for delta in deltas if delta.finish_reason],
        usages[-1] if usages else None,
    )


@pytest.mark.parametrize(
    "script",
    ["page", "every-byte", "keep-alives", "no-done", "usage-last", "usage-finish", "usage-every", "usage-choice"],
)
async def test_the_page_streams(upstream: OpenAICompatibleUpstream, script: str) -> None:
    deltas = await answer_of(upstream, script)

    assert total(deltas) == (PAGE.reasoning, PAGE.content, ["stop"], PAGE_USAGE)
    assert [delta.upstream_id for delta in deltas if delta.upstream_id] == ["as-379ekp2jci"]


async def test_the_page_as_json(upstream: OpenAICompatibleUpstream) -> None:
    deltas = await answer_of(upstream, "page", stream=False)

    assert deltas == [
        Delta(PAGE.reasoning, PAGE.content, finish_reason="stop", usage=PAGE_USAGE, upstream_id="as-379ekp2jci")
    ]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("dialect", ["reasoning_content", "reasoning", "reasoning_details", "think_tags"])
async def test_every_dialect(upstream: OpenAICompatibleUpstream, dialect: str, stream: bool) -> None:
    deltas = await answer_of(upstream, f"dialect-{dialect}", stream=stream)

    assert total(deltas) == (THINKER.reasoning, THINKER.content, ["stop"], THINKER_USAGE)


@pytest.mark.parametrize("stream", [True, False])
async def test_ernie_thinking_is_known_by_its_name(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream, stream: bool
) -> None:
    server.play("dialect-ernie_thinking")

    deltas = await answer_of(upstream, "baidu/ERNIE-4.5-21B-A3B-Thinking", stream=stream)

    assert total(deltas) == (THINKER.reasoning, THINKER.content, ["stop"], THINKER_USAGE)


@pytest.mark.parametrize("stream", [True, False])
async def test_missing_usage_is_none(upstream: OpenAICompatibleUpstream, stream: bool) -> None:
    assert total(await answer_of(upstream, "usage-none", stream=stream))[3] is None


@pytest.mark.parametrize("stream", [True, False])
async def test_tool_calls(upstream: OpenAICompatibleUpstream, stream: bool) -> None:
    deltas = await answer_of(upstream, "tool-calls", stream=stream)
    calls = [call for delta in deltas for call in delta.tool_calls]

    named = [(call.id or "", call.name or "") for call in calls if call.id]
    arguments = ["".join(call.arguments for call in calls if call.index == index) for index in range(2)]
    assert [(*name, text) for name, text in zip(named, arguments, strict=True)] == list(CALLER.tool_calls)
    assert total(deltas)[2] == ["tool_calls"]


async def test_a_stream_cut_at_any_size_gives_the_same_steps(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream
) -> None:
    answer = Answer(reasoning="Grüße 🙂 denken", content="Antwort 🙂", reasoning_tokens=2)
    events = stream_events(answer, piece_chars=3)
    server.play(stream_script(events))
    whole = await answer_of(upstream, "m")

    for size in range(1, 60):
        server.play(split_script(events, size))
        assert await answer_of(upstream, "m") == whole


async def test_the_request_that_arrives(server: ScriptedUpstream, upstream: OpenAICompatibleUpstream) -> None:
    await answer_of(upstream, "page")

    request = await server.request()
    assert (request.method, request.target) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == "Bearer sk-canary"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-a"] == "1"
    assert request.json == {
        "model": "page",
        "messages": [{"role": "user", "content": "Hi!"}],
        "max_tokens": 64,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_connections_are_kept(server: ScriptedUpstream, upstream: OpenAICompatibleUpstream) -> None:
    for script in ("page", "status-400", "every-byte", "page", "limited", "error-in-json"):
        for stream in (True, False):
            try:
                await answer_of(upstream, script, stream=stream)
            except UpstreamError:
                continue

    assert server.request_count == 12
    assert server.connection_count == 1
    assert server.abort_count == 0


async def test_the_end_is_not_awaited_for_long_after_done(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream
) -> None:
    server.play(stream_script(stream_events(PAGE), ending="hang"))

    async with asyncio.timeout(DEADLINE_S):
        assert total(await answer_of(upstream, "m"))[2] == ["stop"]

    await (await server.request()).until_aborted()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, RequestRefusedError), (401, BadUpstreamError), (403, BadUpstreamError), (404, BadUpstreamError),
     (408, UpstreamTimeoutError), (413, RequestRefusedError), (429, RateLimitedError), (500, BadUpstreamError),
     (502, BadUpstreamError), (503, UpstreamUnavailableError), (504, UpstreamTimeoutError)],
)  # fmt: skip
@pytest.mark.parametrize("stream", [True, False])
async def test_statuses(
    upstream: OpenAICompatibleUpstream, status: int, kind: type[UpstreamError], stream: bool
) -> None:
    with pytest.raises(UpstreamError) as failed:
        await upstream.open(call_of(f"status-{status}", stream=stream))

    assert (type(failed.value), failed.value.code) == (kind, f"code_of_{status}")


async def test_limits_keep_their_retry_after(upstream: OpenAICompatibleUpstream) -> None:
    with pytest.raises(RateLimitedError) as failed:
        await upstream.open(call_of("limited", stream=True))

    assert (failed.value.retry_after_s, failed.value.code) == (7, "rpm_rate_limit_exceeded")


async def test_refusals_for_safety(upstream: OpenAICompatibleUpstream) -> None:
    with pytest.raises(ContentFilteredError) as failed:
        await upstream.open(call_of("unsafe", stream=False))

    assert (failed.value.code, failed.value.message) == ("content_filter", "unsafe input")


@pytest.mark.parametrize("ending", ["clean", "reset", "close", "hang"])
async def test_a_status_counts_even_if_its_body_breaks(
    server: ScriptedUpstream, listening: OpenAICompatibleUpstream, ending: str
) -> None:
    server.play(Script(status=400, pieces=(b'{"error": {"mess',), length_known=False, ending=ending))  # type: ignore[arg-type]

    with pytest.raises(RequestRefusedError):
        await listening.open(call_of("m", stream=True))


async def test_a_very_long_error_is_not_read_to_its_end(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream
) -> None:
    server.play(Script(status=500, pieces=[b"x" * 65536] * 2, length_known=False, ending="hang"))

    with pytest.raises(BadUpstreamError):
        await upstream.open(call_of("m", stream=True))
    await (await server.request()).until_aborted()


@pytest.mark.parametrize(
    ("script", "stream", "kind"),
    [
        ("error-in-json", False, BadUpstreamError),
        ("error-in-json", True, BadUpstreamError),
        ("error-in-stream", True, BadUpstreamError),
        ("error-mid-stream", True, BadUpstreamError),
        ("malformed-events", True, BadUpstreamError),
        ("malformed-json", False, BadUpstreamError),
        ("not-json", False, BadUpstreamError),
        ("not-json", True, BadUpstreamError),
        ("no-finish", True, BadUpstreamError),
        ("reset-at-once", True, BadUpstreamError),
        ("reset-mid", True, BadUpstreamError),
        ("reset-mid", False, BadUpstreamError),
        ("close-mid", True, BadUpstreamError),
        ("close-mid", False, BadUpstreamError),
        ("never", True, UpstreamTimeoutError),
        ("never", False, LateAnswerError),
        ("hang-after-head", True, UpstreamTimeoutError),
        ("hang-mid", True, UpstreamTimeoutError),
        ("slow-head", True, UpstreamTimeoutError),
        ("slow-middle", True, UpstreamTimeoutError),
        ("trickle", True, UpstreamTimeoutError),
    ],
)
async def test_faults_are_failures_and_never_answers(
    upstream: OpenAICompatibleUpstream,
    hasty: OpenAICompatibleUpstream,
    script: str,
    stream: bool,
    kind: type[UpstreamError],
) -> None:
    asked = upstream if kind is BadUpstreamError else hasty
    with pytest.raises(UpstreamError) as failed:
        await answer_of(asked, script, stream=stream)

    assert type(failed.value) is kind
    assert failed.value.was_sent


@pytest.mark.parametrize("script", ["reset-mid", "close-mid"])
@pytest.mark.parametrize("stream", [True, False])
async def test_a_body_that_is_cut_is_known_for_that(
    upstream: OpenAICompatibleUpstream, script: str, stream: bool
) -> None:
    answer = await upstream.open(call_of(script, stream=stream))

    with pytest.raises(BadUpstreamError, match="broke off") as failed:
        await deliver(answer, [])

    assert failed.value.detail.startswith("body: the server closed the connection")


async def test_an_answer_that_comes_whole_has_the_whole_time_for_its_head(
    server: ScriptedUpstream,
) -> None:
    slow = replace(json_script(json_body(PAGE)), before_head_s=2 * SHORT.first_byte_s)
    async with upstream_with(server, Timeouts(first_byte_s=SHORT.first_byte_s)) as upstream:
        server.play(slow, slow)

        assert total(await answer_of(upstream, "m", stream=False))[:2] == (PAGE.reasoning, PAGE.content)
        with pytest.raises(UpstreamTimeoutError):
            await upstream.open(call_of("m", stream=True))


@pytest.mark.parametrize("script", ["error-mid-stream", "malformed-events", "reset-mid", "close-mid", "hang-mid"])
async def test_what_came_before_a_fault_is_delivered(listening: OpenAICompatibleUpstream, script: str) -> None:
    answer = await listening.open(call_of(script, stream=True))
    received: list[Delta] = []

    with pytest.raises(UpstreamError):
        await deliver(answer, received)

    text = "".join(delta.reasoning + delta.content for delta in received)
    assert len(text) > 1000
    assert (PAGE.reasoning + PAGE.content).startswith(text)


async def test_a_reset_after_the_finish_reason_loses_nothing(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream
) -> None:
    server.play(stream_script(stream_events(PAGE, done=False), ending="reset"))

    assert total(await answer_of(upstream, "m")) == (PAGE.reasoning, PAGE.content, ["stop"], PAGE_USAGE)


async def test_an_answer_that_turned_out_wrong_is_not_listened_to(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream
) -> None:
    server.play(stream_script([b"data: {\n\n"], ending="hang"))

    with pytest.raises(BadUpstreamError):
        await answer_of(upstream, "m")
    await (await server.request()).until_aborted()


async def test_json_in_answer_to_a_wish_for_a_stream_is_an_answer(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream
) -> None:
    server.play(json_script(json_body(PAGE)))

    assert total(await answer_of(upstream, "m")) == (PAGE.reasoning, PAGE.content, ["stop"], PAGE_USAGE)


async def test_a_stream_is_known_even_under_a_wrong_name(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream
) -> None:
    server.play(replace(stream_script(stream_events(PAGE)), content_type="text/plain"))
    server.play(stream_script(stream_events(PAGE)))

    assert total(await answer_of(upstream, "m"))[3] == PAGE_USAGE
    assert total(await answer_of(upstream, "m", stream=False))[3] == PAGE_USAGE


async def test_a_slow_upstream_is_waited_for(server: ScriptedUpstream, upstream: OpenAICompatibleUpstream) -> None:
    server.play("slow-head", stream_script(stream_events(THINKER), pause_s=0.02))

    assert total(await answer_of(upstream, "m"))[2] == ["stop"]
    assert total(await answer_of(upstream, "m"))[:2] == (THINKER.reasoning, THINKER.content)


async def test_nothing_listens() -> None:
    with closed_port() as port:
        options = UpstreamOptions(id="x", base_url=f"http://127.0.0.1:{port}/v1")
        upstream = OpenAICompatibleUpstream(options, HttpClient(), SystemClock())
        with pytest.raises(UpstreamUnavailableError) as failed:
            await upstream.open(call_of("page", stream=True))
        await upstream.close()

    assert not failed.value.was_sent


async def test_closing_an_answer_aborts_it_at_the_upstream(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream
) -> None:
    answer = await upstream.open(call_of("paced", stream=True))
    await answer.next()
    answer.close()
    answer.close()

    await (await server.request()).until_aborted()


@pytest.mark.parametrize("script", ["never", "paced", "hang-after-head"])
async def test_cancelling_aborts_at_the_upstream(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream, script: str
) -> None:
    task = asyncio.create_task(answer_of(upstream, script))
    request = await server.request()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await request.until_aborted()


async def test_closing_the_upstream_ends_its_answers(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream
) -> None:
    task = asyncio.create_task(answer_of(upstream, "never"))
    request = await server.request()
    await upstream.close()

    with pytest.raises(UpstreamUnavailableError):
        await task
    await request.until_aborted()


async def test_a_status_without_success_is_never_an_answer(
    server: ScriptedUpstream, upstream: OpenAICompatibleUpstream
) -> None:
    server.play(error_script(302, {}), error_script(204, {}), error_script(201, {}))

    for _ in range(3):
        with pytest.raises(BadUpstreamError):
            await upstream.open(call_of("m", stream=False))
