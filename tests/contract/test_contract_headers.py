"""Headers of the inference endpoints: identity, cost, what was ignored, and what browsers may read."""

import re
from typing import Any

import pytest

from tests.support.gateway import FLAGSHIP
from tests.support.served import PATHS, PICKY, VISION, Served, chat

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]
USER = {"role": "user", "content": "Hi"}
NAMED_BY_THE_CONTRACT = ("x-inference-id", "x-client-request-id", "x-aimlapi-credits-used", "x-aimlapi-usd-spent")
SEED_REFUSED = chat("plain", model=PICKY, seed=7)


@pytest.mark.parametrize("path", PATHS)
async def test_json_answer_tells_its_cost(served: Served, path: str) -> None:
    async with served.client() as client:
        response = await client.post(path, json=chat())

    assert response.headers["x-aimlapi-credits-used"] == "391"
    assert response.headers["x-aimlapi-usd-spent"] == "0.0001955"
    assert response.headers["x-served-by"] == "scripted"


async def test_stream_has_no_cost_in_its_headers(served: Served) -> None:
    async with served.client() as client:
        response = await client.post(PATHS[0], json=chat(stream=True))

    assert re.fullmatch(r"[A-Za-z0-9_-]{21}", response.headers["x-inference-id"])
    assert not [name for name in response.headers if name.startswith("x-aimlapi")]
    assert response.headers["cache-control"] == "no-cache"


async def test_every_call_has_an_id_of_its_own(served: Served) -> None:
    async with served.client() as client:
        ids = [(await client.post(PATHS[0], json=chat())).headers["x-inference-id"] for _ in range(5)]
        ids += [(await client.get(PATHS[0])).headers["x-inference-id"]]

    assert len(set(ids)) == 6
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{21}", one) for one in ids)


@pytest.mark.parametrize("given", ["a", "order:77.b_c-D", "x" * 128])
@pytest.mark.parametrize("request_body", [chat(), chat(stream=True), {"model": 1}], ids=["json", "stream", "refused"])
async def test_the_callers_own_id_comes_back(served: Served, given: str, request_body: Json) -> None:
    async with served.client() as client:
        response = await client.post(PATHS[0], json=request_body, headers={"X-Client-Request-Id": given})

    assert response.headers["x-client-request-id"] == given


@pytest.mark.parametrize("given", [b"", b"x" * 129, b"a b", b"a,b", b"<script>", b"caf\xe9", b"a/b"])
async def test_an_id_of_another_form_is_dropped_in_silence(served: Served, given: bytes) -> None:
    async with served.client() as client:
        response = await client.post(PATHS[0], json=chat(), headers=[(b"X-Client-Request-Id", given)])

    assert response.status_code == 200
    assert "x-client-request-id" not in response.headers


class TestCors:
    @pytest.mark.parametrize("path", PATHS)
    async def test_preflight_allows_what_an_sdk_sends(self, served: Served, path: str) -> None:
        asked = "authorization,content-type,x-stainless-lang,x-client-request-id"
        async with served.client() as client:
            response = await client.options(
                path,
                headers={
                    "Origin": "https://app.example.org",
                    "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": asked,
                },
            )

        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == "*"
        assert "POST" in response.headers["access-control-allow-methods"]
        assert response.headers["access-control-allow-headers"] == asked
        assert int(response.headers["access-control-max-age"]) > 0

    @pytest.mark.parametrize(
        ("key", "request_body"),
        [(None, chat()), (None, chat(stream=True)), ("wrong", chat()), (None, chat("status-500"))],
        ids=["json", "stream", "refused", "failed"],
    )
    async def test_browsers_may_read_every_answer(self, served: Served, key: str | None, request_body: Json) -> None:
        async with served.client(key) as client:
            response = await client.post(PATHS[0], json=request_body, headers={"Origin": "https://app.example.org"})

        assert response.headers["access-control-allow-origin"] == "*"
        exposed = response.headers["access-control-expose-headers"].split(", ")
        assert set(NAMED_BY_THE_CONTRACT) <= set(exposed)
        assert "access-control-allow-credentials" not in response.headers


