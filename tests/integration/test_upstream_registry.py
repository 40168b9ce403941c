"""From settings and environment to the upstream that answers, over real sockets."""

from collections.abc import AsyncIterator, Mapping

import pytest
from msgspec import Struct

from tests.support.fake_upstream import FakeUpstream
from tests.support.held_clock import HeldClock
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.upstream_answers import page_answer
from tollway.kit.clock import Clock, SystemClock
from tollway.kit.settings import SettingsError, UpstreamSettings
from tollway.upstreams.port import RequestRefusedError, UpstreamCall, UpstreamUnavailableError
from tollway.upstreams.registry import Registry, StandIn, build_registry
from tollway.wire.chat_request import AssistantMessage, ChatRequest, Message, SystemMessage, UserMessage

FLAGSHIP_ID = "baidu/ernie-x1-turbo-32k"


class Asked(Struct, frozen=True):
    """What routing asks of a model."""

    id: str
    stand_in: bool = False


FLAGSHIP = Asked(FLAGSHIP_ID, stand_in=True)


@pytest.fixture
async def first() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as server:
        yield server


@pytest.fixture
async def second() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as server:
        yield server


def at(server: ScriptedUpstream, model: str = "page", **more: object) -> UpstreamSettings:
    fields = {"kind": "openai_compatible", "base_url": server.base_url, "models": {FLAGSHIP_ID: model}} | more
    return UpstreamSettings(**fields)  # type: ignore[arg-type]


def call_with(*messages: Message, **fields: object) -> UpstreamCall:
    request = ChatRequest(model=FLAGSHIP_ID, messages=list(messages), **fields)  # type: ignore[arg-type]
    return UpstreamCall(request=request, model="", max_output_tokens=10, stream=True, extras={"logprobs": False})


HI = call_with(UserMessage(content="hi"))


async def build(
    upstreams: Mapping[str, UpstreamSettings],
    environment: Mapping[str, str] | None = None,
    *,
    clock: Clock | None = None,
) -> Registry:
    return build_registry(upstreams, environment or {}, clock=clock or SystemClock())


async def test_priority_is_the_order(first: ScriptedUpstream, second: ScriptedUpstream) -> None:
    registry = await build({"one": at(first, priority=20), "two": at(second, priority=10)})

    opened = await registry.route(FLAGSHIP).open_first(HI)
    opened.answer.close()
    await registry.close()

    assert (opened.upstream_id, opened.served_by) == ("two", "two")
    assert (first.request_count, second.request_count) == (0, 1)


@pytest.mark.parametrize(
    "fault",
    ["reset-at-once", "error-in-stream", "error-in-json", "not-json", "malformed-json", "status-401",
     "status-429", "status-500", "status-503", "limited"],
)  # fmt: skip
async def test_a_fault_before_the_first_byte_is_not_noticed(
    first: ScriptedUpstream, second: ScriptedUpstream, fault: str
) -> None:
    # The clock stands, so that no pause which the first one was given is over before the twenty calls are.
    registry = await build({"one": at(first, fault), "two": at(second)}, clock=HeldClock())

    for _ in range(20):
        opened = await registry.route(FLAGSHIP).open_first(HI)
        text = "".join(delta.reasoning + delta.content for delta in opened.first)
        while steps := await opened.answer.next():
            text += "".join(delta.reasoning + delta.content for delta in steps)
        assert opened.upstream_id == "two"
        assert text == page_answer().reasoning + page_answer().content
    await registry.close()

    assert first.request_count <= 5


async def test_the_flagship_goes_to_qianfan_once_there_is_a_key() -> None:
    registry = await build({}, {"TOLLWAY_QIANFAN_API_KEY": "bce-v3/ALTAK-x"})
    (candidate,) = registry.route(FLAGSHIP).candidates
    await registry.close()

    assert (candidate.upstream.id, candidate.model) == ("qianfan", "ernie-x1-turbo-32k")
    assert {"seed", "stop", "response_format"} <= candidate.upstream.refused_fields


async def test_qianfan_is_asked_as_it_wants_to_be(first: ScriptedUpstream) -> None:
    environment = {"TOLLWAY_QIANFAN_API_KEY": "bce-v3/ALTAK-x", "TOLLWAY_QIANFAN_APPID": "app-1"}
    registry = await build({"qianfan": at(first, kind="qianfan")}, environment)
    call = call_with(
        SystemMessage(content="s"),
        UserMessage(content="a"),
        AssistantMessage(content="b", reasoning_content="thought"),
        UserMessage(content="c"),
        UserMessage(content="d"),
        seed=5,
        stop=["x"],
        temperature=0.5,
    )

    opened = await registry.route(FLAGSHIP).open_first(call)
    opened.answer.close()
    await registry.close()

    request = await first.request()
    assert request.headers["authorization"] == "Bearer bce-v3/ALTAK-x"
    assert request.headers["appid"] == "app-1"
    assert request.json == {
        "model": "page",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "b"},
            {"role": "user", "content": "c\n\nd"},
        ],
        "max_tokens": 10,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
    }


async def test_qianfan_is_not_asked_what_it_cannot_take(first: ScriptedUpstream) -> None:
    registry = await build({"qianfan": at(first, kind="qianfan")}, {"TOLLWAY_QIANFAN_API_KEY": "k"})

    with pytest.raises(RequestRefusedError) as refused:
        await registry.route(FLAGSHIP).open_first(call_with(AssistantMessage(content="a"), UserMessage(content="b")))
    await registry.close()

    assert refused.value.param == "messages[0].role"
    assert first.request_count == 0


async def test_without_an_upstream_the_stand_in_answers_and_says_so() -> None:
    engine = FakeUpstream("embedded")
    stand_in = StandIn(upstream=engine, model="smollm2-135m-instruct", own_models=frozenset({"own/model"}))
    registry = build_registry({}, {}, clock=SystemClock(), stand_in=stand_in)

    flagship = await registry.route(FLAGSHIP).open_first(HI)
    own = await registry.route(Asked("own/model")).open_first(HI)

    assert (flagship.upstream_id, flagship.served_by) == ("embedded", "embedded; stand-in=smollm2-135m-instruct")
    assert own.served_by == "embedded"
    assert [call.model for call in engine.calls] == ["smollm2-135m-instruct"] * 2
    await registry.close()
    assert engine.closed


@pytest.mark.parametrize("has_engine", [True, False])
async def test_a_model_without_upstream_names_the_setting(has_engine: bool) -> None:
    stand_in = StandIn(upstream=FakeUpstream("embedded"), model="m") if has_engine else None
    registry = build_registry({}, {}, clock=SystemClock(), stand_in=stand_in)

    with pytest.raises(UpstreamUnavailableError) as refused:
        registry.route(Asked("baidu/ernie-5.0"))

    assert refused.value.status == 503
    assert "[upstreams.NAME]" in refused.value.message
    assert "'baidu/ernie-5.0'" in refused.value.message


@pytest.mark.parametrize(
    ("change", "environment", "words"),
    [
        ({"key_env": "MY_KEY"}, {}, "MY_KEY"),
        ({"key_env": "MY_KEY"}, {"MY_KEY": " "}, "MY_KEY"),
        ({"kind": "qianfan"}, {}, "TOLLWAY_QIANFAN_API_KEY"),
        ({"base_url": "ftp://x"}, {}, "upstreams.one"),
        ({"base_url": "https://x/v1?a=b"}, {}, "upstreams.one"),
    ],
)
async def test_wrong_settings_are_refused_at_the_start(
    first: ScriptedUpstream, change: dict[str, str], environment: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        await build({"one": at(first, **change)}, environment)
