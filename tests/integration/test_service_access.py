"""Who may use which route: the guard in front of real routes, and in front of one route of each kind of access."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import get, route
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import SkipValidation

from tests.support.contract import validate_error
from tests.support.database import rows
from tests.support.gateway import FLAGSHIP, Gateway
from tests.support.ledger import NOON_MS, HeldClock
from tests.support.served import plain_client
from tests.support.service_app import service_app
from tests.support.service_world import OWNER, PUBLIC_URL, ServiceWorld, service_world
from tollway.http.asgi import app as app_module
from tollway.http.asgi.app import create_app
from tollway.http.asgi.routes import ROUTES
from tollway.http.service.access import ACCESS, Access, Caller
from tollway.keys.types import KeyKind

OPERATOR = "op@example.com"
KEYS_PAGE = f"{PUBLIC_URL}/app/keys"
SESSION = "/console/v1/session"
Anybody = NamedDependency[SkipValidation[Caller | None]]

ANONYMOUS, API, OTHER_API, DISABLED, MANAGEMENT, OPERATOR_KEY, PERSON, OPERATOR_PERSON = IDENTITIES = (
    "anonymous",
    "own key",
    "other account's key",
    "disabled key",
    "management key",
    "operator key",
    "session",
    "operator's session",
)
NO_KEY, NO_SESSION = "invalid_api_key", "session_required"
NEEDS_API, NEEDS_MANAGEMENT, NEEDS_OPERATOR = "api_key_required", "management_key_required", "operator_required"
REFUSALS: dict[Access, dict[str, str]] = {
    Access.PUBLIC: {},
    Access.API_KEY: {
        **dict.fromkeys((ANONYMOUS, DISABLED, PERSON, OPERATOR_PERSON), NO_KEY),
        **dict.fromkeys((MANAGEMENT, OPERATOR_KEY), NEEDS_API),
    },
    Access.ANY_KEY: {
        **dict.fromkeys((ANONYMOUS, DISABLED, PERSON, OPERATOR_PERSON), NO_KEY),
        OPERATOR_KEY: NEEDS_API,
    },
    Access.MANAGEMENT_KEY: {
        **dict.fromkeys((ANONYMOUS, DISABLED, PERSON, OPERATOR_PERSON), NO_KEY),
        **dict.fromkeys((API, OTHER_API), NEEDS_MANAGEMENT),
        OPERATOR_KEY: NEEDS_API,
    },
    Access.SESSION: dict.fromkeys((ANONYMOUS, API, OTHER_API, DISABLED, MANAGEMENT, OPERATOR_KEY), NO_SESSION),
    Access.OPERATOR: {
        ANONYMOUS: NO_SESSION,
        DISABLED: NO_KEY,
        **dict.fromkeys((API, OTHER_API, MANAGEMENT, PERSON), NEEDS_OPERATOR),
    },
}
"""Who is refused where, and with which code; everybody else is admitted."""
CODES_OF_THE_GUARD = {NO_KEY, NO_SESSION, NEEDS_API, NEEDS_MANAGEMENT, NEEDS_OPERATOR, "csrf_token_required"}


def probe(access: Access) -> HTTPRouteHandler:
    """A route that says whom it was handed."""

    @route(f"/probe/{access}", http_method=["GET", "POST"], status_code=200, opt={ACCESS: access})
    async def who(caller: Anybody) -> dict[str, Any]:
        if caller is None:
            return {"kind": None}
        actor = caller.actor
        return {"kind": actor.kind, "name": actor.name, "account_id": actor.account_id}

    return who


PROBES = tuple(probe(access) for access in Access)


@asynccontextmanager
async def open_probes(
    world: ServiceWorld, monkeypatch: pytest.MonkeyPatch, public_url: str = PUBLIC_URL
) -> AsyncIterator[httpx.AsyncClient]:
    """An app with the probes as its routes, on everything of the world."""
    monkeypatch.setattr(app_module, "ROUTES", PROBES)
    app: Any = create_app(replace(world.deps, public_url=public_url))  # Each library has its own type for it.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=public_url) as client:
        yield client


async def identities(world: ServiceWorld) -> dict[str, dict[str, str]]:
    """The headers of everybody who may come."""
    disabled = await world.key(OWNER)
    async with world.database.begin() as connection:
        await connection.exec_driver_sql("UPDATE keys SET enabled = 0, revision = revision + 1")
    found = {
        ANONYMOUS: {},
        API: world.auth(await world.key(OWNER)),
        OTHER_API: world.auth(await world.key("other@example.com")),
        DISABLED: world.auth(disabled),
        MANAGEMENT: world.auth(await world.key(OWNER, KeyKind.MANAGEMENT)),
        OPERATOR_KEY: world.auth(await world.key(OPERATOR, KeyKind.OPERATOR)),
        PERSON: await world.sign_in(OWNER),
        OPERATOR_PERSON: await world.sign_in(OPERATOR),
    }
    assert tuple(found) == IDENTITIES
    return found


def refused(answer: httpx.Response, status: int, code: str, *words: str) -> None:
    """Make sure of a refusal in the contract's form."""
    body = answer.json()
    validate_error(body)
    assert (answer.status_code, body["error"]["code"]) == (status, code), body
    assert [word for word in words if word not in body["message"]] == [], body["message"]


