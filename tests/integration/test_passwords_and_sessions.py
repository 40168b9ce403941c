"""Changing and resetting passwords and ending sessions, with a real mail server."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.contract import validate_error
from tests.support.database import everything_in, rows
from tests.support.ledger import HeldClock
from tests.support.mail_server import MailServer, link_in, mail_server, token_in
from tests.support.service_world import OWNER, PASSWORD, PUBLIC_URL, SEEDER, ServiceWorld, service_world
from tollway.accounts.errors import (
    AccountDisabledError,
    UnknownAccountError,
    WrongCredentialsError,
    WrongPasswordError,
)
from tollway.accounts.passwords import PasswordHasher
from tollway.flows.make_links import MakeLinks
from tollway.flows.set_password import SetPassword
from tollway.flows.sign_in import SignIn
from tollway.kit.clock import HOUR_MS
from tollway.kit.settings import AccountSettings, Settings

SESSION, SESSIONS = "/console/v1/session", "/console/v1/sessions"
CHANGE, RESET = "/console/v1/password", "/console/v1/password-resets"
COMPLETE = f"{RESET}/complete"
NEW_PASSWORD = "quite another pass phrase"
NOBODY = "nobody@example.com"


@asynccontextmanager
async def world_with_mail(
    folder: Path, clock: HeldClock | None = None
) -> AsyncIterator[tuple[ServiceWorld, MailServer]]:
    """A world whose mail is taken by a real server."""
    async with mail_server() as mail, service_world(folder, clock=clock, mailer=mail.mailer) as world:
        yield world, mail


async def can_sign_in(world: ServiceWorld, password: str, email: str = OWNER) -> bool:
    answer = await world.client.post(SESSION, json={"email": email, "password": password})
    world.client.cookies.clear()
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


async def is_in(world: ServiceWorld, headers: dict[str, str]) -> bool:
    return (await world.client.get(SESSION, headers={"cookie": headers["cookie"]})).status_code == 200


async def change(world: ServiceWorld, headers: dict[str, str], current: str, new: str) -> httpx.Response:
    body = {"current_password": current, "new_password": new}
    return await world.client.post(CHANGE, json=body, headers=headers)


async def ask_reset(world: ServiceWorld, email: str, **headers: str) -> httpx.Response:
    answer = await world.client.post(RESET, json={"email": email}, headers=headers)
    await world.outbox.drain(20.0)
    return answer


async def complete(world: ServiceWorld, token: str, password: str = NEW_PASSWORD, **headers: str) -> httpx.Response:
    return await world.client.post(COMPLETE, json={"token": token, "password": password}, headers=headers)


async def reset_token(world: ServiceWorld, email: str = OWNER) -> str:
    """The token of a link that the operator made."""
    made = await MakeLinks(world.database, world.clock, PUBLIC_URL).reset_link(SEEDER, email)
    assert made.url.startswith(f"{PUBLIC_URL}/app/reset-password#token=")
    return token_in(made.url)


def refused(answer: httpx.Response, status: int, code: str, *words: str) -> None:
    body = answer.json()
    validate_error(body)
    assert (answer.status_code, body["error"]["code"]) == (status, code), body
    assert [word for word in words if word not in body["message"]] == [], body["message"]
    assert PASSWORD not in answer.text


async def test_a_changed_password_holds_and_ends_every_other_session(tmp_path: Path) -> None:
    async with world_with_mail(tmp_path) as (world, mail):
        await world.account()
        here, elsewhere = await world.sign_in(), await world.sign_in()
        token = await reset_token(world)
        answer = await change(world, here, PASSWORD, NEW_PASSWORD)
        assert (answer.status_code, answer.content) == (204, b"")

        assert await is_in(world, here)
        assert not await is_in(world, elsewhere)
        assert not await can_sign_in(world, PASSWORD)
        assert await can_sign_in(world, NEW_PASSWORD)
        refused(await complete(world, token, "yet another pass phrase"), 400, "invalid_link")

        await world.outbox.drain(20.0)
        (told,) = mail.to(OWNER)
        assert told["Subject"] == "Your password was changed"
        assert f"{PUBLIC_URL}/app/forgot-password" in told.get_content()
        trail = rows(world.path, "SELECT actor_kind, actor FROM audit_entries WHERE action = 'account.set_password'")
        assert trail == [("session", OWNER)]


async def test_a_password_is_not_changed_by_who_does_not_know_it(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        headers = await world.sign_in()
        refused(await change(world, headers, "not the password", NEW_PASSWORD), 400, "wrong_password")
        weak = await change(world, headers, PASSWORD, "short")
        refused(weak, 400, "weak_password", "12")
        assert weak.json()["error"]["param"] == "new_password"
        forged = {"cookie": headers["cookie"]}
        refused(await change(world, forged, PASSWORD, NEW_PASSWORD), 403, "csrf_token_required")
        foreign = headers | {"origin": "https://elsewhere.example"}
        refused(await change(world, foreign, PASSWORD, NEW_PASSWORD), 403, "csrf_token_required")
        assert await can_sign_in(world, PASSWORD)


async def test_who_has_a_session_has_five_tries_at_the_password_a_minute(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock) as world:
        await world.account()
        headers = await world.sign_in()
        for _ in range(5):
            refused(await change(world, headers, "not the password", NEW_PASSWORD), 400, "wrong_password")
        limited = await change(world, headers, PASSWORD, NEW_PASSWORD)
        refused(limited, 429, "too_many_tries")
        assert limited.headers["retry-after"] == "61"
        clock.moment_ms += 60_000
        assert (await change(world, headers, PASSWORD, NEW_PASSWORD)).status_code == 204


class Interrupted(PasswordHasher):
    """Proves passwords as ever, and lets something happen before what it found is acted on."""

    def __init__(self, interruption: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._interruption = interruption

    async def verify(self, password_hash: str, password: str) -> bool:
        found = await super().verify(password_hash, password)
        await self._interruption()
        return found


async def test_a_password_that_is_replaced_meanwhile_begins_no_session(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        token = await reset_token(world)
        door = SignIn(world.database, world.clock, Interrupted(lambda: complete(world, token)))
        with pytest.raises(WrongCredentialsError):
            await door.sign_in(OWNER, PASSWORD, address="192.0.2.7", user_agent="")
        assert rows(world.path, "SELECT id FROM sessions") == []
        assert await can_sign_in(world, NEW_PASSWORD)


async def test_a_password_that_is_replaced_meanwhile_is_not_changed_by_who_knew_it(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        account_id = await world.account()
        token = await reset_token(world)
        hasher = Interrupted(lambda: complete(world, token))
        set_password = SetPassword(world.database, world.clock, hasher, world.outbox, PUBLIC_URL)
        with pytest.raises(WrongPasswordError):
            await set_password.change(SEEDER, account_id, "a session", PASSWORD, "the intruder's pass phrase")
        assert await can_sign_in(world, NEW_PASSWORD)


async def test_who_forgot_the_password_sets_a_new_one_by_the_link_in_a_mail(tmp_path: Path) -> None:
    async with world_with_mail(tmp_path) as (world, mail):
        await world.account()
        sessions = [await world.sign_in() for _ in range(2)]
        asked = await ask_reset(world, f" {OWNER.upper()}")
        assert (asked.status_code, asked.json()) == (202, {"mail": True})
        (letter,) = mail.to(OWNER)
        link = link_in(letter)
        assert link.startswith(f"{PUBLIC_URL}/app/reset-password#token=")
        assert await can_sign_in(world, PASSWORD), "asking alone changes nothing"

        done = await complete(world, token_in(link))
        assert (done.status_code, done.content) == (204, b"")
        assert [await is_in(world, headers) for headers in sessions] == [False, False]
        assert not await can_sign_in(world, PASSWORD)
        assert await can_sign_in(world, NEW_PASSWORD)
        await world.outbox.drain(20.0)
        assert [told["Subject"] for told in mail.to(OWNER)] == ["Choose a new password", "Your password was changed"]
        trail = rows(
            world.path, "SELECT actor_kind, action FROM audit_entries WHERE action LIKE 'account.%' ORDER BY rowid"
        )
        assert trail[-2:] == [("system", "account.reset_link"), ("link", "account.set_password")]


async def test_whoever_took_anothers_email_loses_the_keys_too_when_its_owner_proves_it(tmp_path: Path) -> None:
    settings = Settings(accounts=AccountSettings(sign_up="open", sign_up_credits=0))
    async with mail_server() as mail, service_world(tmp_path, mailer=mail.mailer, settings=settings) as world:
        await world.client.post("/console/v1/accounts", json={"email": OWNER, "password": PASSWORD})
        intruder = await world.sign_in()
        for kind in ("api", "management"):
            await world.client.post("/console/v1/keys", json={"kind": kind}, headers=intruder)
        assert rows(world.path, "SELECT count(*) FROM keys WHERE enabled") == [(2,)]

        assert (await complete(world, await reset_token(world))).status_code == 204
        assert rows(world.path, "SELECT count(*) FROM keys WHERE enabled") == [(0,)]
        trail = "SELECT actor_kind, count(*) FROM audit_entries WHERE action = 'key.update' GROUP BY 1"
        assert rows(world.path, trail) == [("link", 2)]
        await world.outbox.drain(20.0)
        (told,) = mail.to(OWNER)
        assert f"{PUBLIC_URL}/app/keys" in told.get_content()

        # Whoever has proved it once keeps what they made since.
        given = {"email": OWNER, "password": NEW_PASSWORD}
        answer = await world.client.post(SESSION, json=given)
        owner = {"cookie": answer.headers["set-cookie"].partition(";")[0], "x-csrf-token": answer.json()["csrf_token"]}
        await world.client.post("/console/v1/keys", json={}, headers=owner)
        assert (await complete(world, await reset_token(world), PASSWORD)).status_code == 204
        assert rows(world.path, "SELECT count(*) FROM keys WHERE enabled") == [(1,)]
        await world.outbox.drain(20.0)
        assert "/app/keys" not in mail.to(OWNER)[-1].get_content()


async def test_whoever_asks_for_a_reset_is_not_told_whether_there_is_such_an_account(tmp_path: Path) -> None:
    async with world_with_mail(tmp_path) as (world, mail):
        await world.account()
        await world.account("gone@example.com")
        await world.accounts.disable("gone@example.com")
        answers = [await ask_reset(world, email) for email in (OWNER, "gone@example.com", NOBODY, "no address")]
        assert [message["To"] for message in mail.messages] == [OWNER]
        assert rows(world.path, "SELECT count(*) FROM account_links") == [(1,)]

    told = [(answer.status_code, answer.content, set(answer.headers)) for answer in answers]
    assert all(one == told[0] for one in told), told
    assert told[0][0] == 202


async def test_nothing_of_the_account_is_looked_at_before_the_answer(tmp_path: Path) -> None:
    """The time of the answer can tell nothing, because the database is asked by the sender of mail alone."""
    async with mail_server() as mail, service_world(tmp_path, mailer=mail.mailer) as world:
        await world.account()
        async with world.database.begin():
            # Whoever wanted to store a link now would wait for this transaction.
            answer = await world.client.post(RESET, json={"email": OWNER})
            assert answer.status_code == 202
            assert mail.messages == []
        await world.outbox.drain(20.0)
        assert len(mail.to(OWNER)) == 1


async def test_without_a_mail_server_nothing_is_made_and_the_answer_says_so(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        for email in (OWNER, NOBODY):
            answer = await ask_reset(world, email)
            assert (answer.status_code, answer.json()) == (202, {"mail": False})
        assert rows(world.path, "SELECT id FROM account_links") == []


async def test_an_email_is_written_five_links_an_hour_whoever_asks(tmp_path: Path) -> None:
    clock = HeldClock()
    async with world_with_mail(tmp_path, clock) as (world, mail):
        await world.account()
        for email in (OWNER, NOBODY):
            for _ in range(5):
                assert (await ask_reset(world, email)).status_code == 202
                clock.moment_ms += 60_000
            refused(await ask_reset(world, email), 429, "too_many_tries")
            clock.moment_ms += 60_000
        assert len(mail.to(OWNER)) == 5
        clock.moment_ms += HOUR_MS
        assert (await ask_reset(world, OWNER)).status_code == 202


async def test_an_address_asks_for_five_links_a_minute(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        for number in range(5):
            assert (await ask_reset(world, f"nobody{number}@example.com")).status_code == 202
        refused(await ask_reset(world, OWNER), 429, "too_many_tries")


async def test_a_link_works_once_and_for_an_hour(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock) as world:
        await world.account()
        token = await reset_token(world)
        clock.moment_ms += HOUR_MS
        refused(await complete(world, token), 400, "invalid_link")

        token = await reset_token(world)
        older = await reset_token(world)
        clock.moment_ms += HOUR_MS - 1
        assert (await complete(world, token)).status_code == 204
        for used in (token, older):
            refused(await complete(world, used, PASSWORD), 400, "invalid_link")
        assert await can_sign_in(world, NEW_PASSWORD)


async def test_a_weak_password_leaves_the_link_as_it_was(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        token = await reset_token(world)
        for password in ("short", f"{OWNER}1"):
            refused(await complete(world, token, password), 400, "weak_password")
        assert (await complete(world, token)).status_code == 204


async def test_a_disabled_account_is_not_reset(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        token = await reset_token(world)
        await world.accounts.disable(OWNER)
        refused(await complete(world, token), 400, "invalid_link")
        with pytest.raises(AccountDisabledError):
            await reset_token(world)
        with pytest.raises(UnknownAccountError):
            await reset_token(world, NOBODY)
        await world.accounts.enable(OWNER)
        assert await can_sign_in(world, PASSWORD)


async def test_an_invitation_resets_no_password(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        links = MakeLinks(world.database, world.clock, PUBLIC_URL)
        invitation = token_in((await links.invite(SEEDER, None, credit_count=None)).url)
        refused(await complete(world, invitation), 400, "invalid_link")
        given = {"email": "new@example.com", "password": PASSWORD, "invitation": await reset_token(world)}
        refused(await world.client.post("/console/v1/accounts", json=given), 403, "invalid_invitation")


async def test_links_cannot_be_guessed_without_end(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        await world.account()
        token = await reset_token(world)
        for number in range(5):
            refused(await complete(world, f"guess {number}"), 400, "invalid_link")
        refused(await complete(world, token), 429, "too_many_tries")


async def test_another_sites_page_resets_nothing(tmp_path: Path) -> None:
    async with world_with_mail(tmp_path) as (world, mail):
        await world.account()
        foreign = {"origin": "https://elsewhere.example"}
        refused(await ask_reset(world, OWNER, **foreign), 403, "csrf_token_required")
        token = await reset_token(world)
        refused(await complete(world, token, **foreign), 403, "csrf_token_required")
        assert mail.messages == []
        assert (await complete(world, token, origin=PUBLIC_URL)).status_code == 204


async def test_no_token_of_a_link_is_stored(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        token = await reset_token(world)
        digests = rows(world.path, "SELECT token_digest FROM account_links")
        stored = everything_in(tmp_path)

    assert digests == [(hashlib.sha256(token.encode()).digest(),)]
    assert token.encode() not in stored


async def listed(world: ServiceWorld, headers: dict[str, str]) -> list[dict[str, object]]:
    answer = await world.client.get(SESSIONS, headers={"cookie": headers["cookie"]})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found: list[dict[str, object]] = answer.json()["data"]
    return found


async def test_a_person_sees_and_ends_their_own_sessions_alone(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock) as world:
        await world.account()
        await world.account("other@example.com")
        first = await world.sign_in()
        clock.moment_ms += 90_000
        second, other = await world.sign_in(), await world.sign_in("other@example.com")

        newest, oldest = await listed(world, first)
        assert oldest == {
            "id": oldest["id"],
            "created_at": "2025-11-23T12:00:00.000Z",
            "last_seen_at": "2025-11-23T12:01:30.000Z",
            "user_agent": oldest["user_agent"],
            "address": "127.0.0.1",
            "is_current": True,
        }
        assert str(oldest["user_agent"]).startswith("python-httpx/")
        assert newest["is_current"] is False

        place = f"{SESSIONS}/{newest['id']}"
        refused(await world.client.delete(place, headers=other), 404, "session_not_found")
        refused(await world.client.delete(place, headers={"cookie": first["cookie"]}), 403, "csrf_token_required")
        assert await is_in(world, second)
        assert (await world.client.delete(place, headers=first)).status_code == 204
        refused(await world.client.delete(place, headers=first), 404, "session_not_found")
        assert [await is_in(world, one) for one in (first, second, other)] == [True, False, True]

        assert (await world.client.delete(f"{SESSIONS}/{oldest['id']}", headers=first)).status_code == 204
        assert not await is_in(world, first)


async def test_a_person_ends_every_session_but_this_one(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        await world.account("other@example.com")
        here, *elsewhere = [await world.sign_in() for _ in range(3)]
        other = await world.sign_in("other@example.com")
        refused(await world.client.delete(SESSIONS, headers={"cookie": here["cookie"]}), 403, "csrf_token_required")
        assert (await world.client.delete(SESSIONS, headers=here)).status_code == 204
        assert [await is_in(world, one) for one in (here, *elsewhere, other)] == [True, False, False, True]
        assert len(await listed(world, here)) == 1
