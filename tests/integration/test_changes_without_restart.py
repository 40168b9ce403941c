"""Limits, prices, coupons and the offer change on one running server, over HTTP and by commands, without a restart.

The tests share that server and come in any order, so each compares with what held before it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.chat_caller import FLAGSHIP, ChatCaller, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.served import plain_client
from tollway.flows import refresh_catalog
from tollway.http.admin.address import socket_path
from tollway.keys import snapshot

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEADLINE_S = 60.0
CREDITS_PER_USD = 2_000_000
TOKENS = 13 + 278
"""Prompt and visible tokens of a call; with a price of one credit per token of both it costs as many credits."""
NANOUSD_PER_CREDIT = 500
BODY = chat_body(max_tokens=700)


@dataclass
class World:
    """A running server, a caller of it, and its operator."""

    gateway: Gateway
    caller: ChatCaller
    management: httpx.AsyncClient
    operator: httpx.AsyncClient

    async def cost(self) -> int:
        """Make a call that is answered, and return its credits."""
        received = await self.caller.call(BODY)
        assert received.status == 200, received.body
        return int(received.json["meta"]["usage"]["credits_used"])

    async def refusal(self) -> tuple[int, str]:
        """Make a call, and return its status and code."""
        received = await self.caller.call(BODY)
        return received.status, "" if received.status == 200 else received.code

    async def told(self, client: httpx.AsyncClient, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """Send a request that must succeed, and return the answer."""
        answer = await client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A server that is started once, and whose books balance at the end."""
    async with ScriptedUpstream() as upstream:
        settings = upstream_settings(upstream.base_url)
        async with Gateway(tmp_path_factory.mktemp("changes"), settings=settings) as server:
            management, operator = [await key_of(server, kind) for kind in ("management", "operator")]
            async with (
                plain_client(server.url, management) as of_owner,
                plain_client(server.url, operator) as of_operator,
            ):
                await soon(lambda: status_of(of_owner, "/v1/key"), 200)
                await soon(lambda: status_of(of_operator, "/admin/v1/models"), 200)
                yield World(server, ChatCaller(server.url, server.key), of_owner, of_operator)
            await server.assert_books_balance()


async def key_of(server: Gateway, kind: str) -> dict[str, str]:
    """Make a key of the first account, and return what its holder sends."""
    made = await server.command("key", "create", "--account", server.first["email"], "--kind", kind)
    return {"authorization": f"Bearer {made['key']}"}


async def status_of(client: httpx.AsyncClient, path: str) -> int:
    """Return the status of an answer."""
    return (await client.get(path)).status_code


async def soon(look: Callable[[], Awaitable[object]], wanted: object) -> None:
    """Look until it is as wanted."""
    async with asyncio.timeout(DEADLINE_S):
        while await look() != wanted:  # noqa: ASYNC110 - Only asking tells.
            await asyncio.sleep(0.02)


def prices(credits_per_token: int) -> dict[str, object]:
    """Write the prices of the flagship model for the operator's endpoint."""
    nanousd = credits_per_token * NANOUSD_PER_CREDIT
    return {"model": FLAGSHIP, "input_nanousd": nanousd, "output_nanousd": nanousd}


async def test_a_limit_that_is_changed_over_http_holds_for_the_next_call(world: World) -> None:
    path, spent = f"/v1/keys/{world.gateway.key[:8]}", await world.cost()

    limit = {"threshold": spent / CREDITS_PER_USD, "retention": "no_reset"}
    await world.told(world.management, "PATCH", path, {"limit": limit})
    assert await world.refusal() == (403, "key_limit_reached")
    await world.told(world.management, "PATCH", path, {"limit": None})
    assert await world.cost() == spent


async def test_a_limit_that_a_command_changes_holds_soon(world: World) -> None:
    prefix, spent = world.gateway.key[:8], await world.cost()

    await world.gateway.command("key", "update", prefix, "--limit-usd", str(spent / CREDITS_PER_USD))
    await soon(world.refusal, (403, "key_limit_reached"))
    await world.gateway.command("key", "update", prefix, "--no-limit")
    await soon(world.refusal, (200, ""))


async def test_servers_look_for_changes_more_than_once_a_second() -> None:
    assert max(snapshot.POLL_INTERVAL_S, refresh_catalog.POLL_INTERVAL_S) < 1


async def test_a_price_that_is_set_over_http_holds_for_the_next_call(world: World) -> None:
    for credits_per_token in (3, 4):
        await world.told(world.operator, "POST", "/admin/v1/rate-cards", prices(credits_per_token))
        assert await world.cost() == credits_per_token * TOKENS


async def test_a_price_that_a_command_sets_holds_soon(world: World) -> None:
    await world.gateway.command("price", "set", FLAGSHIP, "--input", "1000", "--output", "1000")

    await soon(world.cost, 2 * TOKENS)


async def test_a_price_holds_soon_also_where_nobody_told_the_server(world: World) -> None:
    socket = socket_path(world.gateway.data)
    away = socket.rename(socket.with_name("away"))
    try:
        await world.gateway.command("price", "set", FLAGSHIP, "--input", "3500", "--output", "3500")
    finally:
        away.rename(socket)

    await soon(world.cost, 7 * TOKENS)


async def test_a_price_with_a_date_holds_from_then_on(world: World) -> None:
    await world.told(world.operator, "POST", "/admin/v1/rate-cards", prices(5))
    # Moments are whole milliseconds to the server.
    begins = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    dated = {**prices(1), "effective_from": begins.isoformat()}
    await world.told(world.operator, "POST", "/admin/v1/rate-cards", dated)

    asked_at, costs = begins - timedelta(days=1), set()
    async with asyncio.timeout(DEADLINE_S):
        while asked_at < begins:
            received = await world.caller.call(BODY)
            receipt = await world.told(world.management, "GET", f"/v2/logs/{received.inference_id}")
            asked_at = datetime.fromisoformat(receipt["timings"]["started_at"])
            costs.add((asked_at < begins, receipt["cost"]["credits"]))
    assert costs - {(True, 5 * TOKENS)} == {(False, TOKENS)}


async def test_a_new_coupon_is_taken_at_once(world: World) -> None:
    before = (await world.told(world.management, "GET", "/v1/billing/balance"))["balance"]
    await world.told(world.operator, "POST", "/admin/v1/coupons", {"code": "OVER-HTTP", "credits": 500})
    await world.gateway.command("coupon", "create", "BY-COMMAND", "--credits", "70")

    for code in ("OVER-HTTP", "BY-COMMAND"):
        await world.told(world.management, "POST", "/v2/billing/coupons", {"code": code})
    assert (await world.told(world.management, "GET", "/v1/billing/balance"))["balance"] == before + 570


async def test_a_model_is_taken_off_the_offer_and_put_back(world: World) -> None:
    assert await world.refusal() == (200, "")

    await world.told(world.operator, "PATCH", f"/admin/v1/models/{FLAGSHIP}", {"enabled": False})
    assert await world.refusal() == (404, "model_disabled")
    await world.gateway.command("model", "enable", FLAGSHIP)
    await soon(world.refusal, (200, ""))
