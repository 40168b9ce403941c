"""A wallet with money for ten holds admits ten of a thousand calls that come at once, and no more."""

import asyncio
import collections
import json
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from tests.support.chat_caller import Call, ChatCaller, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.stored_books import StoredBooks

CALLERS, ADMITTED = 1000, 10
DEADLINE_S = 120.0
MAX_TOKENS = 300
INPUT_NANOUSD, OUTPUT_NANOUSD, NANOUSD_PER_CREDIT = 175, 695, 500
BODY = chat_body("script:never", max_tokens=MAX_TOKENS)
PROMPT_TOKENS = sum(16 + len(json.dumps(message, separators=(",", ":"))) for message in BODY["messages"])
HOLD_CREDITS = -(-(PROMPT_TOKENS * INPUT_NANOUSD + MAX_TOKENS * OUTPUT_NANOUSD) // NANOUSD_PER_CREDIT)
"""The upper bound of the prompt and the explicit limit of the answer, at the flagship's prices."""


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Let this process, and the server that it starts, have a connection for every caller."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * CALLERS)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as one:
        yield one


@pytest.fixture
async def gateway(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    async with Gateway(tmp_path_factory.mktemp("overdraft"), settings=upstream_settings(upstream.base_url)) as one:
        yield one


async def assert_ten_are_admitted(gateway: Gateway, upstream: ScriptedUpstream, email: str) -> None:
    books, asked = StoredBooks(gateway.data), upstream.request_count
    caller = ChatCaller(gateway.url, await gateway.new_account(email, ADMITTED * HOLD_CREDITS))
    while (await caller.call(b"{}")).status == 401:
        # A new key is known within a second.
        pass
    statuses: collections.Counter[tuple[int, str]] = collections.Counter()

    async def watch(call: Call) -> None:
        received = await call.until_end()
        statuses[received.status, received.code] += 1

    async with AsyncExitStack() as calls, asyncio.TaskGroup() as watching:
        begun = await asyncio.gather(*(calls.enter_async_context(caller.begin(BODY)) for _ in range(CALLERS)))
        tasks = [watching.create_task(watch(call)) for call in begun]
        async with asyncio.timeout(DEADLINE_S):
            # The upstream answers nobody, so whoever is not refused was admitted.
            while statuses.total() < CALLERS - ADMITTED or upstream.request_count < asked + ADMITTED:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        wallet = books.wallet(email)
        for task in tasks:
            task.cancel()
    assert statuses == {(403, "insufficient_credits"): CALLERS - ADMITTED}
    assert upstream.request_count == asked + ADMITTED
    assert wallet == (ADMITTED * HOLD_CREDITS, ADMITTED * HOLD_CREDITS)
    await books.nothing_held()
    assert books.wallet(email) == (ADMITTED * HOLD_CREDITS, 0)
    assert (await caller.call(chat_body(max_tokens=MAX_TOKENS))).status == 200


@pytest.mark.parametrize("rounds", [1, pytest.param(100, marks=pytest.mark.soak)])
async def test_a_thousand_at_once_with_money_for_ten(gateway: Gateway, upstream: ScriptedUpstream, rounds: int) -> None:
    for number in range(rounds):
        await assert_ten_are_admitted(gateway, upstream, f"ten{number}@example.com")
    receipts, states = StoredBooks(gateway.data).receipts(), StoredBooks(gateway.data).hold_states()
    assert len(receipts) == len(states) == rounds * (ADMITTED + 1)
    assert {receipt["hold_credits"] for receipt in receipts.values() if receipt["client_disconnected"]} == {
        HOLD_CREDITS
    }
    async with asyncio.timeout(DEADLINE_S):
        # The holds are closed; the upstream hears of its callers' leaving by itself.
        while upstream.abort_count < rounds * ADMITTED:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)
    assert upstream.abort_count == rounds * ADMITTED
    await gateway.assert_books_balance()
