"""Coming in with an account elsewhere, by a scripted provider on a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey

from tests.support.closed_port import closed_port
from tests.support.database import rows
from tests.support.gateway import Gateway
from tests.support.ledger import HeldClock
from tests.support.scripted_identity import CLIENT_ID, SECRET, ScriptedIdentity, rsa_key, scripted_identity
from tests.support.served import plain_client
from tests.support.service_world import PASSWORD, PUBLIC_URL, SEEDER, ServiceWorld, service_world
from tollway.flows.make_links import MakeLinks
from tollway.kit.clock import Clock, SystemClock
from tollway.kit.settings import AccountSettings, Settings, SettingsError, SignUpMode, SingleSignOnSettings
from tollway.single_sign_on.configuration import SECRET_VARIABLE, openid_provider

BEGIN, BACK = "/console/v1/single-sign-on", "/console/v1/single-sign-on/callback"
SESSION, DOOR = "/console/v1/session", "/console/v1/door"
EMAIL = "person@example.com"
APP = f"{PUBLIC_URL}/app"


class ShiftedClock(SystemClock):
    """The machine's clock, some time later."""

    shift_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.shift_ms


@asynccontextmanager
async def world_with(
    folder: Path,
    identity: ScriptedIdentity,
    *,
    sign_up: SignUpMode = "open",
    domains: tuple[str, ...] = (),
    clock: Clock | None = None,
) -> AsyncIterator[ServiceWorld]:
    """A world that trusts the provider."""
    sign_on = SingleSignOnSettings(issuer=identity.url, client_id=CLIENT_ID, name="Example", allowed_domains=domains)
    settings = Settings(accounts=AccountSettings(sign_up=sign_up, sign_up_credits=7), single_sign_on=sign_on)
    provider = openid_provider(sign_on, {SECRET_VARIABLE: SECRET}, clock or SystemClock(), PUBLIC_URL)
    async with service_world(folder, clock=clock, settings=settings, identity_provider=provider) as world:
        yield world


async def begin(world: ServiceWorld, identity: ScriptedIdentity, place: str = "") -> tuple[dict[str, str], str]:
    """Be led to the provider; return what one is led back with, and the cookie."""
    answer = await world.client.get(BEGIN, params={"next": place} if place else None)
    assert answer.status_code == 303
    pair, *attributes = answer.headers["set-cookie"].split("; ")
    assert pair.startswith("__Host-tollway_single_sign_on=")
    assert set(attributes) == {"Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=600", "Secure"}
    world.client.cookies.clear()
    return identity.sign_in(answer.headers["location"]), pair


async def come_back(world: ServiceWorld, query: dict[str, str], cookie: str) -> httpx.Response:
    answer = await world.client.get(BACK, params=query, headers={"cookie": cookie})
    world.client.cookies.clear()
    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    return answer


async def come(world: ServiceWorld, identity: ScriptedIdentity) -> httpx.Response:
    return await come_back(world, *await begin(world, identity))


def refused(answer: httpx.Response, code: str) -> None:
    """Make sure that the browser is led to where one signs in, without a session."""
    assert answer.headers["location"] == f"{APP}/sign-in?failure={code}"
    assert "set-cookie" not in answer.headers


async def who(world: ServiceWorld, answer: httpx.Response) -> dict[str, Any]:
    """Who has the session that an answer begins."""
    assert answer.headers["location"] == APP
    cookie = answer.headers["set-cookie"].partition(";")[0]
    found: dict[str, Any] = (await world.client.get(SESSION, headers={"cookie": cookie})).json()
    return found


async def test_somebody_new_gets_an_account_and_finds_it_again(tmp_path: Path) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity) as world:
            assert (await world.client.get(DOOR)).json()["single_sign_on"] == {"name": "Example"}
            first = await who(world, await come(world, identity))
            assert first["email"] == EMAIL
            assert (await world.ledger.balance(first["account_id"])).posted_credits == 7

            identity.claims["email"] = "renamed@example.com"
            second = await who(world, await come(world, identity))
            assert (second["account_id"], second["email"]) == (first["account_id"], EMAIL)
            assert len(rows(world.path, "SELECT id FROM accounts")) == 1
            assert identity.asked["/.well-known/openid-configuration"] == identity.asked["/keys"] == 1


@pytest.mark.parametrize("place", ["/usage?tab=/../x&period=7d#x", "/...", "/models/a%2Fb..", "/" + "a" * 999])
async def test_one_comes_back_to_where_one_wanted_to(tmp_path: Path, place: str) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity) as world:
            answer = await come_back(world, *await begin(world, identity, place))

            assert answer.headers["location"] == f"{APP}{place}"
            assert answer.headers["set-cookie"].startswith("__Host-tollway_session=")


