"""Models as the operator switches them over HTTP, and what callers then meet."""

from pathlib import Path
from typing import Any

from tests.support.chat_caller import ChatCaller, chat_body
from tests.support.gateway import FLAGSHIP, Gateway, upstream_settings
from tests.support.ledger import HeldClock
from tests.support.operator import Operator, operator, refused, refused_to_others
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.served import plain_client
from tollway.catalog.loader import load_models
from tollway.kit.settings import Settings

MODELS = "/models"
ALIAS, UNPRICED, UNSERVED = "Ernie-X1-Turbo-32K", "baidu/ernie-5.0", "baidu/ernie-x1.1-preview"
NOON = "2025-11-23T12:00:00.000Z"
MODEL_FILE = """
id = "acme/{name}"
name = "{name}"
developer = "Acme"
description = "A model."
aliases = ["{name}"]
context_length = 1000
output_max = 1000
default_output_tokens = 100
{more}
"""
FILES = {"old": f'successor = "{FLAGSHIP}"', "off": "enabled = false", "gone": f'successor = "{FLAGSHIP}"'}


def settings_with_files(folder: Path) -> Settings:
    catalog = folder / "catalog"
    catalog.mkdir()
    for name, more in FILES.items():
        (catalog / f"{name}.toml").write_text(MODEL_FILE.format(name=name, more=more))
    return Settings(catalog_dir=str(catalog))


async def listed(one: Operator) -> dict[str, dict[str, Any]]:
    answer = await one.told("GET", MODELS)
    assert answer["object"] == "list"
    return {model["id"]: model for model in answer["data"]}


async def offered(one: Operator) -> set[str]:
    answer = await one.world.client.get("/v1/models")
    return {model["id"] for model in answer.json()["data"]}


async def test_every_model_is_listed_with_its_price_and_who_answers(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock(), settings_with_files(tmp_path)) as one:
        prices = {"model": FLAGSHIP, "input_nanousd": 1, "output_nanousd": 2}
        await one.told(
            "POST", "/rate-cards", prices | {"effective_from": "2026-01-01T00:00:00Z", "output_nanousd": 9}, status=201
        )
        await one.told("POST", "/rate-cards", prices | {"effective_from": "2025-12-01T00:00:00Z"}, status=201)
        models = await listed(one)

    flagship = models[FLAGSHIP]
    assert next(iter(models)) == FLAGSHIP
    assert set(models) == {model.id for model in load_models()} | {f"acme/{name}" for name in FILES}
    price, next_price = flagship.pop("price"), flagship.pop("next_price")
    assert flagship == {
        "id": FLAGSHIP,
        "name": "ERNIE X1 Turbo 32K",
        "developer": "Baidu",
        "aliases": ["ernie-x1-turbo-32k"],
        "state": "available",
        "enabled": True,
        "successor": None,
        "served_by": "embedded",
        "is_stand_in": True,
    }
    assert (price["version"], price["source"], price["in_force"], price["output_nanousd"]) == (1, "catalog", True, 695)
    assert (next_price["version"], next_price["source"], next_price["in_force"]) == (3, "operator", False)
    assert next_price["effective_from"] == "2025-12-01T00:00:00.000Z"
    states = {name: models[name]["state"] for name in (UNPRICED, UNSERVED, "acme/old", "acme/off")}
    assert states == {UNPRICED: "unpriced", UNSERVED: "unserved", "acme/old": "deprecated", "acme/off": "disabled"}
    assert (models[UNPRICED]["price"], models[UNSERVED]["served_by"]) == (None, None)
    assert (models["acme/old"]["successor"], models["acme/off"]["enabled"]) == (FLAGSHIP, False)


