"""Presets of the playground as people meet them over HTTP: saved, changed, shared, and nobody else's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from tests.support.contract import validate_error
from tests.support.ledger import HeldClock
from tests.support.service_world import OWNER, ServiceWorld, service_world
from tollway.presets.service import PRESETS_MAX, SETTINGS_BYTES_MAX

PRESETS = "/console/v1/presets"
SHARED = "/console/v1/shared-presets"
OTHER = "other@example.com"
MODEL = "baidu/ernie-x1-turbo-32k"
NOON = "2025-11-23T12:00:00.000Z"
SETTINGS = {"messages": [{"role": "user", "content": "17 - 9? 八"}], "parameters": {"temperature": 0.3, "seed": 2**60}}


class Visitor(Struct, frozen=True):
    """A signed-in person."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def told(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:  # noqa: ANN401
        """Ask, and return the answer, which must have the status."""
        answer = await self.client.request(method, path, json=body, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, body: object = None) -> tuple[int, str, str | None]:
        """Ask for what is refused, and return status, code and field."""
        answer = await self.client.request(method, path, json=body, headers=self.headers)
        validate_error(answer.json())
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["param"]

    async def save(self, name: str = "First", **more: object) -> dict[str, Any]:
        """Save a preset."""
        body = {"name": name, "model": MODEL, "settings": SETTINGS} | more
        made: dict[str, Any] = await self.told("POST", PRESETS, body, status=201)
        return made


@asynccontextmanager
async def two_people(folder: Path) -> AsyncIterator[tuple[Visitor, Visitor, ServiceWorld, HeldClock]]:
    """A world with two accounts, both signed in."""
    clock = HeldClock()
    async with service_world(folder, clock=clock) as world:
        people = []
        for email in (OWNER, OTHER):
            await world.account(email)
            people.append(Visitor(world.client, await world.sign_in(email)))
        yield people[0], people[1], world, clock


async def test_a_preset_is_saved_listed_changed_and_deleted(tmp_path: Path) -> None:
    async with two_people(tmp_path) as (one, _, _, clock):
        made = await one.save("  Minus  ")
        earlier = await one.save("Addition", settings={})
        assert made == {
            "id": made["id"],
            "name": "Minus",
            "model": MODEL,
            "settings": SETTINGS,
            "share_token": None,
            "created_at": NOON,
            "updated_at": NOON,
        }
        assert await one.told("GET", PRESETS) == {"object": "list", "data": [earlier, made]}

        clock.moment_ms += 1_000
        changed = await one.told("PATCH", f"{PRESETS}/{made['id']}", {"settings": {"stream": True}})
        assert changed == made | {"settings": {"stream": True}, "updated_at": "2025-11-23T12:00:01.000Z"}
        renamed = await one.told("PATCH", f"{PRESETS}/{made['id']}", {"name": "Minus two", "model": "gone/model"})
        assert renamed == changed | {"name": "Minus two", "model": "gone/model"}
        clock.moment_ms += 1_000
        assert await one.told("PATCH", f"{PRESETS}/{made['id']}", {}) == renamed

        await one.told("DELETE", f"{PRESETS}/{earlier['id']}", status=204)
        assert (await one.told("GET", PRESETS))["data"] == [renamed]


async def test_a_name_is_given_once_in_an_account(tmp_path: Path) -> None:
    async with two_people(tmp_path) as (one, other, _, _):
        first, second = await one.save("Mine"), await one.save("Second")

        body = {"name": "Mine ", "model": MODEL, "settings": {}}
        assert await one.refused("POST", PRESETS, body) == (409, "preset_exists", "name")
        renaming = {"name": "Mine"}
        assert await one.refused("PATCH", f"{PRESETS}/{second['id']}", renaming) == (409, "preset_exists", "name")
        # Its own name is no obstacle, and another account's neither.
        assert await one.told("PATCH", f"{PRESETS}/{first['id']}", renaming) == first
        assert (await other.save("Mine"))["name"] == "Mine"


async def test_of_saves_at_once_under_one_name_one_is_stored(tmp_path: Path) -> None:
    async with two_people(tmp_path) as (one, _, _, _):
        body = {"name": "Mine", "model": MODEL, "settings": {}}
        requests = (one.client.post(PRESETS, json=body, headers=one.headers) for _ in range(8))
        statuses = [answer.status_code for answer in await asyncio.gather(*requests)]

        assert sorted(statuses) == [201] + [409] * 7
        assert len((await one.told("GET", PRESETS))["data"]) == 1


async def test_an_account_has_so_many_presets_and_no_more(tmp_path: Path) -> None:
    async with two_people(tmp_path) as (one, other, _, _):
        last = await one.save("The last", settings={})
        for number in range(1, PRESETS_MAX):
            await one.save(f"Preset {number}", settings={})

        one_more = {"name": "One more", "model": MODEL, "settings": {}}
        assert await one.refused("POST", PRESETS, one_more) == (409, "too_many_presets", None)
        await other.save()
        await one.told("DELETE", f"{PRESETS}/{last['id']}", status=204)
        await one.save("One more")