def status_of(code: str) -> int:
    return 401 if code in {NO_KEY, NO_SESSION} else 403


async def test_each_access_admits_its_own_and_refuses_everybody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service_world(tmp_path) as world, open_probes(world, monkeypatch) as client:
        everybody = await identities(world)
        for access in Access:
            for name, headers in everybody.items():
                for method in ("GET", "POST"):
                    answer = await client.request(method, f"/probe/{access}", headers=headers)
                    code = REFUSALS[access].get(name)
                    if code is None:
                        assert answer.status_code == 200, (access, name, answer.text)
                    else:
                        refused(answer, status_of(code), code)


async def test_every_real_route_is_guarded_as_it_declares(tmp_path: Path) -> None:
    found: list[str] = []
    async with service_world(tmp_path) as world:
        everybody = await identities(world)
        for handler in ROUTES:
            access = handler.opt[ACCESS]
            for path in handler.paths:
                place = re.sub(r"\{\w+:(\w+)\}", lambda kind: "1" if kind[1] == "int" else "none", path)
                for method in handler.http_methods:
                    for name, headers in everybody.items():
                        if (place, method) == (SESSION, "DELETE") and name in {PERSON, OPERATOR_PERSON}:
                            continue  # It would end the session that the routes after it need.
                        answer = await world.client.request(method, place, headers=headers, json={})
                        world.client.cookies.clear()
                        refusal = answer.json() if answer.status_code in {401, 403} else {"error": {"code": None}}
                        code = refusal["error"]["code"]
                        wanted = REFUSALS[access].get(name)
                        if (code if code in CODES_OF_THE_GUARD else None) != wanted or answer.status_code >= 500:
                            found.append(f"{method} {place} by {name}: {answer.status_code} {code}, not {wanted}")
    assert found == []


async def test_nothing_that_a_cookie_opens_is_kept_by_a_cache(tmp_path: Path) -> None:
    asked: list[str] = []
    async with service_world(tmp_path) as world:
        await world.account(OPERATOR, operator=True)
        headers = await world.sign_in(OPERATOR)
        for handler in ROUTES:
            for path in handler.paths:
                if handler.opt[ACCESS] in {Access.SESSION, Access.OPERATOR} and "GET" in handler.http_methods:
                    answer = await world.client.get(re.sub(r"\{\w+:\w+\}", "1", path), headers=headers)
                    assert answer.headers["cache-control"] == "no-store", path
                    asked.append(path)
        assert (await world.client.get("/v1/models", headers=headers)).headers["cache-control"] != "no-store"
    assert {"/console/v1/keys", "/console/v1/billing", "/admin/v1/settings"} <= set(asked)


async def test_a_handler_learns_who_calls_as_the_audit_trail_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service_world(tmp_path) as world, open_probes(world, monkeypatch) as client:
        everybody = await identities(world)

        async def told(access: Access, name: str) -> tuple[Any, ...]:
            body = (await client.get(f"/probe/{access}", headers=everybody[name])).json()
            return tuple(body.values())

        def prefix(name: str) -> str:
            return everybody[name]["authorization"].removeprefix("Bearer ")[:8]

        owner = (await world.accounts.get(OWNER)).id
        operator = (await world.accounts.get(OPERATOR)).id
        assert await told(Access.PUBLIC, API) == (None,)
        assert await told(Access.API_KEY, API) == ("api_key", prefix(API), owner)
        assert await told(Access.MANAGEMENT_KEY, MANAGEMENT) == ("management_key", prefix(MANAGEMENT), owner)
        assert await told(Access.OPERATOR, OPERATOR_KEY) == ("operator_key", prefix(OPERATOR_KEY), operator)
        assert await told(Access.SESSION, PERSON) == ("session", OWNER, owner)
        assert await told(Access.OPERATOR, OPERATOR_PERSON) == ("session", OPERATOR, operator)


