"""The door of the web app and signing up, on a real database, a real ledger and real hashes."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.contract import validate_error
from tests.support.database import everything_in, rows
from tests.support.ledger import HeldClock, faults
from tests.support.mail_server import MailServer
from tests.support.service_world import OWNER, PASSWORD, PUBLIC_URL, SEEDER, ServiceWorld, service_world
from tollway.accounts.errors import AccountExistsError
from tollway.credits.errors import LedgerUnavailableError
from tollway.credits.types import GrantType
from tollway.flows.make_links import MakeLinks
from tollway.flows.sign_up_grants import BookSignUpGrants
from tollway.kit.clock import DAY_MS
from tollway.kit.settings import AccountSettings, Settings, SignUpMode

PLACE, DOOR, SESSION = "/console/v1/accounts", "/console/v1/door", "/console/v1/session"
NEW = "new@example.com"


def settings(sign_up: SignUpMode = "open", welcome: int = 700) -> Settings:
    return Settings(accounts=AccountSettings(sign_up=sign_up, sign_up_credits=welcome))


async def come(
    world: ServiceWorld, email: str = NEW, password: str = PASSWORD, invitation: str | None = None, **headers: str
) -> httpx.Response:
    """Ask for an account as a browser without cookies does."""
    body: dict[str, Any] = {"email": email, "password": password}
    if invitation is not None:
        body["invitation"] = invitation
    answer = await world.client.post(PLACE, json=body, headers=headers)
    world.client.cookies.clear()
    return answer


async def invited(world: ServiceWorld, email: str | None = None, credit_count: int | None = None, days: int = 7) -> str:
    """The token of a new invitation."""
    made = await MakeLinks(world.database, world.clock, PUBLIC_URL).invite(
        SEEDER, email, credit_count=credit_count, days=days
    )
    address, _, token = made.url.partition("#token=")
    assert address == f"{PUBLIC_URL}/app/sign-up"
    return token


def refused(answer: httpx.Response, status: int, code: str, *words: str) -> None:
    """Make sure of a refusal in the contract's form that begins no session."""
    body = answer.json()
    validate_error(body)
    assert (answer.status_code, body["error"]["code"]) == (status, code), body
    assert [word for word in words if word not in body["message"]] == [], body["message"]
    assert "set-cookie" not in answer.headers


def headers_of(answer: httpx.Response) -> dict[str, str]:
    cookie = answer.headers["set-cookie"].partition(";")[0]
    return {"cookie": cookie, "x-csrf-token": answer.json()["csrf_token"]}


async def test_who_signs_up_is_signed_in_and_has_the_welcome_credits_once(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings()) as world:
        answer = await come(world, f" {NEW.upper()} ", **{"user-agent": "Browser/1.0"})
        account_id = answer.json()["account_id"]
        assert answer.status_code == 201
        assert answer.json() == {
            "email": NEW, "account_id": account_id, "is_operator": False, "csrf_token": answer.json()["csrf_token"],
        }  # fmt: skip
        assert answer.headers["cache-control"] == "no-store"
        pair, *attributes = answer.headers["set-cookie"].split("; ")
        assert pair.startswith("__Host-tollway_session=")
        assert set(attributes) == {"Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=43200", "Secure"}
        assert (await world.client.get(SESSION, headers=headers_of(answer))).json() == answer.json()
        assert rows(world.path, "SELECT user_agent FROM sessions") == [("Browser/1.0",)]

        await BookSignUpGrants(world.database, world.ledger, world.clock).book()
        assert (await world.ledger.balance(account_id)).posted_credits == 700
        assert rows(world.path, "SELECT account_id FROM due_sign_up_grants") == []
        booked = rows(world.path, "SELECT kind, amount_credits, reference_id FROM transfers")
        assert booked == [("BONUS", 700, f"sign-up-{account_id}")]
        trail = rows(world.path, "SELECT actor_kind, action, subject FROM audit_entries ORDER BY rowid")
        assert trail == [("session", "account.sign_up", NEW), ("system", "credits.grant", NEW)]
        assert await faults(world.path) == []

        again = await world.client.post(SESSION, json={"email": NEW, "password": PASSWORD})
        assert again.status_code == 200


async def test_without_welcome_credits_nothing_is_booked(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings(welcome=0)) as world:
        assert (await come(world)).status_code == 201
        assert rows(world.path, "SELECT id FROM transfers") == []


class FailingLedger:
    """A ledger whose disk is full."""

    async def grant(self, *_: object) -> None:
        raise LedgerUnavailableError("The disk is full")


