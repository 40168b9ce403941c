"""Signing in and out, and how long a session lives, on a real database with real hashes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.contract import validate_error
from tests.support.database import add_account, everything_in, migrated_database, rows
from tests.support.gateway import Gateway
from tests.support.ledger import NOON_MS, HeldClock, open_ledger
from tests.support.served import plain_client
from tests.support.service_world import OWNER, PASSWORD, PUBLIC_URL, ServiceWorld, service_world
from tollway.accounts.errors import TooManyTriesError, WrongCredentialsError
from tollway.accounts.passwords import PasswordHasher
from tollway.audit.types import Actor, ActorKind
from tollway.flows.first_run import FIRST_EMAIL, create_first_account
from tollway.flows.grant_credits import GrantCredits
from tollway.flows.manage_accounts import ManageAccounts
from tollway.flows.manage_keys import ManageKeys
from tollway.flows.sign_in import SignIn
from tollway.http.asgi.app import create_app
from tollway.keys.digest import KeyDigest
from tollway.kit.database import Database, database_path

PLACE = "/console/v1/session"
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
ADDRESS = "192.0.2.7"


async def try_in(
    client: httpx.AsyncClient, email: str = OWNER, password: str = PASSWORD, **headers: str
) -> httpx.Response:
    """Ask for a session as a browser without cookies does."""
    answer = await client.post(PLACE, json={"email": email, "password": password}, headers=headers)
    client.cookies.clear()
    return answer


@asynccontextmanager
async def client_at(
    world: ServiceWorld, address: str, public_url: str = PUBLIC_URL
) -> AsyncIterator[httpx.AsyncClient]:
    """A client that comes from an address."""
    app: Any = create_app(replace(world.deps, public_url=public_url))  # Each library has its own type for it.
    transport = httpx.ASGITransport(app, client=(address, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url=public_url) as client:
        yield client


async def is_in(world: ServiceWorld, headers: dict[str, str]) -> bool:
    answer = await world.client.get(PLACE, headers={"cookie": headers["cookie"]})
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


def refused(answer: httpx.Response, status: int, code: str, *words: str) -> None:
    """Make sure of a refusal in the contract's form that begins no session."""
    body = answer.json()
    validate_error(body)
    assert (answer.status_code, body["error"]["code"]) == (status, code), body
    assert [word for word in words if word not in body["message"]] == [], body["message"]
    assert "set-cookie" not in answer.headers