def test_a_route_that_declares_no_access_cannot_be_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    @get("/forgotten")
    async def forgotten() -> None:
        """Say nothing."""

    @get("/mistyped", opt={ACCESS: "everybody"})
    async def mistyped() -> None:
        """Say nothing."""

    for handler in (forgotten, mistyped):
        monkeypatch.setattr(app_module, "ROUTES", (*ROUTES, handler))
        with pytest.raises(RuntimeError, match=handler.fn.__name__):
            service_app()


@pytest.mark.parametrize(
    ("method", "path", "request_parts", "kind", "statuses"),
    [
        ("GET", "/v2/billing/transactions?limit=wrong&limit=2&unknown=1", {}, KeyKind.MANAGEMENT, (401, 403, 400)),
        ("GET", "/v2/billing/transactions?cursor=wrong", {}, KeyKind.MANAGEMENT, (401, 403, 400)),
        ("POST", "/v1/keys", {"content": b"{broken"}, KeyKind.API, (401, 403, 400)),
        ("POST", "/v1/keys", {"data": {"name": "a form"}}, KeyKind.API, (401, 403, 415)),
        ("POST", "/v1/keys", {"json": {"unknown": 1}}, KeyKind.API, (401, 403, 400)),
        ("PUT", "/v2/billing/auto-top-up", {"json": []}, KeyKind.API, (401, 403, 400)),
    ],
)
async def test_who_calls_is_looked_at_before_what_they_send(
    tmp_path: Path, method: str, path: str, request_parts: dict[str, Any], kind: KeyKind, statuses: tuple[int, ...]
) -> None:
    right_kind = KeyKind.API if kind is KeyKind.MANAGEMENT else KeyKind.MANAGEMENT
    async with service_world(tmp_path) as world:
        callers: tuple[dict[str, str], ...] = (
            {},
            world.auth(await world.key(OWNER, kind)),
            world.auth(await world.key(OWNER, right_kind)),
        )
        answers = [await world.client.request(method, path, headers=headers, **request_parts) for headers in callers]

    assert tuple(answer.status_code for answer in answers) == statuses