IGNORED: dict[str, tuple[Json, str | None]] = {
    "nothing": (chat(), None),
    "known fields alone": (chat(seed=1, temperature=1, tools=[], stop=None), None),
    "fields of other platforms": (
        chat(user="ada", metadata={"a": "b"}, store=True, reasoning_effort="high", service_tier="auto"),
        "user, metadata, store, reasoning_effort, service_tier",
    ),
    "harmless values of what is refused otherwise": (
        chat(n=1, logprobs=False, logit_bias={}, top_logprobs=0), "n, logprobs, logit_bias, top_logprobs",
    ),
    "a null": (chat(user=None), "user"),
    "in options": (chat(stream_options={"include_usage": True, "include_obfuscation": False}),
                   "stream_options.include_obfuscation"),
    "in messages and parts": (
        {
            "model": FLAGSHIP,
            "messages": [
                USER,
                {"role": "assistant", "content": "Hello", "audio": None},
                {"role": "user", "mood": "good",
                 "content": [{"type": "text", "text": "Go on", "cache_control": {"type": "ephemeral"}}]},
            ],
        },
        "messages[1].audio, messages[2].mood, messages[2].content[0].cache_control",
    ),
    "in tool calls": (
        {
            "model": FLAGSHIP,
            "messages": [
                USER,
                {"role": "assistant", "tool_calls": [
                    {"id": "a", "index": 0, "type": "function",
                     "function": {"name": "f", "arguments": "{}", "parsed": {}}},
                ]},
                {"role": "tool", "tool_call_id": "a", "content": "fine"},
            ],
        },
        "messages[1].tool_calls[0].index, messages[1].tool_calls[0].function.parsed",
    ),
    "in a tool choice": (
        chat(
            tools=[{"type": "function", "function": {"name": "f", "parameters": {"any": "thing"}}}],
            tool_choice={"type": "function", "function": {"name": "f", "mode": "x"}, "force": True},
        ),
        "tool_choice.function.mode, tool_choice.force",
    ),
    "in an image part": (
        chat(model=VISION) | {"messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "https://images.example.org/cat.png", "width": 10}},
        ]}]},
        "messages[0].content[0].image_url.width",
    ),
    "what the upstream refuses": (SEED_REFUSED, "seed"),
    "what it refuses beside what nobody knows": (
        chat("plain", model=PICKY, seed=7, user="ada", prediction={"type": "content", "content": "x"}),
        "user, prediction, seed",
    ),
    "what is emulated is not ignored": (
        chat("plain", model=PICKY, stop="END", response_format={"type": "text"}), None,
    ),
    "a name that no header can carry": (chat() | {"naïve\nfield": 1}, "na\\xefve?field"),
}  # fmt: skip


class TestIgnoredParams:
    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("name", IGNORED)
    async def test_every_field_without_effect_is_named(
        self, served: Served, name: str, path: str, stream: bool
    ) -> None:
        body, ignored = IGNORED[name]
        async with served.client() as client:
            response = await client.post(path, json=body | ({"stream": True} if stream else {}))

        assert response.status_code == 200, response.text
        assert response.headers.get("x-ignored-params") == ignored

    async def test_ignored_fields_do_not_reach_the_upstream(self, served: Served) -> None:
        body, _ = IGNORED["in messages and parts"]
        async with served.client() as client:
            await client.post(PATHS[0], json=body | {"user": "ada"})

        sent = served.upstream.requests[-1].json
        assert "user" not in sent
        assert sent["messages"][2] == {"role": "user", "content": [{"type": "text", "text": "Go on"}]}

    async def test_the_flagships_upstream_here_takes_the_seed(self, served: Served) -> None:
        async with served.client() as client:
            response = await client.post(PATHS[0], json=chat(seed=7))

        assert served.upstream.requests[-1].json["seed"] == 7
        assert "x-ignored-params" not in response.headers
