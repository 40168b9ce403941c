"""Keys that are changed over HTTP, by a command or by another process hold for the next call, without a restart."""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.chat_caller import ChatCaller, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.keys import open_key_ring
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.served import plain_client
from tollway.keys.types import KeyUpdate, LimitUpdate, Scope

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEADLINE_S = 60.0
"""That it takes less than a second where the machine does not hold it up is a matter of `test_key_snapshot`."""
CREDITS = 391
"""What a call of the page's example costs."""
BODY = chat_body(max_tokens=700)
MONTHS_END = dt.timedelta(minutes=2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    async with ScriptedUpstream() as upstream:
        settings = upstream_settings(upstream.base_url)
        async with Gateway(tmp_path_factory.mktemp("keys"), settings=settings) as one:
            yield one


@pytest_asyncio.fixture(loop_scope="module")
async def keys(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a management key of the first account, which has credits."""
    made = await gateway.command("key", "create", "--account", gateway.first["email"], "--management")
    headers = {"authorization": f"Bearer {made['key']}"}
    async with plain_client(f"{gateway.url}/v1/keys", headers) as client:
        deadline_s = time.monotonic() + DEADLINE_S
        while (await client.get("")).status_code != 200:
            assert time.monotonic() < deadline_s
            await asyncio.sleep(0.02)
        yield client


async def made(keys: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - what a body can have
    answer = await keys.post("", json=wanted)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def until(caller: ChatCaller, status: int, code: str | None = None) -> None:
    """Call until the answer is as wanted."""
    deadline_s = time.monotonic() + DEADLINE_S
    while (received := await caller.call(BODY)).status != status:
        assert time.monotonic() < deadline_s, f"still {received.status} after {DEADLINE_S} s"
        await asyncio.sleep(0.02)
    assert code is None or received.code == code


async def test_what_the_api_changes_holds_for_the_next_call(gateway: Gateway, keys: httpx.AsyncClient) -> None:
    key = await made(keys, name="next call")
    caller, path = ChatCaller(gateway.url, key["key"]), f"/{key['prefix']}"

    assert (await caller.call(BODY)).status == 200
    await keys.patch(path, json={"disabled": True})
    assert (await caller.call(BODY)).status == 401
    await keys.patch(path, json={"disabled": False, "scopes": ["model:image"]})
    received = await caller.call(BODY)
    assert (received.status, received.code) == (403, "scope_missing")
    await keys.patch(path, json={"scopes": None})
    assert (await caller.call(BODY)).status == 200
    await keys.delete(path)
    assert (await caller.call(BODY)).status == 401


async def well_within_a_month() -> None:
    """Wait for the next month, where this one is over before a test might be."""
    while (now := dt.datetime.now(dt.UTC)).month != (now + MONTHS_END).month:  # noqa: ASYNC110 - the calendar goes on
        await asyncio.sleep(0.5)


async def test_a_changed_limit_counts_what_was_spent_before(gateway: Gateway, keys: httpx.AsyncClient) -> None:
    await well_within_a_month()
    key = await made(keys)
    caller, path = ChatCaller(gateway.url, key["key"]), f"/{key['prefix']}"
    for _ in range(3):
        assert (await caller.call(BODY)).credits_used == CREDITS

    changed = (await keys.patch(path, json={"limit": {"retention": "month", "threshold": 0.0005865}})).json()["data"]
    assert (changed["monthly_usage"], changed["limit"]["threshold"]) == (0.0005865, 0.0005865)
    received = await caller.call(BODY)
    assert (received.status, received.code) == (403, "key_limit_reached")
    await keys.patch(path, json={"limit": {"threshold": 0.01}})
    assert (await caller.call(BODY)).credits_used == CREDITS
    await keys.patch(path, json={"limit": {"threshold": 0}})
    assert (await caller.call(BODY)).status == 403
    await keys.patch(path, json={"limit": None})
    assert (await caller.call(BODY)).status == 200
    listed = (await keys.get("")).json()["data"]
    assert [one["monthly_usage"] for one in listed if one["prefix"] == key["prefix"]] == [5 * CREDITS / 2_000_000]


async def test_a_limit_changed_by_a_command_holds_without_a_restart(gateway: Gateway, keys: httpx.AsyncClient) -> None:
    key = await made(keys, limit={"threshold": 0})
    caller = ChatCaller(gateway.url, key["key"])

    await until(caller, 403, "key_limit_reached")
    await gateway.command("key", "update", key["prefix"], "--limit-usd", "0.1", "--period", "day")
    await until(caller, 200)
    await gateway.command("key", "update", key["prefix"], "--no-limit", "--scope", "model:image")
    await until(caller, 403, "scope_missing")


async def test_what_another_process_changes_holds_without_a_restart(gateway: Gateway, keys: httpx.AsyncClient) -> None:
    key = await made(keys)
    caller = ChatCaller(gateway.url, key["key"])

    assert (await caller.call(BODY)).status == 200
    # It says nothing to the server, which has to find out by itself.
    async with open_key_ring(gateway.data) as elsewhere:
        await elsewhere.keys.update(key["prefix"], KeyUpdate(limit=LimitUpdate(limit_credits=CREDITS)))
        await until(caller, 403, "key_limit_reached")
        await elsewhere.keys.update(key["prefix"], KeyUpdate(limit=None, scopes=frozenset({Scope.CHAT})))
        await until(caller, 200)
        await elsewhere.keys.delete(key["prefix"])
        await until(caller, 401)


async def test_many_changes_at_once_are_all_kept(gateway: Gateway, keys: httpx.AsyncClient) -> None:
    key = await made(keys)
    caller, path = ChatCaller(gateway.url, key["key"]), f"/{key['prefix']}"
    changes = [
        {"name": "renamed"},
        {"scopes": ["model:chat"]},
        {"limit": {"threshold": 50, "retention": "week"}},
        *({"disabled": number % 2 == 0} for number in range(9)),
    ]

    calls = [asyncio.create_task(caller.call(BODY)) for _ in range(20)]
    answers = await asyncio.gather(*(keys.patch(path, json=change) for change in changes))

    assert [answer.status_code for answer in answers] == [200] * len(changes)
    assert {call.status for call in await asyncio.gather(*calls)} <= {200, 401}
    last = (await keys.patch(path, json={"disabled": False})).json()["data"]
    assert (last["name"], last["scopes"]) == ("renamed", ["model:chat"])
    assert last["limit"] == {"retention": "week", "threshold": 50}
    assert (await caller.call(BODY)).status == 200
    await gateway.assert_books_balance()
