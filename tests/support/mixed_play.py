"""Sending the requests of `mixed_load` to a real server, as many callers at once."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from tests.support.chat_caller import ChatCaller, Received
from tests.support.gateway import Gateway
from tests.support.mixed_load import Caller, Scenario

AT_ONCE = 32
SPENDING_LIMIT_CREDITS = 10_000
USD_PER_CREDIT = 0.0000005
TIMEOUTS = "first_byte_timeout_s = 2.0\nidle_timeout_s = 2.0\ntotal_timeout_s = 6.0"
"""Settings of the upstream with which its silence is found out soon."""


async def make_keys(gateway: Gateway) -> dict[Caller, str]:
    email = gateway.first["email"]

    async def key(*options: str) -> dict[str, Any]:
        return await gateway.command("key", "create", "--account", email, *options)

    spending = await key("--limit-usd", f"{SPENDING_LIMIT_CREDITS * USD_PER_CREDIT:f}", "--period", "day")
    disabled = await key()
    await gateway.command("key", "disable", disabled["prefix"])
    keys: dict[Caller, str] = {
        "rich": gateway.key,
        "spending": spending["key"],
        "over_limit": (await key("--limit-usd", f"{USD_PER_CREDIT:.7f}"))["key"],
        "poor": await gateway.new_account("poor@example.com", 0),
        "disabled": disabled["key"],
        "management": (await key("--management"))["key"],
        "unknown": "twk" + "0" * 43,
    }
    for name in set(keys) - {"disabled", "unknown"}:
        while (await ChatCaller(gateway.url, keys[name]).call(b"{}")).status == 401:
            # A new key is known within a second.
            pass
    while (await ChatCaller(gateway.url, keys["disabled"]).call(b"{}")).status != 401:
        pass
    return keys


async def play(scenario: Scenario, caller: ChatCaller) -> Received:
    headers = {"X-Client-Request-Id": scenario.own_id, **scenario.headers}
    if scenario.kind != "leaving":
        return await caller.call(scenario.body, headers=headers)
    async with caller.begin(scenario.body, headers=headers) as call:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(scenario.leave_after_s):
                await call.until_bytes(scenario.leave_after_bytes)
    return call.received


async def play_all(gateway: Gateway, keys: Mapping[Caller, str], scenarios: list[Scenario]) -> list[Received]:
    callers = {name: ChatCaller(gateway.url, key) for name, key in keys.items()}
    places = asyncio.Semaphore(AT_ONCE)

    async def one(scenario: Scenario) -> Received:
        async with places:
            return await play(scenario, callers[scenario.caller])

    return await asyncio.gather(*map(one, scenarios))
