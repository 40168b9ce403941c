"""Rate and concurrency limits of keys and accounts, as their callers see them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.support.chat_caller import ChatCaller, Received, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.stored_books import StoredBooks

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT_CALLS = 3
DEADLINE_S = 30.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    async with ScriptedUpstream() as upstream:
        settings = upstream_settings(upstream.base_url).replace(
            "account_concurrent_requests = 1000000", f"account_concurrent_requests = {ACCOUNT_CALLS}"
        )
        async with Gateway(tmp_path_factory.mktemp("limits"), settings=settings) as one:
            yield one


async def caller_with(gateway: Gateway, *options: str) -> ChatCaller:
    """A caller with a new key of the first account."""
    made = await gateway.command("key", "create", "--account", gateway.first["email"], *options)
    caller = ChatCaller(gateway.url, made["key"])
    while (await caller.call(b"{}")).status == 401:
        # A new key is known within a second; a body without a model is a 400.
        pass
    return caller


async def admitted_alone(caller: ChatCaller, expected: tuple[int, int]) -> None:
    """Call until no other call is under way: one that was left gives its place back after its hold is closed."""
    async with asyncio.timeout(DEADLINE_S):
        while limits(received := await caller.call(chat_body()), "concurrent") != expected:
            assert received.status in {200, 429}
            await asyncio.sleep(0.02)
    assert received.status == 200


def assert_too_many(received: Received) -> None:
    assert (received.status, received.code) == (429, "rate_limit_exceeded")
    assert received.json["message"] == received.json["error"]["message"] == "Too Many Requests"


def limits(received: Received, kind: str) -> tuple[int, int]:
    """The limit, and what is left of it."""
    return tuple(int(received.headers[f"x-ratelimit-{name}-{kind}"]) for name in ("limit", "remaining"))  # type: ignore[return-value]


async def test_a_key_may_make_so_many_requests_a_minute(gateway: Gateway) -> None:
    # The request that finds the key known counts too.
    caller = await caller_with(gateway, "--requests-per-minute", "4")
    for left in (2, 1, 0):
        received = await caller.call(chat_body())
        assert received.status == 200
        assert limits(received, "requests") == (4, left)
        assert 0 < int(received.headers["x-ratelimit-reset-requests"]) <= 60
    refused = await caller.call(chat_body())
    assert_too_many(refused)
    assert limits(refused, "requests") == (4, 0)
    assert 1 <= int(refused.headers["retry-after"]) <= 15
    assert refused.inference_id not in StoredBooks(gateway.data).receipts()


async def test_a_key_may_have_so_many_calls_under_way(gateway: Gateway) -> None:
    caller = await caller_with(gateway, "--concurrent", "2")
    slow = chat_body("script:slow-middle", stream=True)
    async with AsyncExitStack() as open_calls:
        first = await open_calls.enter_async_context(caller.begin(slow))
        second = await open_calls.enter_async_context(caller.begin(slow))
        await first.until_text(b"data:")
        await second.until_text(b"data:")
        assert sorted(limits(call.received, "concurrent") for call in (first, second)) == [(2, 0), (2, 1)]
        refused = await caller.call(chat_body())
        assert_too_many(refused)
        assert limits(refused, "concurrent") == (2, 0)
        assert refused.headers["retry-after"] == "1"
    await admitted_alone(caller, (2, 1))


async def test_the_keys_of_an_account_share_its_limit(gateway: Gateway) -> None:
    callers = [await caller_with(gateway), await caller_with(gateway)]
    slow = chat_body("script:slow-middle", stream=True)
    async with AsyncExitStack() as open_calls:
        for number in range(ACCOUNT_CALLS):
            call = await open_calls.enter_async_context(callers[number % 2].begin(slow))
            await call.until_text(b"data:")
        for caller in callers:
            refused = await caller.call(chat_body())
            assert_too_many(refused)
            assert limits(refused, "concurrent") == (ACCOUNT_CALLS, 0)
    await admitted_alone(callers[0], (ACCOUNT_CALLS, ACCOUNT_CALLS - 1))
