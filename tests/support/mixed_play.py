"""Sending the requests of `mixed_load` to a real server, as many callers at once."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from tests.support.chat_caller import ChatCaller, Received
from tests.support.gateway import Gateway, upstream_settings
from tests.support.mixed_load import ENDLESS, SILENT_MODELS, Caller, Scenario
from tests.support.scripted_upstream import ScriptedUpstream

AT_ONCE = 32
DEADLINE_S = 60.0
SPENDING_LIMIT_CREDITS = 10_000
USD_PER_CREDIT = 0.0000005


def mixed_settings(base_url: str) -> str:
    """Write the settings of a server that finds out soon where it is to wait in vain, and is patient elsewhere."""
    return upstream_settings(
        base_url,
        more="".join(
            f'[upstreams.silent{number}]\nkind = "openai_compatible"\nallow_private_addresses = true\n'
            f'base_url = "{base_url}"\nmodels = {{ "{model}" = "silent" }}\n'
            "first_byte_timeout_s = 2.0\nidle_timeout_s = 2.0\ntotal_timeout_s = 6.0\n"
            for number, model in enumerate(SILENT_MODELS)
        ),
    )


async def make_keys(gateway: Gateway) -> dict[Caller, str]:
    email = gateway.first["email"]

    async def key(*options: str) -> dict[str, Any]:
        return await gateway.command("key", "create", "--account", email, *options)

    spending = await key("--limit-usd", f"{SPENDING_LIMIT_CREDITS * USD_PER_CREDIT:f}", "--period", "no_reset")
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


async def until_asked(upstream: ScriptedUpstream, scenario: Scenario) -> None:
    """Wait until the upstream has a request."""
    async with asyncio.timeout(DEADLINE_S):
        mark = f'#{scenario.number}"'.encode()
        while not any(mark in request.body for request in upstream.requests):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)


async def play(scenario: Scenario, caller: ChatCaller, upstream: ScriptedUpstream) -> Received:
    headers = {"X-Client-Request-Id": scenario.own_id, **scenario.headers}
    if scenario.kind != "leaving":
        return await caller.call(scenario.body, headers=headers)
    async with caller.begin(scenario.body, headers=headers) as call:
        if scenario.script in ENDLESS:
            # So that it is surely left amid its answer; of the others, some are left before, however soon that is.
            await until_asked(upstream, scenario)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(scenario.leave_after_s):
                await call.until_bytes(scenario.leave_after_bytes)
    return call.received


async def play_all(
    gateway: Gateway, upstream: ScriptedUpstream, keys: Mapping[Caller, str], scenarios: list[Scenario]
) -> list[Received]:
    callers = {name: ChatCaller(gateway.url, key) for name, key in keys.items()}
    places = asyncio.Semaphore(AT_ONCE)

    async def one(scenario: Scenario) -> Received:
        async with places:
            return await play(scenario, callers[scenario.caller], upstream)

    return await asyncio.gather(*map(one, scenarios))
