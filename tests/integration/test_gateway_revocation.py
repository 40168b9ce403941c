"""Changes by the command line beside a running server work soon, without a restart."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.chat_caller import ChatCaller, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEADLINE_S = 60.0
"""That it takes less than a second where the machine does not hold it up is a matter of `test_key_snapshot`."""
CREDITS = 391
"""What a call of the page's example costs."""
LIMIT_USD = 0.002
"""Enough for a few calls of the page's example that name a small ``max_tokens``."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    async with ScriptedUpstream() as upstream:
        settings = upstream_settings(upstream.base_url)
        async with Gateway(tmp_path_factory.mktemp("revocation"), settings=settings) as one:
            yield one


@pytest.fixture
def email(gateway: Gateway) -> str:
    """The first account, which has credits."""
    address: str = gateway.first["email"]
    return address


async def until_status(caller: ChatCaller, status: int) -> None:
    """Call until the answer has the status."""
    deadline_s = time.monotonic() + DEADLINE_S
    while (received := await caller.call(chat_body())).status != status:
        assert time.monotonic() < deadline_s, f"still {received.status} after {DEADLINE_S} s"
        await asyncio.sleep(0.02)
    # What has changed stays so.
    assert (await caller.call(chat_body())).status == status


async def test_a_disabled_key_stops_working_and_an_enabled_one_works_again(gateway: Gateway, email: str) -> None:
    made = await gateway.command("key", "create", "--account", email)
    caller = ChatCaller(gateway.url, made["key"])
    await until_status(caller, 200)
    await gateway.command("key", "disable", made["prefix"])
    await until_status(caller, 401)
    refused = await caller.call(chat_body())
    assert "valid API key is required" in refused.json["message"]
    assert "/app/keys" in refused.json["message"]
    await gateway.command("key", "enable", made["prefix"])
    await until_status(caller, 200)


async def test_a_deleted_key_stops_working(gateway: Gateway, email: str) -> None:
    made = await gateway.command("key", "create", "--account", email)
    caller = ChatCaller(gateway.url, made["key"])
    await until_status(caller, 200)
    await gateway.command("key", "delete", made["prefix"])
    await until_status(caller, 401)


async def test_all_keys_of_a_disabled_account_stop_working(gateway: Gateway) -> None:
    first = await gateway.new_account("leaver@example.com", 1_000_000)
    second = await gateway.command("key", "create", "--account", "leaver@example.com")
    callers = [ChatCaller(gateway.url, key) for key in (first, second["key"])]
    for caller in callers:
        await until_status(caller, 200)
    await gateway.command("account", "disable", "leaver@example.com")
    await asyncio.gather(*(until_status(caller, 401) for caller in callers))


async def test_a_used_up_limit_stops_the_key_and_no_other(gateway: Gateway, email: str) -> None:
    made = await gateway.command(
        "key", "create", "--account", email, "--limit-usd", str(LIMIT_USD), "--period", "no_reset"
    )  # fmt: skip
    other = await gateway.command("key", "create", "--account", email)
    caller, limit_credits = ChatCaller(gateway.url, made["key"]), round(LIMIT_USD * 2_000_000)
    await until_status(caller, 200)
    spent, body = CREDITS * 2, chat_body(max_tokens=700)
    while (received := await caller.call(body)).status == 200:
        spent += received.credits_used
        assert spent <= limit_credits
    assert spent >= 3 * CREDITS
    assert (received.status, received.code) == (403, "key_limit_reached")
    assert "Key limit reached" in received.json["message"]
    assert "/app/keys" in received.json["message"]
    assert (await ChatCaller(gateway.url, other["key"]).call(body)).status == 200


async def test_a_grant_is_spendable_at_once(gateway: Gateway) -> None:
    key = await gateway.new_account("poor@example.com", 0)
    caller = ChatCaller(gateway.url, key)
    await until_status(caller, 403)
    refused = await caller.call(chat_body())
    assert refused.code == "insufficient_credits"
    assert "/app/billing" in refused.json["message"]
    granted = await gateway.command("credit", "grant", "poor@example.com", "--credits", "5000")
    assert granted["balance_credits"] == 5000
    assert (await caller.call(chat_body())).credits_used == CREDITS