async def test_a_person_signs_in_is_known_and_signs_out(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        account_id = await world.account()
        answer = await try_in(world.client)
        shown = {"email": OWNER, "account_id": account_id, "is_operator": False}
        token = answer.json()["csrf_token"]
        assert answer.status_code == 200
        assert answer.json() == {**shown, "csrf_token": token}
        assert answer.headers["cache-control"] == "no-store"

        headers = {"cookie": answer.headers["set-cookie"].partition(";")[0], "x-csrf-token": token}
        again = await world.client.get(PLACE, headers=headers)
        assert again.json() == answer.json()
        assert again.headers["cache-control"] == "no-store"

        left = await world.client.delete(PLACE, headers=headers)
        assert (left.status_code, left.content) == (204, b"")
        assert left.headers["set-cookie"].startswith("__Host-tollway_session=; Path=/; Max-Age=0;")
        refused(await world.client.get(PLACE, headers=headers), 401, "session_required")
        refused(await world.client.delete(PLACE, headers=headers), 401, "session_required")


@pytest.mark.parametrize(
    ("public_url", "name", "secure"),
    [(PUBLIC_URL, "__Host-tollway_session", True), ("http://127.0.0.1:8080", "tollway_session", False)],
)
async def test_the_cookie_is_for_this_server_alone(tmp_path: Path, public_url: str, name: str, secure: bool) -> None:
    async with service_world(tmp_path) as world, client_at(world, ADDRESS, public_url) as client:
        await world.account()
        pair, *attributes = (await try_in(client)).headers["set-cookie"].split("; ")
        assert pair.startswith(f"{name}=")
        assert len(pair.partition("=")[2]) == 43, "256 bits in base64"
        wanted = {"Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=43200"} | ({"Secure"} if secure else set())
        assert set(attributes) == wanted

        assert (await client.get(PLACE, headers={"cookie": pair})).status_code == 200
        other = {"cookie": f"{'tollway_session' if secure else '__Host-tollway_session'}={pair.partition('=')[2]}"}
        refused(await client.get(PLACE, headers=other), 401, "session_required")


async def test_neither_token_is_stored(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        headers = await world.sign_in()
        token = headers["cookie"].partition("=")[2]
        digests = rows(world.path, "SELECT token_digest FROM sessions")
        stored = everything_in(tmp_path)

    assert digests == [(hashlib.sha256(token.encode()).digest(),)]
    assert token.encode() not in stored
    assert headers["x-csrf-token"].encode() not in stored
    assert token not in headers["x-csrf-token"]


async def test_who_does_not_get_in_is_not_told_why(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        accounts = world.accounts
        await world.account()
        await world.account("gone@example.com")
        await accounts.disable("gone@example.com")
        tries = [
            (OWNER, "not the password"),
            ("gone@example.com", PASSWORD),
            ("nobody@example.com", PASSWORD),
            ("nobody@example.com", "nobody has this password"),
            ("no address", PASSWORD),
        ]
        answers = [await try_in(world.client, *given) for given in tries]

    for answer in answers:
        refused(answer, 401, "wrong_credentials", "The email or the password is wrong")
    told = [{**answer.json(), "requestId": "", "timestamp": ""} for answer in answers]
    assert all(body == told[0] for body in told), told


@pytest.mark.parametrize("password", ["", "nobody has this password"])
async def test_nobody_gets_into_an_account_without_a_password(tmp_path: Path, password: str) -> None:
    """The second one is what stands in for the password of unknown accounts, and anybody can read it in the source."""
    async with service_world(tmp_path) as world:
        add_account(world.path)
        answer = await try_in(world.client, "account1@example.com", password)

    refused(answer, 401, "wrong_credentials")


class CountingHasher(PasswordHasher):
    """The real one, which notes what it is asked to do; each of these takes some 30 ms, and all else is nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.work: list[str] = []

    async def hash(self, password: str) -> str:
        self.work.append("hash")
        return await super().hash(password)

    async def verify(self, password_hash: str, password: str) -> bool:
        assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        self.work.append("verify")
        return await super().verify(password_hash, password)


@pytest.mark.parametrize("order", [(OWNER, "nobody@example.com"), ("nobody@example.com", OWNER)])
async def test_an_unknown_account_costs_as_much_time_as_a_known_one(tmp_path: Path, order: tuple[str, str]) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        hasher, work = CountingHasher(), []
        door = SignIn(world.database, world.clock, hasher)
        for email in (*order, *order):
            hasher.work.clear()
            with pytest.raises(WrongCredentialsError):
                await door.sign_in(email, "not the password", address=ADDRESS, user_agent="")
            work.append(tuple(hasher.work))

    assert work == [("hash", "verify"), *[("verify",)] * 3], "only the first of all has more to do, whoever it is"


async def test_an_email_is_read_as_people_write_it(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        assert (await try_in(world.client, f" {OWNER.upper()} ")).json()["email"] == OWNER


@pytest.mark.parametrize(
    ("request_parts", "status", "words"),
    [
        ({"content": b""}, 400, "Body validation error"),
        ({"content": b"{"}, 400, "Body validation error"),
        ({"json": []}, 400, "object"),
        ({"json": {"email": OWNER}}, 400, "password"),
        ({"json": {"email": OWNER, "password": 1}}, 400, "password"),
        ({"json": {"email": OWNER, "password": PASSWORD, "remember": True}}, 400, "remember"),
        ({"data": {"email": OWNER, "password": PASSWORD}}, 415, "application/json"),
    ],
)
async def test_a_wrong_body_is_refused_and_no_password_repeated(
    tmp_path: Path, request_parts: dict[str, Any], status: int, words: str
) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        answer = await world.client.post(PLACE, **request_parts)

    validate_error(answer.json())
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert PASSWORD not in answer.text
    assert rows(world.path, "SELECT id FROM sessions") == []


async def test_after_five_tries_in_a_minute_an_account_waits(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock) as world:
        await world.account()
        door = world.deps.sign_in
        for email in (OWNER, "nobody@example.com"):
            for number in range(5):
                with pytest.raises(WrongCredentialsError):
                    await door.sign_in(email, "wrong", address=f"192.0.2.{number}", user_agent="")
                clock.moment_ms += 1_000
            with pytest.raises(TooManyTriesError) as limited:
                await door.sign_in(email, PASSWORD, address="198.51.100.1", user_agent="")
            assert limited.value.retry_after_s == 56
            clock.moment_ms += MINUTE_MS

        found, _ = await door.sign_in(OWNER, PASSWORD, address="198.51.100.1", user_agent="")
        assert found.email == OWNER


@pytest.mark.parametrize(
    ("addresses", "is_one"),
    [
        ([f"2001:db8:0:7:{number:x}::1" for number in range(1, 7)], True),
        ([f"2001:db8:0:{number:x}::1" for number in range(1, 7)], False),
        (["192.0.2.1", "::ffff:192.0.2.1"] * 3, True),
        ([f"::ffff:192.0.2.{number}" for number in range(1, 7)], False),
        (["fe80::1%eth0"] * 6, True),
        (["no address"] * 6, True),
    ],
)
async def test_who_has_a_network_of_addresses_has_the_tries_of_one(
    tmp_path: Path, addresses: list[str], is_one: bool
) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        door = world.deps.sign_in
        for number, address in enumerate(addresses[:-1]):
            with pytest.raises(WrongCredentialsError):
                await door.sign_in(f"nobody{number}@example.com", PASSWORD, address=address, user_agent="")
        with pytest.raises(TooManyTriesError if is_one else WrongCredentialsError):
            await door.sign_in("nobody@example.com", PASSWORD, address=addresses[-1], user_agent="")


async def test_a_success_gives_the_account_its_tries_back(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        await world.account()
        door = world.deps.sign_in
        for number in range(3):
            for _ in range(4):
                with pytest.raises(WrongCredentialsError):
                    await door.sign_in(OWNER, "wrong", address=f"192.0.2.{number}", user_agent="")
            await door.sign_in(OWNER, PASSWORD, address=f"192.0.2.{number}", user_agent="")


async def test_after_five_tries_in_a_minute_an_address_waits_and_others_do_not(tmp_path: Path) -> None:
    clock = HeldClock()
    async with (
        service_world(tmp_path, clock=clock) as world,
        client_at(world, ADDRESS) as client,
        client_at(world, "192.0.2.8") as neighbour,
    ):
        await world.account()
        for number in range(5):
            refused(await try_in(client, f"nobody{number}@example.com"), 401, "wrong_credentials")

        limited = await try_in(client)
        refused(limited, 429, "too_many_tries", "Too Many Requests")
        assert limited.headers["retry-after"] == "61"
        assert (await try_in(neighbour)).status_code == 200

        clock.moment_ms += MINUTE_MS
        assert (await try_in(client)).status_code == 200


async def test_a_session_ends_after_half_an_hour_without_use(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock) as world:
        await world.account()
        headers = await world.sign_in()
        for _ in range(3):
            clock.moment_ms += 30 * MINUTE_MS - 1
            assert await is_in(world, headers)
        clock.moment_ms += 30 * MINUTE_MS
        assert not await is_in(world, headers)


async def test_a_session_ends_after_twelve_hours_however_much_it_is_used(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock) as world:
        await world.account()
        headers = await world.sign_in()
        while clock.moment_ms + 20 * MINUTE_MS < NOON_MS + 12 * HOUR_MS:
            clock.moment_ms += 20 * MINUTE_MS
            assert await is_in(world, headers)
        clock.moment_ms = NOON_MS + 12 * HOUR_MS - 1
        assert await is_in(world, headers)
        clock.moment_ms += 1
        assert not await is_in(world, headers)


async def test_use_is_stored_once_a_minute(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock) as world:
        await world.account()
        headers = await world.sign_in()
        seen = []
        for after_ms in (59_999, 60_000, 119_999, 120_000):
            clock.moment_ms = NOON_MS + after_ms
            await is_in(world, headers)
            seen.append(rows(world.path, "SELECT last_seen_at_ms FROM sessions")[0][0])

    assert seen == [NOON_MS, NOON_MS + 60_000, NOON_MS + 60_000, NOON_MS + 120_000]


async def test_disabling_an_account_ends_its_sessions_for_good(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        headers = await world.sign_in()
        accounts = world.accounts
        await accounts.disable(OWNER)
        assert not await is_in(world, headers)
        await accounts.enable(OWNER)
        assert not await is_in(world, headers)
        assert await is_in(world, await world.sign_in())


async def test_what_has_ended_is_not_kept(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock) as world:
        await world.account()
        await world.sign_in()
        clock.moment_ms += 6 * HOUR_MS
        kept = await world.sign_in()
        clock.moment_ms += 6 * HOUR_MS
        await world.sign_in()

        assert len(rows(world.path, "SELECT id FROM sessions")) == 2
        assert rows(world.path, "SELECT min(created_at_ms) FROM sessions") == [(NOON_MS + 6 * HOUR_MS,)]
        assert not await is_in(world, kept)


async def test_who_signs_in_rightly_uses_up_no_tries_of_the_address(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        await world.account()
        for number in range(4):
            refused(await try_in(world.client, f"nobody{number}@example.com"), 401, "wrong_credentials")
        for _ in range(10):
            assert (await try_in(world.client)).status_code == 200
        # What was wrong before still counts.
        refused(await try_in(world.client, "nobody@example.com"), 401, "wrong_credentials")
        refused(await try_in(world.client), 429, "too_many_tries")


async def test_another_sites_page_signs_nobody_in(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        given = {"email": OWNER, "password": PASSWORD}
        forged = await world.client.post(PLACE, json=given, headers={"origin": "https://elsewhere.example"})
        own = await world.client.post(PLACE, json=given, headers={"origin": PUBLIC_URL})

        refused(forged, 403, "csrf_token_required", PUBLIC_URL)
        assert own.status_code == 200


async def test_who_asks_while_the_session_ends_is_told_so(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        headers = await world.sign_in()
        asked = [world.client.get(PLACE, headers={"cookie": headers["cookie"]}) for _ in range(30)]
        answers = await asyncio.gather(*asked[:10], world.client.delete(PLACE, headers=headers), *asked[10:])

        assert {answer.status_code for answer in answers} <= {200, 204, 401}


async def test_signing_in_again_ends_the_session_before_it(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        first, elsewhere = await world.sign_in(), await world.sign_in()
        answer = await try_in(world.client, cookie=first["cookie"])
        second = {"cookie": answer.headers["set-cookie"].partition(";")[0]}

        assert second["cookie"] != first["cookie"]
        assert not await is_in(world, first)
        assert await is_in(world, second)
        assert await is_in(world, elsewhere)


async def test_a_failed_try_leaves_the_session_that_there_is(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        headers = await world.sign_in()
        refused(await try_in(world.client, OWNER, "wrong", cookie=headers["cookie"]), 401, "wrong_credentials")
        assert await is_in(world, headers)


async def test_sessions_are_listed_and_ended_by_their_own_account_only(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock) as world, client_at(world, ADDRESS) as client:
        owner, other = await world.account(), await world.account("other@example.com")
        door = world.deps.sign_in
        await world.sign_in()
        clock.moment_ms += 10 * MINUTE_MS
        answer = await try_in(client, **{"user-agent": "Browser/1.0 " + "x" * 300})
        newest = {"cookie": answer.headers["set-cookie"].partition(";")[0]}

        listed = await door.sessions_of(owner)
        assert [session.created_at_ms - NOON_MS for session in listed] == [10 * MINUTE_MS, 0]
        assert (listed[0].address, listed[0].user_agent) == (ADDRESS, ("Browser/1.0 " + "x" * 300)[:255])
        assert await door.sessions_of(other) == []

        assert not await door.revoke(other, listed[0].id)
        assert await is_in(world, newest)
        assert await door.revoke(owner, listed[0].id)
        assert not await door.revoke(owner, listed[0].id)
        assert not await is_in(world, newest)
        assert [session.id for session in await door.sessions_of(owner)] == [listed[1].id]

        clock.moment_ms += 20 * MINUTE_MS
        assert await door.sessions_of(owner) == []


@pytest.mark.parametrize("is_operator", [True, False])
async def test_who_runs_the_platform_is_told_as_it_is_now(tmp_path: Path, is_operator: bool) -> None:
    async with service_world(tmp_path) as world:
        await world.account(operator=not is_operator)
        headers = await world.sign_in()
        accounts = world.accounts
        await accounts.set_operator(OWNER, is_operator=is_operator)
        answer = await world.client.get(PLACE, headers=headers)

    assert answer.json()["is_operator"] is is_operator


async def test_the_first_account_of_all_is_an_operators(tmp_path: Path) -> None:
    path, clock = migrated_database(tmp_path), HeldClock()
    database = Database(path)
    actor = Actor(ActorKind.SYSTEM, "first run")
    accounts = ManageAccounts(database, clock, PasswordHasher(), actor)
    keys = ManageKeys(database, clock, KeyDigest(b"p" * 32), actor)
    async with open_ledger(path, clock) as ledger:
        grants = GrantCredits(database, ledger, clock)
        first = await create_first_account(accounts, keys, grants, actor, welcome_credits=7)
        second = await create_first_account(accounts, keys, grants, actor, welcome_credits=7)
        await accounts.create("second@example.com")
    listed = {account.email: account.is_operator for account in await accounts.list_all()}
    await database.close()

    assert first is not None
    assert first.balance_credits == 7
    assert second is None
    assert listed == {FIRST_EMAIL: True, "second@example.com": False}


async def test_the_real_server_knows_its_first_operator_and_where_they_come_from(tmp_path: Path) -> None:
    async with Gateway(tmp_path) as gateway, plain_client(gateway.url) as client:
        given = {"email": gateway.first["email"], "password": gateway.first["password"]}
        answer = await client.post(PLACE, json=given, headers={"user-agent": "Browser/1.0"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["is_operator"] is True
        assert answer.headers["set-cookie"].startswith("tollway_session=")
        assert (await client.get(PLACE)).json() == answer.json()
        stored = rows(database_path(gateway.data), "SELECT address, user_agent FROM sessions")
        assert stored == [("127.0.0.1", "Browser/1.0")]

        change = {"x-csrf-token": answer.json()["csrf_token"], "origin": gateway.url}
        assert (await client.delete(PLACE, headers=change)).status_code == 204
        assert (await client.get(PLACE)).status_code == 401
        assert given["password"] not in gateway.log