def settings_of(length: int) -> dict[str, str]:
    """Settings that are so many bytes of JSON."""
    return {"a": "x" * (length - len('{"a":""}'))}


async def test_settings_may_be_so_long_and_no_longer(tmp_path: Path) -> None:
    async with two_people(tmp_path) as (one, _, _, _):
        made = await one.save(settings=settings_of(SETTINGS_BYTES_MAX))
        assert made["settings"] == settings_of(SETTINGS_BYTES_MAX)

        longer = {"settings": settings_of(SETTINGS_BYTES_MAX + 1)}
        wrong = (400, "invalid_preset_field", "settings")
        assert await one.refused("PATCH", f"{PRESETS}/{made['id']}", longer) == wrong
        assert await one.refused("POST", PRESETS, {"name": "Long", "model": MODEL, **longer}) == wrong
        # Bytes count, not characters.
        wide = {"settings": {"a": "八" * (SETTINGS_BYTES_MAX // 2)}}
        assert await one.refused("PATCH", f"{PRESETS}/{made['id']}", wide) == wrong


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": 7}, "name"),
        ({"model": ""}, "model"),
        ({"model": "x" * 256}, "model"),
        ({"settings": []}, "settings"),
        ({"settings": None}, "settings"),
        ({"owner": 2}, "owner"),
    ],
)
async def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, object], field: str) -> None:
    async with two_people(tmp_path) as (one, _, _, _):
        body = {"name": "Mine", "model": MODEL, "settings": {}} | changes

        status, _, named = await one.refused("POST", PRESETS, body)

        assert (status, named) == (400, field)
        assert (await one.told("GET", PRESETS))["data"] == []


async def test_another_account_neither_sees_nor_changes_a_preset(tmp_path: Path) -> None:
    async with two_people(tmp_path) as (one, other, _, _):
        made = await one.save()
        path = f"{PRESETS}/{made['id']}"

        assert (await other.told("GET", PRESETS))["data"] == []
        for method, place, body in (
            ("PATCH", path, {"name": "Yours"}),
            ("DELETE", path, None),
            ("POST", f"{path}/share", None),
            ("DELETE", f"{path}/share", None),
        ):
            assert await other.refused(method, place, body) == (404, "preset_not_found", "id")
        assert (await one.told("GET", PRESETS))["data"] == [made]


async def test_whoever_is_signed_in_reads_what_is_shared_and_not_whose_it_is(tmp_path: Path) -> None:
    async with two_people(tmp_path) as (one, other, world, _):
        made = await one.save()
        path = f"{PRESETS}/{made['id']}"
        token = (await one.told("POST", f"{path}/share"))["token"]

        assert (await one.told("POST", f"{path}/share"))["token"] == token
        assert (await one.told("GET", PRESETS))["data"][0]["share_token"] == token
        shared = await other.told("GET", f"{SHARED}/{token}")
        assert shared == {"name": "First", "model": MODEL, "settings": SETTINGS, "updated_at": NOON}
        await one.told("PATCH", path, {"name": "Renamed"})
        assert (await other.told("GET", f"{SHARED}/{token}"))["name"] == "Renamed"
        # Nobody who is not signed in, with or without a key.
        key = world.auth(await world.key(OWNER))
        for headers in ({}, key):
            assert (await world.client.get(f"{SHARED}/{token}", headers=headers)).status_code == 401


async def test_a_token_is_worth_nothing_once_its_preset_is_not_shared_or_deleted(tmp_path: Path) -> None:
    async with two_people(tmp_path) as (one, other, _, _):
        gone = (404, "preset_not_found", "token")
        path = f"{PRESETS}/{(await one.save())['id']}"
        first = (await one.told("POST", f"{path}/share"))["token"]
        for _ in range(2):
            await one.told("DELETE", f"{path}/share", status=204)
        assert await other.refused("GET", f"{SHARED}/{first}") == gone

        second = (await one.told("POST", f"{path}/share"))["token"]
        assert second != first
        await one.told("DELETE", path, status=204)
        assert await other.refused("GET", f"{SHARED}/{second}") == gone


async def test_a_change_needs_the_sessions_token(tmp_path: Path) -> None:
    async with two_people(tmp_path) as (one, _, _, _):
        made = await one.save()
        forged = Visitor(one.client, {"cookie": one.headers["cookie"]})

        assert (await forged.told("GET", PRESETS))["data"] == [made]
        for method, path in (
            ("POST", PRESETS),
            ("PATCH", f"{PRESETS}/{made['id']}"),
            ("DELETE", f"{PRESETS}/{made['id']}"),
            ("POST", f"{PRESETS}/{made['id']}/share"),
            ("DELETE", f"{PRESETS}/{made['id']}/share"),
        ):
            assert (await forged.refused(method, path, {}))[:2] == (403, "csrf_token_required")