async def test_refusals_about_keys_lead_to_the_page_of_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with service_world(tmp_path) as world, open_probes(world, monkeypatch) as client:
        everybody = await identities(world)
        wrong = [(Access.API_KEY, ANONYMOUS), (Access.API_KEY, MANAGEMENT), (Access.MANAGEMENT_KEY, API)]
        for access, name in wrong:
            code = REFUSALS[access][name]
            refused(await client.get(f"/probe/{access}", headers=everybody[name]), status_of(code), code, KEYS_PAGE)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer two", "bearer\x00", "Token {key}", "{key}"]
)
async def test_what_is_no_bearer_key_is_nobodys(tmp_path: Path, header: str) -> None:
    async with service_world(tmp_path) as world:
        given = {"authorization": header.format(key=await world.key())}
        answer = await world.client.get("/v2/billing", headers=given)

    refused(answer, 401, NO_KEY)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_scheme_may_be_written_as_one_likes(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        key = await world.key()
        for scheme in ("Bearer", "bearer", "BEARER"):
            answer = await world.client.get("/v2/billing", headers={"authorization": f"{scheme} {key}"})
            assert answer.status_code == 200


async def test_a_use_of_a_key_is_noted_and_a_refused_one_too(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        used, of_other_kind = await world.key(), await world.key(OWNER, KeyKind.MANAGEMENT)
        unused = await world.key()
        for key in (used, of_other_kind):
            await world.client.get("/v2/billing/transactions", headers=world.auth(key))
        await world.deps.last_used.flush()
        stored = rows(world.path, "SELECT prefix, last_used_at_ms FROM keys ORDER BY id")

    assert stored == [(used[:8], NOON_MS), (of_other_kind[:8], NOON_MS), (unused[:8], None)]


async def test_a_given_key_decides_even_beside_an_operators_cookie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service_world(tmp_path) as world, open_probes(world, monkeypatch) as client:
        everybody = await identities(world)
        person = everybody[OPERATOR_PERSON]
        for name, code in ((DISABLED, NO_KEY), (API, NEEDS_OPERATOR)):
            answer = await client.get(f"/probe/{Access.OPERATOR}", headers=person | everybody[name])
            refused(answer, status_of(code), code)


async def test_a_demoted_operators_key_and_session_lose_their_power_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service_world(tmp_path) as world, open_probes(world, monkeypatch) as client:
        everybody = await identities(world)
        place = f"/probe/{Access.OPERATOR}"
        accounts = world.accounts

        await accounts.set_operator(OPERATOR, is_operator=False)
        await world.keys.refresh()
        refused(await client.get(place, headers=everybody[OPERATOR_KEY]), 401, NO_KEY)
        refused(await client.get(place, headers=everybody[OPERATOR_PERSON]), 403, NEEDS_OPERATOR)

        await accounts.set_operator(OPERATOR, is_operator=True)
        await world.keys.refresh()
        for name in (OPERATOR_KEY, OPERATOR_PERSON):
            assert (await client.get(place, headers=everybody[name])).status_code == 200


@pytest.mark.parametrize("access", [Access.SESSION, Access.OPERATOR])
async def test_a_change_by_cookie_needs_the_sessions_own_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, access: Access
) -> None:
    async with service_world(tmp_path) as world, open_probes(world, monkeypatch) as client:
        await world.account(OPERATOR, operator=True)
        one, another = await world.sign_in(OPERATOR), await world.sign_in(OPERATOR)
        place, cookie = f"/probe/{access}", {"cookie": one["cookie"]}
        for token in ({}, {"x-csrf-token": ""}, {"x-csrf-token": another["x-csrf-token"]}, {"x-csrf-token": "\xe9"}):
            sent = {name: value.encode("latin-1") for name, value in token.items()}
            asked = [(name.encode(), value.encode()) for name, value in cookie.items()]
            answer = await client.post(place, headers=[*asked, *((name.encode(), text) for name, text in sent.items())])
            refused(answer, 403, "csrf_token_required", "x-csrf-token")
        assert (await client.get(place, headers=cookie)).status_code == 200
        assert (await client.post(place, headers=one)).status_code == 200


@pytest.mark.parametrize(
    ("public_url", "origin", "status"),
    [
        (PUBLIC_URL, PUBLIC_URL, 200),
        (PUBLIC_URL, "https://evil.example.org", 403),
        (PUBLIC_URL, f"{PUBLIC_URL}.evil.example.org", 403),
        (PUBLIC_URL, PUBLIC_URL.replace("https", "http"), 403),
        (PUBLIC_URL, f"{PUBLIC_URL}:8443", 403),
        (PUBLIC_URL, "null", 403),
        (PUBLIC_URL, "", 403),
        ("https://LLM.example.org:443/gateway", PUBLIC_URL, 200),
        ("https://llm.example.org:8443", "https://llm.example.org:8443", 200),
        ("https://llm.example.org:8443", PUBLIC_URL, 403),
    ],
)
async def test_a_change_by_cookie_must_come_from_this_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, public_url: str, origin: str, status: int
) -> None:
    async with service_world(tmp_path) as world, open_probes(world, monkeypatch, public_url) as client:
        await world.account()
        headers = await world.sign_in() | {"origin": origin}
        place = f"{public_url}/probe/{Access.SESSION}".replace("/gateway", "")
        answer = await client.post(place, headers=headers)
        assert (await client.get(place, headers=headers)).status_code == 200

    assert answer.status_code == status, answer.text


async def test_a_change_by_key_needs_no_token_and_no_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with service_world(tmp_path) as world, open_probes(world, monkeypatch) as client:
        headers = world.auth(await world.key(OPERATOR, KeyKind.OPERATOR)) | {"origin": "https://elsewhere.example"}
        assert (await client.post(f"/probe/{Access.OPERATOR}", headers=headers)).status_code == 200


async def test_head_is_guarded_like_get(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        headers = world.auth(await world.key())
        anonymous, known = [await world.client.head("/v2/billing", headers=given) for given in ({}, headers)]

    assert (anonymous.status_code, known.status_code) == (401, 200)


async def test_an_operators_key_runs_no_inference(tmp_path: Path) -> None:
    async with Gateway(tmp_path) as gateway, plain_client(gateway.url) as client:
        made = await gateway.command("key", "create", "--account", gateway.first["email"], "--kind", "operator")
        headers = {"authorization": f"Bearer {made['key']}"}
        body = {"model": FLAGSHIP, "messages": [{"role": "user", "content": "Hello"}]}
        answer = await client.post("/v1/chat/completions", json=body, headers=headers)
        refused(answer, 403, "management_key", "An operator key cannot run inference", f"{gateway.url}/app/keys")
        refused(await client.get("/v1/keys", headers=headers), 403, NEEDS_API)
        await gateway.assert_books_balance()
