"""The keys endpoints as an account's owner meets them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from sqlalchemy import insert

from tests.support.contract import response_validator, validate_error
from tests.support.database import rows
from tests.support.held_clock import HeldClock
from tests.support.service_world import OWNER, PUBLIC_URL, ServiceWorld, service_world
from tollway.audit.repository import list_entries
from tollway.audit.types import ActorKind
from tollway.credits.tables import key_spend
from tollway.flows.own_keys import OwnKeys
from tollway.http.asgi.app import create_app
from tollway.http.service.key_bodies import ScopeName
from tollway.keys.errors import KeySourceError
from tollway.keys.format import is_key
from tollway.keys.types import KeyKind, NewKey, Scope
from tollway.kit.settings import LimitSettings, Settings

KEYS = "/v1/keys"
OTHER = "other@example.com"
DAY_MS = 86_400_000
NOON_MS = 1_763_899_200_000
NOON = "2025-11-23T12:00:00.000Z"
validate_list = response_validator("keys-get.json", KEYS)
validate_made = response_validator("keys-post.json", KEYS, "post")
validate_changed = response_validator("keys-patch.json", "/v1/keys/{prefix}", "patch")
validate_deleted = response_validator("keys-delete.json", "/v1/keys/{prefix}", "delete")
validate_own = response_validator("key-get.json", "/v1/key")


class Manager:
    """Somebody with a management key."""

    def __init__(self, world: ServiceWorld, key: str) -> None:
        self.world = world
        self.key = key

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - what a request can have
        return await self.world.client.request(method, path, **{"headers": self.world.auth(self.key), **options})

    async def make(self, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - what a body can have
        return self._data(await self.ask("POST", KEYS, json=wanted), validate_made)

    async def change(self, prefix: str, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - what a body can have
        return self._data(await self.ask("PATCH", f"{KEYS}/{prefix}", json=wanted), validate_changed)

    async def delete(self, prefix: str) -> dict[str, Any]:
        return self._data(await self.ask("DELETE", f"{KEYS}/{prefix}"), validate_deleted)

    async def listed(self) -> list[dict[str, Any]]:
        body = (await self.ask("GET", KEYS)).json()
        validate_list(body)
        keys: list[dict[str, Any]] = body["data"]
        return keys

    async def audited(self, account_id: int = 1) -> list[tuple[str, str, str, dict[str, Any]]]:
        """Who did what to which key, in order of time."""
        async with self.world.database.connect() as connection:
            entries = await list_entries(connection, at_most=99, account_id=account_id)
        return [
            (f"{one.actor_kind} {one.actor}", one.action, one.subject, one.details)
            for one in reversed(entries)
            if one.action.startswith("key.")
        ]

    def _data(self, answer: httpx.Response, validate: Any) -> dict[str, Any]:  # noqa: ANN401 - a validator
        assert answer.status_code == 200, answer.text
        validate(answer.json())
        data: dict[str, Any] = answer.json()["data"]
        return data


@asynccontextmanager
async def manager(folder: Path, **options: Any) -> AsyncIterator[Manager]:  # noqa: ANN401 - of the world
    async with service_world(folder, **options) as world:
        yield Manager(world, await world.key(OWNER, KeyKind.MANAGEMENT))


async def own(world: ServiceWorld, key: str) -> httpx.Response:
    return await world.client.get("/v1/key", headers=world.auth(key))


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    body = answer.json()
    assert answer.status_code == status, body
    validate_error(body)
    assert [word for word in words if word not in body["message"]] == [], body["message"]


async def test_a_key_is_made_used_listed_changed_and_deleted(tmp_path: Path) -> None:
    clock = HeldClock(NOON_MS)
    async with manager(tmp_path, clock=clock) as one:
        made = await one.make(name="laptop", limit={"retention": "week", "threshold": 25}, scopes=["model:chat"])
        key = made.pop("key")
        assert is_key(key)
        assert made == {
            "name": "laptop",
            "prefix": key[:8],
            "disabled": False,
            "scopes": ["model:chat"],
            "limit": {"retention": "week", "threshold": 25},
            "created_at": NOON,
            "updated_at": NOON,
            "monthly_usage": 0,
        }
        assert await one.listed() == [made]
        answer = await own(one.world, key)
        validate_own(answer.json())
        assert answer.json() == {"data": made}

        clock.advance(1.5)
        changed = await one.change(key[:8], disabled=True)
        assert changed == {**made, "disabled": True, "updated_at": "2025-11-23T12:00:01.500Z"}
        refused(await own(one.world, key), 401, "valid API key", "/app/keys")
        assert await one.listed() == [changed]
        assert (await one.change(key[:8], disabled=False))["disabled"] is False
        assert (await own(one.world, key)).status_code == 200

        assert await one.delete(key[:8]) == {"prefix": key[:8], "deleted": True}
        refused(await own(one.world, key), 401, "valid API key")
        assert await one.listed() == []


async def test_everything_of_a_new_key_may_be_left_out(tmp_path: Path) -> None:
    async with manager(tmp_path) as one:
        bare = await one.ask("POST", KEYS)
        validate_made(bare.json())
        data = bare.json()["data"]
        assert (data["name"], data["scopes"], data["disabled"], "limit" in data) == (None, None, False, False)
        assert bare.headers["cache-control"] == "no-store"
        assert (await one.make())["name"] is None
        assert (await one.make(name="", scopes=None))["scopes"] is None
        assert (await one.make(limit={"threshold": 0}))["limit"] == {"retention": "no_reset", "threshold": 0}
        assert [key["limit"] for key in await one.listed()] == [
            None,
            None,
            None,
            {"retention": "no_reset", "threshold": 0},
        ]


async def test_api_keys_are_listed_oldest_first_without_other_kinds_or_accounts(tmp_path: Path) -> None:
    async with manager(tmp_path) as one:
        await one.world.key(OTHER)
        prefixes = [(await one.make(name=f"number {number}"))["prefix"] for number in range(12)]
        await one.delete(prefixes.pop(3))
        await one.change(prefixes[0], name="changed last")

        assert [key["prefix"] for key in await one.listed()] == prefixes


async def test_a_change_keeps_what_it_does_not_name(tmp_path: Path) -> None:
    clock = HeldClock(NOON_MS)
    async with manager(tmp_path, clock=clock) as one:
        made = await one.make(
            name="one", scopes=["model:ocr", "model:chat"], limit={"retention": "day", "threshold": 2}
        )
        prefix = made["prefix"]
        clock.advance(1)

        async def changed(**wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - what a body can have
            after = await one.change(prefix, **wanted)
            return {name: after[name] for name in ("name", "scopes", "limit", "disabled")}

        as_made = {"name": "one", "scopes": ["model:chat", "model:ocr"], "disabled": False}
        day = {"retention": "day", "threshold": 2}
        assert await changed() == {**as_made, "limit": day}
        assert await changed(name="one", disabled=False, limit={}) == {**as_made, "limit": day}
        assert (await one.listed())[0]["updated_at"] == NOON
        assert (await changed(limit={"threshold": 3.5}))["limit"] == {"retention": "day", "threshold": 3.5}
        assert (await changed(limit={"retention": "month"}))["limit"] == {"retention": "month", "threshold": 3.5}
        assert (await changed(limit=None))["limit"] is None
        assert (await changed(limit={"threshold": 1}))["limit"] == {"retention": "no_reset", "threshold": 1}
        assert (await changed(scopes=["model:image", "model:image"]))["scopes"] == ["model:image"]
        assert (await changed(scopes=None))["scopes"] is None
        assert (await changed(name=""))["name"] is None
        assert (await one.listed())[0]["updated_at"] == "2025-11-23T12:00:01.000Z"


async def test_unknown_fields_of_a_change_are_named_and_have_no_effect(tmp_path: Path) -> None:
    async with manager(tmp_path) as one:
        made = await one.make(limit={"threshold": 1})
        body = {
            "prefix": "twkAAAAA",
            "limit": {"threshold": 2, "unit": "EUR", "ü\r\n": 1},
            "key": 1,
            "monthly_usage": 1e-9,
        }
        answer = await one.ask("PATCH", f"{KEYS}/{made['prefix']}", json=body)

        assert answer.headers["x-ignored-params"] == "prefix, key, monthly_usage, limit.unit, limit.\\xfc??"
        assert answer.json()["data"]["limit"] == {"retention": "no_reset", "threshold": 2}
        assert "x-ignored-params" in answer.headers["access-control-expose-headers"]
        plain = await one.ask("PATCH", f"{KEYS}/{made['prefix']}", json={"name": "x"})
        assert "x-ignored-params" not in plain.headers
        nested = await one.ask("POST", KEYS, json={"limit": {"threshold": 2, "unit": "EUR"}})
        assert (nested.status_code, nested.headers["x-ignored-params"]) == (200, "limit.unit")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": 5}, ("name", "string", "number 5")),
        ({"name": None}, ("name", "string", "null")),
        ({"name": "x" * 256}, ("name", "255")),
        ({"name": "bell\a"}, ("name", "printable", "U+0007")),
        ({"scopes": []}, ("scopes", "length >= 1", "array of length 0")),
        ({"scopes": "model:chat"}, ("scopes", "array", "string 'model:chat'")),
        ({"scopes": ["model:chat", "model:all"]}, ("scopes[1]", *Scope, "string 'model:all'")),
        ({"scopes": [None]}, ("scopes[0]", "null")),
        ({"limit": 5}, ("limit", "object", "number 5")),
        ({"limit": {}}, ("limit.threshold", "number of US dollars", "nothing")),
        ({"limit": {"retention": "day"}}, ("limit.threshold", "no limit yet", "nothing")),
        ({"limit": {"retention": "year", "threshold": 1}}, ("limit.retention", "'no_reset'", "'month'", "'year'")),
        ({"limit": {"retention": None, "threshold": 1}}, ("limit.retention", "null")),
        ({"limit": {"threshold": None}}, ("limit.threshold", "number", "null")),
        ({"limit": {"threshold": "5"}}, ("limit.threshold", "number", "string '5'")),
        ({"limit": {"threshold": True}}, ("limit.threshold", "number", "boolean true")),
        ({"limit": {"threshold": -0.5}}, ("limit.threshold", ">= 0", "-0.5")),
        ({"limit": {"threshold": 100_000_001}}, ("limit.threshold", "100000000", "100000001")),
        ({"limit": {"threshold": 0.0000001}}, ("limit.threshold", "whole number of credits", "1e-07")),
        ({"limit": {"threshold": 1.0000002}}, ("limit.threshold", "0.0000005 US dollars", "1.0000002")),
        ([], ("object", "array")),
        (None, ("object", "null")),
    ],
)
async def test_a_wrong_field_is_a_400_that_names_it(tmp_path: Path, body: object, words: tuple[str, ...]) -> None:
    async with manager(tmp_path) as one:
        prefix = (await one.make(name="kept"))["prefix"]
        before = await one.listed()
        # `null` is the body of a request with json=None only when it is written out.
        raw = {"content": b"null", "headers": {**one.world.auth(one.key), "content-type": "application/json"}}
        options: dict[str, Any] = raw if body is None else {"json": body}

        for answer in (await one.ask("POST", KEYS, **options), await one.ask("PATCH", f"{KEYS}/{prefix}", **options)):
            refused(answer, 400, "Body validation error", *words)
            assert words[0] in {answer.json()["error"]["param"], "object"}
        assert await one.listed() == before
        assert len(await one.audited()) == 1


@pytest.mark.parametrize("number", ["0.10000000000000000000000000000001", "1e-400", "1e-99999999999999999999", "1E-8"])
async def test_a_limit_is_read_as_it_is_written(tmp_path: Path, number: str) -> None:
    async with manager(tmp_path) as one:
        headers = {**one.world.auth(one.key), "content-type": "application/json"}

        async def made(threshold: str) -> httpx.Response:
            return await one.ask("POST", KEYS, content=f'{{"limit": {{"threshold": {threshold}}}}}', headers=headers)

        refused(await made(number), 400, "limit.threshold", "US dollars")
        assert (await made("0.1")).json()["data"]["limit"]["threshold"] == 0.1
        assert (await made("2.5e1")).json()["data"]["limit"]["threshold"] == 25
        assert (await made("0.10000000000000000000000000000000")).status_code == 200
        stored = rows(one.world.path, "SELECT limit_credits FROM keys WHERE kind = 'api' ORDER BY id")
        assert stored == [(200_000,), (50_000_000,), (200_000,)]


@pytest.mark.parametrize("field", ["disabled", "key", "prefix", "kind", "requests_per_minute"])
async def test_a_new_key_has_no_other_fields(tmp_path: Path, field: str) -> None:
    async with manager(tmp_path) as one:
        refused(await one.ask("POST", KEYS, json={"name": "x", field: 1}), 400, field, "no such field")
        assert await one.listed() == []


async def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    async with manager(tmp_path) as one:
        path = f"{KEYS}/{(await one.make())['prefix']}"
        form = {**one.world.auth(one.key), "content-type": "application/x-www-form-urlencoded"}
        for method, where in (("POST", KEYS), ("PATCH", path)):
            refused(await one.ask(method, where, content=b"{"), 400, "Body validation error")
            refused(
                await one.ask(method, where, content=b'{"limit": {"threshold": NaN}}'), 400, "Body validation error"
            )
            refused(await one.ask(method, where, content=b"name=x", headers=form), 415, "application/json")
        refused(await one.ask("PATCH", path), 400, "Body validation error")
        refused(await one.ask("PATCH", path, json={"disabled": 1}), 400, "disabled", "boolean", "number 1")
        refused(await one.ask("PATCH", path, json={"disabled": None}), 400, "disabled", "boolean", "null")


async def test_who_may_not_manage_keys_learns_and_changes_nothing(tmp_path: Path) -> None:
    async with manager(tmp_path) as one:
        key = (await one.make())["key"]
        operator = await one.world.key("op@example.com", KeyKind.OPERATOR)
        routes = [("GET", KEYS), ("POST", KEYS), ("PATCH", f"{KEYS}/{key[:8]}"), ("DELETE", f"{KEYS}/{key[:8]}")]
        for method, path in routes:
            # A body that is wrong besides makes no difference: who may is asked first.
            wrong: dict[str, Any] = {"json": {"nonsense": []}} if method in {"POST", "PATCH"} else {}
            refused(
                await one.ask(method, path, headers=one.world.auth(key), **wrong), 403, "management key", "/app/keys"
            )
            refused(await one.ask(method, path, headers=one.world.auth(operator), **wrong), 403, "/admin/v1")
            refused(await one.ask(method, path, headers={}, **wrong), 401, "valid API key")
            refused(await one.ask(method, path, headers=one.world.auth("twmwrong"), **wrong), 401, "valid API key")
        refused(await own(one.world, operator), 403, "/admin/v1")
        refused(await one.world.client.get("/v1/key"), 401, "valid API key")
        assert [entry["prefix"] for entry in await one.listed()] == [key[:8]]


async def test_unknown_deleted_and_foreign_keys_are_not_told_apart(tmp_path: Path) -> None:
    async with manager(tmp_path) as one:
        foreign = await one.world.key(OTHER)
        foreign_management = await one.world.key(OTHER, KeyKind.MANAGEMENT)
        deleted = (await one.make())["prefix"]
        await one.delete(deleted)
        whole = (await one.make())["key"]

        for prefix in (foreign[:8], foreign_management[:8], deleted, "twkAAAAA", "b747e891", "x", "%C3%BC%00", whole):
            for method in ("PATCH", "DELETE"):
                options = {"json": {"name": "mine"}} if method == "PATCH" else {}
                answer = await one.ask(method, f"{KEYS}/{prefix}", **options)
                refused(answer, 404, "There is no key with the prefix")
                assert whole[8:] not in answer.json()["message"]
                assert answer.json()["error"]["code"] == "key_not_found"
        other = Manager(one.world, foreign_management)
        assert [key["name"] for key in await other.listed()] == [None]
        assert (await own(one.world, foreign)).status_code == 200


async def test_management_and_operator_keys_are_out_of_reach(tmp_path: Path) -> None:
    async with manager(tmp_path) as one:
        await one.world.account("op@example.com", operator=True)
        operator = await one.world.key("op@example.com", KeyKind.OPERATOR)
        of_operator = Manager(one.world, await one.world.key("op@example.com", KeyKind.MANAGEMENT))
        for method, options in (("PATCH", {"json": {"disabled": True}}), ("DELETE", {})):
            refused(
                await one.ask(method, f"{KEYS}/{one.key[:8]}", **options), 403, "dashboard", f"{PUBLIC_URL}/app/keys"
            )
            refused(await of_operator.ask(method, f"{KEYS}/{operator[:8]}", **options), 403, "command line")
        assert await one.listed() == await of_operator.listed() == []
        answer = await own(one.world, one.key)
        validate_own(answer.json())
        assert answer.json()["data"]["prefix"] == one.key[:8]


async def test_monthly_usage_begins_anew_with_the_month(tmp_path: Path) -> None:
    clock = HeldClock(NOON_MS)
    async with manager(tmp_path, clock=clock) as one:
        made, idle = await one.make(), await one.make()
        await one.world.key(OTHER)
        first_ms = NOON_MS - NOON_MS % DAY_MS - 22 * DAY_MS
        spent = [(first_ms - DAY_MS, 7_000_000), (first_ms, 300_000), (NOON_MS - NOON_MS % DAY_MS, 391)]
        (key_id,) = next(iter(rows(one.world.path, "SELECT id FROM keys WHERE prefix = ?", made["prefix"])))
        (other_id,) = next(iter(rows(one.world.path, "SELECT id FROM keys WHERE kind = 'api' AND account_id != 1")))
        async with one.world.database.begin() as connection:
            values = [(key_id, *day) for day in spent] + [(other_id, first_ms, 5)]
            await connection.execute(
                insert(key_spend),
                [dict(zip(("key_id", "day_ms", "spent_credits"), value, strict=True)) for value in values],
            )

        assert [key["monthly_usage"] for key in await one.listed()] == [0.1501955, 0]
        assert (await own(one.world, made["key"])).json()["data"]["monthly_usage"] == 0.1501955
        assert (await one.change(made["prefix"], name="x"))["monthly_usage"] == 0.1501955
        assert (await one.change(idle["prefix"], name="x"))["monthly_usage"] == 0
        clock.advance(8 * DAY_MS / 1000)
        assert [key["monthly_usage"] for key in await one.listed()] == [0, 0]


async def test_every_change_is_in_the_audit_trail_once_and_without_secrets(tmp_path: Path) -> None:
    async with manager(tmp_path) as one:
        made = await one.make(name="laptop", scopes=["model:chat"], limit={"threshold": 0.5})
        prefix = made["prefix"]
        await one.change(prefix, name="desk", disabled=False, limit={"retention": "day"})
        await one.change(prefix)
        await one.change(prefix, name="desk")
        await one.delete(prefix)
        chosen = {
            "kind": "api",
            "name": "laptop",
            "disabled": False,
            "scopes": ["model:chat"],
            "limit": {"threshold_usd": "0.5", "retention": "no_reset"},
            "requests_per_minute": None,
            "concurrent_requests": None,
        }
        after = {"name": "desk", "limit": {"threshold_usd": "0.5", "retention": "day"}}
        who = f"{ActorKind.MANAGEMENT_KEY} {one.key[:8]}"

        assert await one.audited() == [
            (who, "key.create", prefix, {"after": chosen}),
            (who, "key.update", prefix, {"before": {"name": "laptop", "limit": chosen["limit"]}, "after": after}),
            (who, "key.delete", prefix, {"before": {**chosen, **after}}),
        ]
        trail = str(rows(one.world.path, "SELECT * FROM audit_entries"))
        assert made["key"][8:] not in trail
        assert one.key[8:] not in trail


async def test_an_account_has_so_many_keys_at_most(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), limits=LimitSettings(keys_per_account=3))
    async with manager(tmp_path, settings=settings) as one:
        await one.world.key(OTHER)
        first = await one.make()
        await one.make()
        refused(await one.ask("POST", KEYS), 409, "as many keys", "(3)", "delete one")
        assert len(await one.audited()) == 2
        await one.delete(first["prefix"])
        await one.make()
        refused(await one.ask("POST", KEYS), 409, "(3)")


async def test_a_key_that_was_deleted_a_moment_ago_is_no_key(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        key = await world.key(OWNER, new=NewKey(name="going"))
        # The snapshot has not heard of it yet.
        async with world.database.begin() as connection:
            await connection.exec_driver_sql("UPDATE keys SET deleted_at_ms = 1")
        refused(await own(world, key), 401, "valid API key")


async def test_a_change_is_kept_when_the_snapshot_cannot_be_read_at_once(tmp_path: Path) -> None:
    async def unreadable() -> None:
        raise KeySourceError("Cannot read the keys: disk I/O error")

    async with manager(tmp_path) as one:
        world = one.world
        own_keys = OwnKeys(world.database, world.clock, world.digest, unreadable)
        app: Any = create_app(replace(world.deps, own_keys=own_keys))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as client:
            made = (await client.post(KEYS, headers=world.auth(one.key))).json()["data"]
        assert [key["prefix"] for key in await one.listed()] == [made["prefix"]]
        refused(await own(world, made["key"]), 401)
        await world.keys.refresh()
        assert (await own(world, made["key"])).status_code == 200


def test_the_scopes_of_bodies_are_those_of_keys() -> None:
    assert get_args(ScopeName) == tuple(Scope)


@pytest.mark.parametrize("path", [KEYS, "/v1/key", f"{KEYS}/twkAAAAA"])
async def test_other_methods_are_refused(tmp_path: Path, path: str) -> None:
    async with manager(tmp_path) as one:
        refused(await one.ask("PUT", path), 405)
