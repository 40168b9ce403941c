"""The headers that every answer of the inference endpoints carries, refusals included."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.support.chat_caller import ChatCaller, Received, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.served import plain_client
from tests.support.stored_books import StoredBooks

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN_ID = {"X-Client-Request-Id": "Order:42_a.b-c"}
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INFERENCE_ID = re.compile(r"[A-Za-z0-9_-]{21}")
NO_UPSTREAM = "baidu/ernie-4.5-turbo-128k"

ADMITTED: dict[str, tuple[int, dict[str, Any]]] = {
    "json": (200, chat_body()),
    "stream": (200, chat_body(stream=True)),
    "refused by the upstream": (400, chat_body("script:status-400")),
    "unsafe": (400, chat_body("script:unsafe")),
    "limited by the upstream": (429, chat_body("script:limited")),
    "wrong upstream key": (502, chat_body("script:status-401")),
    "nonsense": (502, chat_body("script:malformed-json")),
    "unavailable": (503, chat_body("script:status-503")),
    "too slow": (504, chat_body("script:status-504")),
}
REFUSED: dict[str, tuple[int, dict[str, Any] | bytes, dict[str, str]]] = {
    "not JSON": (400, b"{", {}),
    "no messages": (400, {"model": "baidu/ernie-x1-turbo-32k"}, {}),
    "no key": (401, chat_body(), {"Authorization": ""}),
    "unknown key": (401, chat_body(), {"Authorization": "Bearer twk" + "0" * 43}),
    "unknown model": (404, chat_body(model="baidu/none"), {}),
    "no price": (403, chat_body(model="baidu/ernie-5.0"), {}),
    "no upstream": (503, chat_body(model=NO_UPSTREAM), {}),
    "too large": (413, chat_body("x" * 5_000_000), {}),
    "not announced as JSON": (415, chat_body(), {"Content-Type": "text/plain"}),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    async with ScriptedUpstream() as upstream:
        settings = upstream_settings(upstream.base_url)
        async with Gateway(tmp_path_factory.mktemp("headers"), settings=settings) as one:
            yield one


@pytest.fixture
def caller(gateway: Gateway) -> ChatCaller:
    return ChatCaller(gateway.url, gateway.key)


def assert_is_refusal(received: Received, status: int, path: str = "/v1/chat/completions") -> None:
    """The body is the one of the contract's section on errors."""
    body = received.json
    assert (received.status, body["statusCode"]) == (status, status)
    assert REQUEST_ID.fullmatch(body["requestId"])
    assert body["path"] == path
    assert body["message"] == body["error"]["message"]
    assert set(body) == {"message", "path", "requestId", "statusCode", "timestamp", "error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/chat/completions"])
@pytest.mark.parametrize("name", ADMITTED)
async def test_admitted_calls_have_ids_limits_and_one_row(
    gateway: Gateway, caller: ChatCaller, name: str, path: str
) -> None:
    status, body = ADMITTED[name]
    received = await caller.call(body, path=path, headers=OWN_ID)
    assert INFERENCE_ID.fullmatch(received.inference_id)
    assert received.headers["x-client-request-id"] == OWN_ID["X-Client-Request-Id"]
    assert {"x-ratelimit-limit-requests", "x-ratelimit-remaining-concurrent"} <= set(received.headers)
    receipt = StoredBooks(gateway.data).receipt(received.inference_id)
    assert receipt["client_request_id"] == OWN_ID["X-Client-Request-Id"]
    if status == 200:
        assert received.status == 200
        assert (receipt["status"], receipt["charged_credits"]) == ("succeeded", 391)
    else:
        assert_is_refusal(received, status, path)
        assert (receipt["status"], receipt["charged_credits"]) == ("failed", 0)
        assert receipt["error_code"] == received.code


@pytest.mark.parametrize("name", REFUSED)
async def test_refused_calls_have_ids_and_no_row(gateway: Gateway, caller: ChatCaller, name: str) -> None:
    status, body, headers = REFUSED[name]
    received = await caller.call(body, headers=OWN_ID | headers)
    assert_is_refusal(received, status)
    assert INFERENCE_ID.fullmatch(received.inference_id)
    assert received.headers["x-client-request-id"] == OWN_ID["X-Client-Request-Id"]
    assert received.inference_id not in StoredBooks(gateway.data).receipts()


@pytest.mark.parametrize("options", [["--management"], ["--scope", "model:image"]], ids=["management", "scope"])
async def test_keys_that_may_not_chat_are_refused(gateway: Gateway, options: list[str]) -> None:
    made = await gateway.command("key", "create", "--account", gateway.first["email"], *options)
    caller = ChatCaller(gateway.url, made["key"])
    while (received := await caller.call(chat_body(), headers=OWN_ID)).status == 401:
        pass
    assert_is_refusal(received, 403)
    assert INFERENCE_ID.fullmatch(received.inference_id)
    assert "/app/keys" in received.json["message"]
    assert received.inference_id not in StoredBooks(gateway.data).receipts()


async def test_the_upstreams_code_and_pause_reach_the_caller(caller: ChatCaller) -> None:
    limited = await caller.call(chat_body("script:limited"))
    assert (limited.status, limited.json["message"]) == (429, "Too Many Requests")
    assert (limited.headers["retry-after"], limited.code) == ("7", "rpm_rate_limit_exceeded")
    refused = await caller.call(chat_body("script:status-400"))
    assert (refused.json["message"], refused.code) == ("message of 400", "code_of_400")
    assert (await caller.call(chat_body("script:unsafe"))).code == "content_filter"


@pytest.mark.parametrize("value", ["a", "Az09._:-", "x" * 128])
async def test_a_callers_own_id_is_echoed(caller: ChatCaller, value: str) -> None:
    received = await caller.call(chat_body(), headers={"X-Client-Request-Id": value})
    assert (received.status, received.headers["x-client-request-id"]) == (200, value)


@pytest.mark.parametrize("value", ["x" * 129, "a b", "a/b", "ä", "a,b", "a\tb"])
async def test_another_id_is_dropped_in_silence(caller: ChatCaller, value: str) -> None:
    received = await caller.call(chat_body(), headers={"X-Client-Request-Id": value})
    assert received.status == 200
    assert "x-client-request-id" not in received.headers


@pytest.mark.parametrize("key", ["valid", "wrong"])
async def test_pages_of_other_origins_may_read_the_headers(gateway: Gateway, key: str) -> None:
    caller = ChatCaller(gateway.url, gateway.key if key == "valid" else key)
    received = await caller.call(chat_body(), headers={"Origin": "https://app.example.com"})
    exposed = {name.strip().lower() for name in received.headers["access-control-expose-headers"].split(",")}
    assert {"x-inference-id", "x-client-request-id", "x-aimlapi-credits-used", "x-aimlapi-usd-spent"} <= exposed
    assert received.headers["access-control-allow-origin"] == "*"


async def test_other_methods_are_refused_and_the_connection_stays_usable(gateway: Gateway) -> None:
    async with plain_client(gateway.url, gateway.headers) as client:
        for method in ("HEAD", "GET", "PUT", "HEAD"):
            refused = await client.request(method, "/v1/chat/completions")
            assert (refused.status_code, refused.headers["allow"]) == (405, "POST, OPTIONS")
            assert INFERENCE_ID.fullmatch(refused.headers["x-inference-id"])
            assert bool(refused.content) == (method != "HEAD")
        assert (await client.post("/v1/chat/completions", json=chat_body())).status_code == 200