async def test_who_was_refused_still_knows_where_they_wanted_to(tmp_path: Path) -> None:
    place, wanted = "/usage?tab=logs&by=key", "%2Fusage%3Ftab%3Dlogs%26by%3Dkey"
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity) as world:
            query, cookie = await begin(world, identity, place)
            answer = await come_back(world, {"error": "access_denied", "state": query["state"]}, cookie)
            assert answer.headers["location"] == f"{APP}/sign-in?failure=single_sign_on_failed&next={wanted}"

            identity.url = "https://elsewhere.example"
        async with world_with(tmp_path, identity) as world:
            answer = await world.client.get(BEGIN, params={"next": place})
            assert answer.headers["location"] == f"{APP}/sign-in?failure=single_sign_on_unavailable&next={wanted}"


@pytest.mark.parametrize(
    "place",
    [
        "//elsewhere.example",
        "/\\elsewhere.example",
        "https://elsewhere.example",
        ".elsewhere.example",
        "/a\r\nset-cookie: a=b",
        "/a b",
        "/ä",
        "/../console/v1/account",
        "/usage/..",
        "/%2E%2e/console?a=b",
        "/./keys",
        "/" + "a" * 1000,
    ],
)
async def test_nobody_is_led_to_what_is_no_place_of_the_app(tmp_path: Path, place: str) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity) as world:
            await who(world, await come_back(world, *await begin(world, identity, place)))


@pytest.mark.parametrize(("sign_up", "code"), [("invitation", "invitation_required"), ("closed", "sign_up_closed")])
async def test_somebody_new_gets_no_account_where_not_everybody_may(
    tmp_path: Path, sign_up: SignUpMode, code: str
) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity, sign_up=sign_up) as world:
            refused(await come(world, identity), code)
            assert rows(world.path, "SELECT id FROM accounts") == []
            account_id = await world.account(EMAIL)
            assert (await who(world, await come(world, identity)))["account_id"] == account_id


async def test_who_waits_in_an_account_with_anothers_email_is_not_joined_by_its_owner(tmp_path: Path) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity) as world:
            given = {"email": EMAIL, "password": PASSWORD}
            waiting = await world.client.post("/console/v1/accounts", json=given)
            world.client.cookies.clear()
            assert waiting.status_code == 201
            refused(await come(world, identity), "email_not_proved")

            link = await MakeLinks(world.database, world.clock, PUBLIC_URL).reset_link(SEEDER, EMAIL)
            new = {"token": link.url.partition("#token=")[2], "password": "quite another pass phrase"}
            assert (await world.client.post("/console/v1/password-resets/complete", json=new)).status_code == 204
            found = await who(world, await come(world, identity))
            assert found["account_id"] == waiting.json()["account_id"]


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"email_verified": False}, "email_not_verified"),
        ({"email_verified": None}, "email_not_verified"),
        ({"email_verified": "true"}, "email_not_verified"),
        ({"email": None}, "email_required"),
        ({"email": "no address"}, "email_required"),
        ({"email": "person@elsewhere.example"}, "domain_not_allowed"),
        ({"email": "person@sub.example.com"}, "domain_not_allowed"),
        ({"aud": "another client"}, "single_sign_on_failed"),
        ({"aud": [CLIENT_ID, "another client"]}, "single_sign_on_failed"),
        ({"azp": "another client"}, "single_sign_on_failed"),
        ({"iss": "https://elsewhere.example"}, "single_sign_on_failed"),
        ({"nonce": "another"}, "single_sign_on_failed"),
        ({"nonce": None}, "single_sign_on_failed"),
        ({"exp": 1_000_000_000}, "single_sign_on_failed"),
        ({"exp": None}, "single_sign_on_failed"),
        ({"iat": 100_000_000_000}, "single_sign_on_failed"),
        ({"sub": None}, "single_sign_on_failed"),
        ({"sub": 5}, "single_sign_on_failed"),
    ],
)
async def test_what_is_not_proved_lets_nobody_in(tmp_path: Path, claims: dict[str, Any], code: str) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity, domains=("Example.com",)) as world:
            await world.account(EMAIL)
            identity.claims |= claims
            refused(await come(world, identity), code)


