"""How upstreams are doing, as the operator of a running server is told over HTTP and by a command."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.chat_caller import FLAGSHIP, ChatCaller, Received, chat_body
from tests.support.gateway import MODEL_AT_UPSTREAM, Gateway, upstream_settings
from tests.support.operator import operator, refused_to_others
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.served import plain_client
from tests.support.upstream_scripts import error_script

SECRET = "sk-of-the-upstream-314159"
LONE_MODEL = "baidu/ernie-x1.1-preview"
WITHIN_S = 60.0
LIMITED = error_script(429, {"error": {"code": "rpm_rate_limit_exceeded", "message": "slow down"}}, retry_after="60")
"""Leaves so much time that what follows, on the slowest machine, comes before it is over."""


class Setup:
    """A server with an upstream that is tried first, one that is tried second, and one with a model of its own."""

    def __init__(self, gateway: Gateway, client: httpx.AsyncClient, upstreams: dict[str, ScriptedUpstream]) -> None:
        self.gateway = gateway
        self.upstreams = upstreams
        self._client = client
        self._caller = ChatCaller(gateway.url, gateway.key)

    async def call(self, *, model: str = FLAGSHIP, **more: Any) -> Received:  # noqa: ANN401 - Whatever bodies have.
        return await self._caller.call(chat_body(model=model, **more))

    async def report(self) -> dict[str, Any]:
        answer = await self._client.get("/admin/v1/upstreams")
        assert answer.status_code == 200, answer.text
        assert SECRET not in answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def health(self, name: str) -> dict[str, Any]:
        (entry,) = [one for one in (await self.report())["data"] if one["name"] == name]
        health: dict[str, Any] = entry["health"]
        return health

    async def until(self, name: str, breaker: str) -> dict[str, Any]:
        deadline_s = time.monotonic() + WITHIN_S
        while (health := await self.health(name))["breaker"] != breaker:
            assert time.monotonic() < deadline_s, health
            await asyncio.sleep(0.02)
        return health


def one_more(name: str, base_url: str, priority: int, models: dict[str, str]) -> str:
    named = ", ".join(f'"{model}" = "{there}"' for model, there in models.items())
    return (
        f'[upstreams.{name}]\nkind = "openai_compatible"\nallow_private_addresses = true\nbase_url = "{base_url}"\n'
        f"priority = {priority}\nmodels = {{ {named} }}\n"
    )


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Setup]:
    async with ScriptedUpstream() as first, ScriptedUpstream() as second, ScriptedUpstream() as lone:
        flagship = {FLAGSHIP: MODEL_AT_UPSTREAM}
        more = "\n".join(
            [
                'priority = 20\nkey_env = "SECOND_KEY"\n',
                one_more("first", first.base_url, 10, flagship),
                one_more("alone", lone.base_url, 10, {LONE_MODEL: "x1.1"}),
            ]
        )
        settings = upstream_settings(second.base_url, more=more)
        async with Gateway(folder, settings=settings, environment={"SECOND_KEY": SECRET}) as gateway:
            made = await gateway.command("key", "create", "--account", gateway.first["email"], "--kind", "operator")
            headers = {"authorization": f"Bearer {made['key']}"}
            async with plain_client(gateway.url, headers) as client:
                yield Setup(gateway, client, {"first": first, "scripted": second, "alone": lone})


async def test_a_server_tells_how_its_upstreams_are_doing(tmp_path: Path) -> None:
    async with running(tmp_path) as setup:
        fresh = await setup.report()
        assert (await setup.call()).headers["x-served-by"] == "first"
        setup.upstreams["first"].play("status-500", LIMITED)
        for _ in range(2):
            assert (await setup.call()).headers["x-served-by"] == "scripted"
        # It asked to be left alone for a minute.
        assert (await setup.call()).headers["x-served-by"] == "scripted"
        later = await setup.report()
        by_command = await setup.gateway.command("upstream", "list")

    assert (fresh["object"], fresh["retries_left"]) == ("list", 50)
    setups = [(entry["name"], entry["kind"], entry["priority"], entry["models"]) for entry in fresh["data"]]
    # By priority, and of one priority by name.
    assert setups == [
        ("alone", "openai_compatible", 10, {LONE_MODEL: "x1.1"}),
        ("first", "openai_compatible", 10, {FLAGSHIP: MODEL_AT_UPSTREAM}),
        ("scripted", "openai_compatible", 20, {FLAGSHIP: MODEL_AT_UPSTREAM}),
    ]
    assert [entry["base_url"] for entry in fresh["data"]] == [
        setup.upstreams[name].base_url for name in ("alone", "first", "scripted")
    ]
    untried = {
        "breaker": "closed",
        "is_silent": False,
        "retry_after_s": 0,
        "recent_calls": 0,
        "recent_failures": 0,
        "last_success_at": None,
        "pauses": [],
        "failures": [],
    }
    assert [entry["health"] for entry in fresh["data"]] == [untried] * 3

    alone, first, second = (entry["health"] for entry in later["data"])
    assert alone == untried
    # What limits is not taken for a failure, and is told all the same.
    assert (first["breaker"], first["recent_calls"], first["recent_failures"]) == ("closed", 2, 1)
    assert [(failure["status"], failure["code"], failure["model"]) for failure in first["failures"]] == [
        (429, "rpm_rate_limit_exceeded", MODEL_AT_UPSTREAM),
        (502, "code_of_500", MODEL_AT_UPSTREAM),
    ]
    limited_at, failed_at = (failure["at"] for failure in first["failures"])
    (pause,) = first["pauses"]
    assert pause["model"] == MODEL_AT_UPSTREAM
    assert first["last_success_at"] <= failed_at <= limited_at < pause["until"]
    assert (second["recent_calls"], second["recent_failures"], second["failures"]) == (3, 0, [])
    assert failed_at <= second["last_success_at"]
    assert later["retries_left"] <= 50

    assert by_command["running"] is True
    assert [entry["name"] for entry in by_command["upstreams"]] == [entry["name"] for entry in later["data"]]
    assert [entry["health"]["failures"] for entry in by_command["upstreams"]] == [
        entry["health"]["failures"] for entry in later["data"]
    ]
    assert SECRET not in json.dumps(by_command)


async def test_a_breaker_is_seen_to_open_and_to_close(tmp_path: Path) -> None:
    async with running(tmp_path) as setup:
        alone = setup.upstreams["alone"]
        alone.play(*["status-503"] * 4, "not-json")
        answers = [await setup.call(model=LONE_MODEL) for _ in range(5)]
        opened = await setup.health("alone")
        waiting = await setup.until("alone", "half_open")
        for _ in range(2):
            assert (await setup.call(model=LONE_MODEL)).status == 200
        closed = await setup.until("alone", "closed")
        flagship = await setup.health("first")

    assert [answer.status for answer in answers[:4]] == [503] * 4
    # On a slow machine its second may be over already.
    assert opened["breaker"] in {"open", "half_open"}
    assert opened["retry_after_s"] == (1 if opened["breaker"] == "open" else 0)
    assert (opened["recent_calls"], opened["recent_failures"], opened["is_silent"]) == (5, 5, False)
    assert [failure["code"] for failure in opened["failures"][1:]] == ["code_of_503"] * 4
    assert opened["failures"][0]["status"] == answers[4].status == 502
    assert opened["last_success_at"] is None
    assert waiting["retry_after_s"] == 0
    assert (closed["recent_calls"], closed["recent_failures"]) == (0, 0)
    assert closed["last_success_at"] > closed["failures"][0]["at"]
    # What happened stays to be read, and is no other upstream's doing.
    assert closed["failures"] == opened["failures"]
    assert flagship["recent_calls"] == 0


async def test_an_answer_that_breaks_off_is_told_as_a_failure(tmp_path: Path) -> None:
    async with running(tmp_path) as setup:
        setup.upstreams["alone"].play("error-mid-stream")
        broken = await setup.call(model=LONE_MODEL, stream=True)
        refused = []
        setup.upstreams["alone"].play("unsafe")
        refused.append(await setup.call(model=LONE_MODEL))
        health = await setup.health("alone")

    assert not broken.is_delivered
    # A caller's own fault is not the upstream's.
    assert [answer.status for answer in refused] == [400]
    assert [failure["code"] for failure in health["failures"]] == ["internal_error"]
    assert (health["breaker"], health["recent_failures"]) == ("closed", 1)


async def test_an_upstream_that_repeats_its_key_does_not_give_it_away(tmp_path: Path) -> None:
    async with running(tmp_path) as setup:
        setup.upstreams["first"].play("status-500")
        setup.upstreams["scripted"].play(
            error_script(401, {"error": {"code": f"key-{SECRET}", "message": f"The key {SECRET} is wrong."}})
        )
        answer = await setup.call()
        assert (await setup.upstreams["scripted"].request()).headers["authorization"] == f"Bearer {SECRET}"
        # The report is looked through for the key as it is read.
        health = await setup.health("scripted")

    assert (answer.status, answer.code) == (502, "key-[key]")
    assert SECRET.encode() not in answer.body
    assert [(failure["status"], failure["code"]) for failure in health["failures"]] == [(502, "key-[key]")]
    assert SECRET not in setup.gateway.log


async def test_only_operators_see_upstreams(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        await refused_to_others(one, "GET", "/upstreams")