async def test_welcome_credits_that_the_ledger_could_not_take_are_booked_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service_world(tmp_path, settings=settings()) as world:
        with monkeypatch.context() as patched:
            patched.setattr(world.ledger, "grant", FailingLedger().grant)
            answer = await come(world)
        account_id = answer.json()["account_id"]
        assert answer.status_code == 201
        assert (await world.ledger.balance(account_id)).posted_credits == 0

        books = BookSignUpGrants(world.database, world.ledger, world.clock)
        await asyncio.gather(books.book(), books.book(account_id), books.book())
        assert (await world.ledger.balance(account_id)).posted_credits == 700
        assert rows(world.path, "SELECT count(*) FROM audit_entries WHERE action = 'credits.grant'") == [(1,)]
        assert await faults(world.path) == []


async def test_a_reference_that_was_used_before_holds_up_nobody_else(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings()) as world:
        owner_id = await world.account()
        next_id = owner_id + 1
        await world.ledger.grant(owner_id, 5, GrantType.BONUS, f"sign-up-{next_id}")

        first, second = [await come(world, email) for email in (NEW, "other@example.com")]

        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json()["account_id"] == next_id
        await BookSignUpGrants(world.database, world.ledger, world.clock).book()
        assert (await world.ledger.balance(next_id)).posted_credits == 0
        assert (await world.ledger.balance(second.json()["account_id"])).posted_credits == 700
        assert rows(world.path, "SELECT account_id FROM due_sign_up_grants") == [(next_id,)]


async def test_a_closed_door_opens_to_nobody(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings("closed")) as world:
        await world.account()
        for email, invitation in ((NEW, None), (OWNER, None), (NEW, await invited(world))):
            refused(await come(world, email, invitation=invitation), 403, "sign_up_closed", "operator")
        assert rows(world.path, "SELECT email FROM accounts") == [(OWNER,)]


async def test_an_invitation_makes_one_account(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings("invitation")) as world:
        refused(await come(world), 403, "invitation_required")
        refused(await come(world, invitation=""), 403, "invitation_required")
        token = await invited(world)
        answer = await come(world, invitation=token)
        assert answer.status_code == 201
        assert (await world.ledger.balance(answer.json()["account_id"])).posted_credits == 700

        refused(await come(world, "second@example.com", invitation=token), 403, "invalid_invitation")
        trail = rows(world.path, "SELECT actor_kind, action FROM audit_entries WHERE action LIKE 'account.%'")
        assert trail == [("system", "account.invite"), ("link", "account.sign_up")]


@pytest.mark.parametrize(("credit_count", "posted"), [(5, 5), (0, 0)])
async def test_an_invitation_may_bring_other_credits_than_the_usual(
    tmp_path: Path, credit_count: int, posted: int
) -> None:
    async with service_world(tmp_path, settings=settings("invitation")) as world:
        answer = await come(world, invitation=await invited(world, credit_count=credit_count))
        assert (await world.ledger.balance(answer.json()["account_id"])).posted_credits == posted


async def test_an_invitation_may_be_for_one_email_only(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings("invitation")) as world:
        token = await invited(world, " New@Example.com ")
        refused(await come(world, "other@example.com", invitation=token), 403, "invalid_invitation")
        assert (await come(world, invitation=token)).status_code == 201


async def test_an_invitation_ends(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock, settings=settings("invitation")) as world:
        late, early = await invited(world, days=1), await invited(world, days=2)
        clock.moment_ms += DAY_MS
        refused(await come(world, invitation=late), 403, "invalid_invitation")
        clock.moment_ms += DAY_MS - 1
        assert (await come(world, invitation=early)).status_code == 201


async def test_a_failed_try_does_not_use_an_invitation_up(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings("invitation")) as world:
        await world.account()
        token = await invited(world)
        refused(await come(world, "no address", invitation=token), 400, "invalid_email")
        refused(await come(world, password="short", invitation=token), 400, "weak_password")
        refused(await come(world, password=NEW + "12", invitation=token), 400, "weak_password")
        refused(await come(world, OWNER, invitation=token), 409, "account_exists")
        assert (await come(world, invitation=token)).status_code == 201