@pytest.mark.parametrize("algorithm", ["RS256", "HS256", "none"])
async def test_a_proof_that_somebody_else_signed_is_none(tmp_path: Path, algorithm: str) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity) as world:
            identity.algorithm = algorithm
            identity.signs_with = rsa_key("somebody else's") if algorithm == "RS256" else OctKey.import_key(SECRET)
            refused(await come(world, identity), "single_sign_on_failed")


async def test_a_new_key_of_the_provider_is_learnt_at_once(tmp_path: Path) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity) as world:
            await who(world, await come(world, identity))
            identity.key = rsa_key("two")
            assert (await who(world, await come(world, identity)))["email"] == EMAIL


async def test_only_the_browser_that_began_it_ends_it_and_soon(tmp_path: Path) -> None:
    clock = ShiftedClock()
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity, clock=clock) as world:
            query, cookie = await begin(world, identity)
            other_query, other_cookie = await begin(world, identity)
            refused(await come_back(world, query, ""), "single_sign_on_failed")
            refused(await come_back(world, query, other_cookie), "single_sign_on_failed")
            refused(
                await come_back(world, query, cookie[:-1] + ("A" if cookie[-1] != "A" else "B")),
                "single_sign_on_failed",
            )
            refused(await come_back(world, {"state": query["state"]}, cookie), "single_sign_on_failed")
            refused(
                await come_back(world, {"error": "access_denied"} | {"state": query["state"]}, cookie),
                "single_sign_on_failed",
            )
            assert identity.asked.get("/token", 0) == 0

            clock.shift_ms = 600_000
            refused(await come_back(world, other_query, other_cookie), "single_sign_on_failed")
            assert identity.asked.get("/token", 0) == 0
            clock.shift_ms = 0
            assert (await who(world, await come_back(world, other_query, other_cookie)))["email"] == EMAIL


@pytest.mark.parametrize(("status", "code"), [(400, "single_sign_on_failed"), (500, "single_sign_on_unavailable")])
async def test_a_provider_that_takes_no_code_lets_nobody_in(tmp_path: Path, status: int, code: str) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity) as world:
            identity.token_status = status
            refused(await come(world, identity), code)


async def test_a_provider_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with closed_port() as port:
        identity = ScriptedIdentity()
        identity.url = f"http://127.0.0.1:{port}"
        async with world_with(tmp_path, identity) as world:
            refused(await world.client.get(BEGIN), "single_sign_on_unavailable")


async def test_a_provider_that_calls_itself_otherwise_is_not_followed(tmp_path: Path) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity) as world:
            identity.url = "https://elsewhere.example"
            refused(await world.client.get(BEGIN), "single_sign_on_unavailable")


async def test_a_disabled_account_stays_closed(tmp_path: Path) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity) as world:
            await who(world, await come(world, identity))
            await world.accounts.disable(EMAIL)
            refused(await come(world, identity), "account_disabled")


async def test_without_a_provider_there_is_no_such_way_in(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        for place in (BEGIN, BACK):
            refused(await world.client.get(place), "single_sign_on_off")


async def test_an_address_is_led_to_the_provider_twenty_times_a_minute(tmp_path: Path) -> None:
    with scripted_identity() as identity:
        async with world_with(tmp_path, identity, clock=HeldClock()) as world:
            for _ in range(20):
                await begin(world, identity)
            refused(await world.client.get(BEGIN), "too_many_tries")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (SingleSignOnSettings(issuer="http://id.example.org", client_id="x"), "https"),
        (SingleSignOnSettings(issuer="id.example.org", client_id="x"), "https"),
        (SingleSignOnSettings(issuer="https://id.example.org"), "client_id"),
    ],
)
def test_half_of_the_settings_is_refused(settings: SingleSignOnSettings, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        openid_provider(settings, {}, SystemClock(), PUBLIC_URL)


async def test_the_real_server_takes_people_in(tmp_path: Path) -> None:
    with scripted_identity() as identity:
        settings = (
            f'[single_sign_on]\nissuer = "{identity.url}"\nclient_id = "{CLIENT_ID}"\n[accounts]\nsign_up = "open"\n'
        )
        async with (
            Gateway(tmp_path, settings=settings, environment={SECRET_VARIABLE: SECRET}) as gateway,
            plain_client(gateway.url) as client,
        ):
            led = await client.get(BEGIN)
            back = await client.get(BACK, params=identity.sign_in(led.headers["location"]))
            assert back.headers["location"] == f"{gateway.url}/app"
            door = (await client.get(DOOR)).json()
            assert door["session"]["email"] == EMAIL
            assert door["single_sign_on"] == {"name": "Single sign-on"}
            await gateway.assert_books_balance()