async def test_a_model_is_switched_by_its_id_or_an_alias(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        assert FLAGSHIP in await offered(one)
        for enabled, names in ((False, (FLAGSHIP, ALIAS)), (True, (ALIAS, FLAGSHIP.replace("/", "%2F")))):
            for name in names:
                shown = await one.told("PATCH", f"{MODELS}/{name}", {"enabled": enabled})
                state = "available" if enabled else "disabled"
                assert (shown["id"], shown["enabled"], shown["state"]) == (FLAGSHIP, enabled, state)
                assert (FLAGSHIP in await offered(one)) is enabled
                assert (await listed(one))[FLAGSHIP] == shown
        # The second switch of each pair changed nothing.
        entries = await one.trail("model.")
        assert {(entry.actor_kind, entry.actor, entry.action, entry.subject) for entry in entries} == {
            ("operator_key", one.key[:8], "model.switch", FLAGSHIP)
        }
        assert [entry.details for entry in entries] == [
            {"before": {"enabled": True}, "after": {"enabled": False}},
            {"before": {"enabled": False}, "after": {"enabled": True}},
        ]


async def test_a_switch_that_changes_nothing_leaves_no_trace(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock(), settings_with_files(tmp_path)) as one:
        before = await listed(one)
        await one.told("PATCH", f"{MODELS}/{FLAGSHIP}", {"enabled": True})
        await one.told("PATCH", f"{MODELS}/acme/off", {"enabled": False})

        assert await listed(one) == before
        assert await one.trail() == []


async def test_a_model_that_its_file_disables_can_be_enabled_and_priced(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock(), settings_with_files(tmp_path)) as one:
        assert "acme/off" not in await offered(one)
        shown = await one.told("PATCH", f"{MODELS}/off", {"enabled": True})
        assert (shown["state"], "acme/off" in await offered(one)) == ("unpriced", True)
        await one.told("POST", "/rate-cards", {"model": "off", "input_nanousd": 0, "output_nanousd": 0}, status=201)
        assert (await listed(one))["acme/off"]["state"] == "unserved"


async def test_what_cannot_be_switched_is_refused(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock(), settings_with_files(tmp_path)) as one:
        before = await listed(one)
        for name in ("acme/old", "GONE"):
            for enabled in (True, False):
                answer = await one.ask("PATCH", f"{MODELS}/{name}", {"enabled": enabled})
                refused(answer, 409, "is deprecated", FLAGSHIP, code="model_deprecated")
        misspelt = await one.ask("PATCH", f"{MODELS}/baidu/ernie-x1-turbo-23k", {"enabled": False})
        refused(misspelt, 404, "baidu/ernie-x1-turbo-23k", f"Did you mean '{FLAGSHIP}'?", code="model_not_found")
        for name in ("x", "a/b/c", "%20", "%00"):
            refused(await one.ask("PATCH", f"{MODELS}/{name}", {"enabled": False}), 404)
        wrong: tuple[tuple[object, list[str]], ...] = (
            ({}, ["enabled", "required"]),
            ({"enabled": "no"}, ["enabled", "expected boolean", "received string 'no'"]),
            ({"enabled": None}, ["enabled", "boolean", "received null"]),
            ({"enabled": True, "price": 3}, ["price", "unknown field"]),
            ([], ["body", "object"]),
        )
        for body, words in wrong:
            refused(await one.ask("PATCH", f"{MODELS}/{FLAGSHIP}", body), 400, "Body validation error", *words)

        assert await listed(one) == before
        assert await one.trail() == []


async def test_only_operators_see_and_switch_every_model(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        await refused_to_others(one, "GET", MODELS)
        assert FLAGSHIP in await offered(one)
    second = tmp_path / "second"
    second.mkdir()
    async with operator(second) as one:
        await refused_to_others(one, "PATCH", f"{MODELS}/{FLAGSHIP}", {"enabled": False})
        assert len(await one.trail("model.")) == 1


async def test_callers_of_a_disabled_model_are_told_so(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream() as upstream,
        Gateway(tmp_path, settings=upstream_settings(upstream.base_url)) as gateway,
        plain_client(gateway.url) as client,
    ):
        made = await gateway.command("key", "create", "--account", gateway.first["email"], "--kind", "operator")
        headers, path = {"authorization": f"Bearer {made['key']}"}, f"/admin/v1/models/{FLAGSHIP}"
        caller = ChatCaller(gateway.url, gateway.key)

        async def switched(enabled: bool) -> dict[str, Any]:
            answer = await client.patch(path, json={"enabled": enabled}, headers=headers)
            assert answer.status_code == 200, answer.text
            shown: dict[str, Any] = answer.json()
            return shown

        async def public(path: str) -> tuple[int, str]:
            answer = await client.get(path)
            return answer.status_code, answer.headers["etag"] if answer.is_success else answer.json()["error"]["code"]

        before = await public("/v1/models")
        for model in (FLAGSHIP, ALIAS):
            assert (await caller.call(chat_body(model=model))).status == 200
        shown = await switched(enabled=False)
        assert (shown["served_by"], shown["is_stand_in"]) == ("scripted", False)
        for model in (FLAGSHIP, ALIAS):
            for stream in (False, True):
                received = await caller.call(chat_body(model=model, stream=stream))
                assert (received.status, received.code) == (404, "model_disabled")
                message = f"The model '{model}' is not offered: the operator of this server has disabled it."
                assert received.json["message"] == received.json["error"]["message"] == message
        assert upstream.request_count == 2
        assert FLAGSHIP not in (await client.get("/v1/models")).text
        assert await public("/v1/models") != before
        assert await public(f"/v1/models/{FLAGSHIP}") == await public(f"/model/{FLAGSHIP}") == (404, "model_disabled")
        await switched(enabled=True)
        assert (await caller.call(chat_body())).status == 200
        assert await public("/v1/models") == before
        await gateway.assert_books_balance()