async def test_of_many_who_come_at_once_with_one_invitation_one_gets_in(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings("invitation")) as world:
        token = await invited(world)
        answers = await asyncio.gather(*(come(world, f"new{n}@example.com", invitation=token) for n in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 403, 403, 403, 403]
        assert len(rows(world.path, "SELECT id FROM accounts")) == 1


async def test_only_who_may_sign_up_learns_that_an_email_is_taken(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings("invitation")) as world:
        await world.account()
        for invitation in (None, "not an invitation"):
            known, unknown = [await come(world, email, invitation=invitation) for email in (OWNER, NEW)]
            told = [{**answer.json(), "requestId": "", "timestamp": ""} for answer in (known, unknown)]
            assert told[0] == told[1]
            assert known.status_code == 403


async def test_an_open_door_takes_invitations_too_and_refuses_wrong_ones(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings()) as world:
        refused(await come(world, invitation="not an invitation"), 403, "invalid_invitation")
        answer = await come(world, invitation=await invited(world, credit_count=9))
        assert (await world.ledger.balance(answer.json()["account_id"])).posted_credits == 9


async def test_an_address_makes_five_accounts_a_minute(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock, settings=settings()) as world:
        for number in range(5):
            assert (await come(world, f"new{number}@example.com")).status_code == 201
        limited = await come(world)
        refused(limited, 429, "too_many_tries")
        assert limited.headers["retry-after"] == "61"
        clock.moment_ms += 60_000
        assert (await come(world)).status_code == 201


async def test_invitations_cannot_be_guessed_without_end(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=HeldClock(), settings=settings("invitation")) as world:
        token = await invited(world)
        for number in range(5):
            refused(await come(world, invitation=f"guess {number}"), 403, "invalid_invitation")
        refused(await come(world, invitation=token), 429, "too_many_tries")


async def test_another_sites_page_makes_no_account(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings()) as world:
        refused(await come(world, origin="https://elsewhere.example"), 403, "csrf_token_required", PUBLIC_URL)
        assert rows(world.path, "SELECT id FROM accounts") == []
        assert (await come(world, origin=PUBLIC_URL)).status_code == 201


async def test_neither_password_nor_invitation_is_stored_or_repeated(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings("invitation")) as world:
        token = await invited(world)
        wrong = await world.client.post(PLACE, json={"email": NEW, "password": PASSWORD, "name": "x"})
        assert wrong.status_code == 400
        assert PASSWORD not in wrong.text
        digests = rows(world.path, "SELECT token_digest FROM account_links")
        await come(world, invitation=token)
        stored = everything_in(tmp_path)

    assert digests == [(hashlib.sha256(token.encode()).digest(),)]
    assert token.encode() not in stored
    assert PASSWORD.encode() not in stored


async def test_signing_up_ends_the_session_that_the_browser_had(tmp_path: Path) -> None:
    async with service_world(tmp_path, settings=settings()) as world:
        await world.account()
        before = await world.sign_in()
        answer = await come(world, cookie=before["cookie"])
        refused(await world.client.get(SESSION, headers={"cookie": before["cookie"]}), 401, "session_required")
        assert (await world.client.get(SESSION, headers=headers_of(answer))).json()["email"] == NEW


async def test_a_taken_email_gets_no_invitation(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        with pytest.raises(AccountExistsError):
            await invited(world, OWNER.upper())
        assert rows(world.path, "SELECT id FROM account_links") == []


@pytest.mark.parametrize("sign_up", ["open", "invitation", "closed"])
async def test_the_door_tells_how_one_may_come_in(tmp_path: Path, sign_up: SignUpMode) -> None:
    async with service_world(tmp_path, settings=settings(sign_up)) as world:
        answer = await world.client.get(DOOR)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json() == {
            "session": None,
            "sign_up": sign_up,
            "single_sign_on": None,
            "mail": False,
            "payments": False,
        }


async def test_the_door_knows_who_is_signed_in(tmp_path: Path) -> None:
    async with service_world(tmp_path, mailer=MailServer().mailer) as world:
        await world.account(operator=True)
        headers = await world.sign_in()
        cookie = {"cookie": headers["cookie"]}
        answer = await world.client.get(DOOR, headers=cookie)
        session = (await world.client.get(SESSION, headers=cookie)).json()
        told = answer.json()
        assert (told["session"], told["sign_up"], told["mail"]) == (session, "invitation", True)
        assert session["is_operator"] is True

        await world.client.delete(SESSION, headers=headers)
        for given in (cookie, {"cookie": "__Host-tollway_session=nobody's"}):
            answer = await world.client.get(DOOR, headers=given)
            assert (answer.status_code, answer.json()["session"]) == (200, None)
