"""Accounts and grants as the operator meets them over HTTP."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import rows
from tests.support.ledger import NOON_MS, HeldClock, hold_request
from tests.support.operator import EMAIL, Operator, operator, refused
from tests.support.service_world import OWNER, PASSWORD, SEEDER
from tollway.flows.set_auto_top_up import AutoTopUpChange
from tollway.keys.types import KeyKind

ACCOUNTS = "/accounts"
JOE = "joe@example.com"


async def grant(one: Operator, account_id: int, **body: object) -> dict[str, Any]:
    answer: dict[str, Any] = await one.told("POST", f"{ACCOUNTS}/{account_id}/grants", body)
    return answer


async def test_accounts_are_listed_with_what_they_have(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        owner = await one.world.account(OWNER, 3_000_000)
        key = await one.world.key(OWNER)
        entry = one.world.keys.find(key)
        assert entry is not None
        await one.world.ledger.hold(hold_request(account_id=owner, key_id=entry.key_id, output_tokens=40))
        change = AutoTopUpChange(is_enabled=False, threshold_usd=Decimal("2.5"), amount_usd=Decimal(25))
        await one.world.deps.auto_top_up.set(owner, change, SEEDER)
        listed = await one.told("GET", ACCOUNTS)

    assert listed["object"] == "list"
    assert listed["next_after"] is None
    assert [account["email"] for account in listed["data"]] == [EMAIL, OWNER]
    assert listed["data"][1] == {
        "id": owner,
        "email": OWNER,
        "status": "active",
        "is_operator": False,
        "created_at": "2025-11-23T12:00:00.000Z",
        "balance_credits": 3_000_000,
        "balance_usd": 1.5,
        "held_credits": 40,
        "auto_top_up": {"is_enabled": False, "threshold_usd": 2.5, "amount_usd": 25.0, "failures": 0},
    }
    assert listed["data"][0]["is_operator"] is True
    assert (listed["data"][0]["balance_credits"], listed["data"][0]["held_credits"]) == (0, 0)


async def test_a_long_list_comes_in_pages_and_is_searched_by_email(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        for number in range(5):
            await one.world.account(f"person_{number}@example.com")
        await one.world.account("personX1@example.org")
        seen: list[int] = []
        after: int | None = 0
        while after is not None:
            page = await one.told("GET", f"{ACCOUNTS}?limit=3&after={after}")
            assert len(page["data"]) <= 3
            seen += [account["id"] for account in page["data"]]
            after = page["next_after"]
        assert seen == [1, 2, 3, 4, 5, 6, 7]
        # The underscore is a character like any other, and capital letters are no other ones.
        found = await one.told("GET", f"{ACCOUNTS}?email=PERSON_")
        assert [account["id"] for account in found["data"]] == [2, 3, 4, 5, 6]
        assert (await one.told("GET", f"{ACCOUNTS}?email=%25"))["data"] == []
        exactly = await one.told("GET", f"{ACCOUNTS}?email=person_&limit=5")
        assert (len(exactly["data"]), exactly["next_after"]) == (5, None)


async def test_one_account_is_shown_by_its_id(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        owner = await one.world.account(OWNER, 5)

        assert (await one.told("GET", f"{ACCOUNTS}/{owner}"))["balance_credits"] == 5
        refused(await one.ask("GET", f"{ACCOUNTS}/77"), 404, "77", code="account_not_found")
        for wrong in ("0", "-1", str(2**63)):
            refused(await one.ask("GET", f"{ACCOUNTS}/{wrong}"), 400, "account_id", wrong)
        refused(await one.ask("GET", f"{ACCOUNTS}/jane"), 404)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "after=-1", f"after={2**63}", "limit=1&limit=2"])
async def test_a_wrong_query_is_a_400_that_names_the_parameter(tmp_path: Path, query: str) -> None:
    async with operator(tmp_path) as one:
        refused(await one.ask("GET", f"{ACCOUNTS}?{query}"), 400, "Query validation error", query.partition("=")[0])


async def test_an_account_is_made_with_a_password_that_is_shown_once(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        answer = await one.ask("POST", ACCOUNTS, {"email": " Joe@Example.com "})
        made = answer.json()
        signed_in = await one.world.client.post(
            "/console/v1/session", json={"email": JOE, "password": made["password"]}
        )
        [entry] = await one.trail("account.create")

        assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
        assert (made["email"], made["status"], made["is_operator"]) == (JOE, "active", False)
        assert signed_in.status_code == 200
        assert (entry.actor_kind, entry.actor) == ("operator_key", one.key[:8])
        assert (entry.subject, entry.account_id) == (JOE, made["id"])
        assert entry.details == {"after": {"status": "active", "is_operator": False}}
        assert made["password"] not in str(await one.told("GET", f"{ACCOUNTS}/{made['id']}"))
        assert made["password"] not in str(rows(one.world.path, "SELECT * FROM audit_entries"))


async def test_a_password_that_was_given_is_not_shown(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        wanted = {"email": JOE, "password": PASSWORD, "is_operator": True}
        made = await one.told("POST", ACCOUNTS, wanted, status=201)

        assert (made["password"], made["is_operator"]) == (None, True)
        assert await one.world.sign_in(JOE)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, ["email", "required"]),
        ({"email": "joe"}, ["email", "name@example.com", "'joe'"]),
        ({"email": 5}, ["email", "string", "number 5"]),
        ({"email": JOE, "password": "short"}, ["password", "12 to 256"]),
        ({"email": JOE, "is_operator": None}, ["is_operator", "boolean", "null"]),
        ({"email": JOE, "credits": 5}, ["credits", "unknown field"]),
    ],
)
async def test_a_wrong_account_is_a_400_that_names_the_field(tmp_path: Path, body: object, words: list[str]) -> None:
    async with operator(tmp_path) as one:
        answer = await one.ask("POST", ACCOUNTS, body)

        refused(answer, 400, "Body validation error", *words)
        assert "short" not in answer.text
        assert len((await one.told("GET", ACCOUNTS))["data"]) == 1


async def test_an_email_has_one_account(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        refused(await one.ask("POST", ACCOUNTS, {"email": "OP@example.com"}), 409, EMAIL, code="account_exists")


async def test_a_disabled_account_cannot_do_anything_until_it_is_enabled(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        owner = await one.world.account(OWNER)
        key, person = await one.world.key(OWNER), await one.world.sign_in(OWNER)

        async def statuses() -> tuple[int, int]:
            await one.world.keys.refresh()
            by_key = await one.world.client.get("/v1/key", headers=one.world.auth(key))
            by_session = await one.world.client.get("/console/v1/session", headers=person)
            return by_key.status_code, by_session.status_code

        assert await statuses() == (200, 200)
        disabled = await one.told("PATCH", f"{ACCOUNTS}/{owner}", {"status": "disabled"})
        assert disabled["status"] == "disabled"
        assert await statuses() == (401, 401)
        await one.told("PATCH", f"{ACCOUNTS}/{owner}", {"status": "active"})
        # The key works again; who was signed in has to sign in again.
        assert await statuses() == (200, 401)

        assert [(entry.subject, entry.details) for entry in await one.trail("account.update")] == [
            (OWNER, {"before": {"status": "active"}, "after": {"status": "disabled"}}),
            (OWNER, {"before": {"status": "disabled"}, "after": {"status": "active"}}),
        ]


async def test_a_change_that_changes_nothing_leaves_no_trace(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        for body in ({}, {"status": "active"}, {"is_operator": True, "status": "active"}):
            assert (await one.told("PATCH", f"{ACCOUNTS}/1", body))["is_operator"] is True

        assert await one.trail("account.update") == []


@pytest.mark.parametrize("change", [{"is_operator": False}, {"status": "disabled"}])
async def test_the_last_operator_stays(tmp_path: Path, change: dict[str, object]) -> None:
    async with operator(tmp_path) as one:
        second = await one.world.account("second@example.com", operator=True)
        # An operator who is disabled could not help.
        await one.told("PATCH", f"{ACCOUNTS}/{second}", {"status": "disabled"})
        refused(await one.ask("PATCH", f"{ACCOUNTS}/1", change), 409, EMAIL, code="last_operator")
        assert (await one.told("GET", f"{ACCOUNTS}/1"))["is_operator"] is True

        await one.told("PATCH", f"{ACCOUNTS}/{second}", {"status": "active"})
        changed = await one.told("PATCH", f"{ACCOUNTS}/1", change)
        assert {name: changed[name] for name in change} == change
        await one.world.keys.refresh()
        assert (await one.ask("GET", ACCOUNTS)).status_code in {401, 403}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"status": "gone"}, ["status", "'active' or 'disabled'", "gone"]),
        ({"status": None}, ["status", "null"]),
        ({"is_operator": 1}, ["is_operator", "boolean", "number 1"]),
        ({"email": JOE}, ["email", "unknown field"]),
        ([], ["body", "object"]),
    ],
)
async def test_a_wrong_change_is_a_400_that_names_the_field(tmp_path: Path, body: object, words: list[str]) -> None:
    async with operator(tmp_path) as one:
        refused(await one.ask("PATCH", f"{ACCOUNTS}/1", body), 400, "Body validation error", *words)
        refused(await one.ask("PATCH", f"{ACCOUNTS}/9", {"status": "disabled"}), 404, "9")


async def test_credits_are_given_in_either_unit_and_once_for_a_reference(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        owner = await one.world.account(OWNER)
        first = await grant(one, owner, type="BONUS", usd=0.1, reference="gift", expires_at="2026-01-01T00:00:00+01:00")
        again = await grant(one, owner, type="BONUS", credits=200_000, reference="gift", expires_at="2025-12-31T23:00Z")
        opening = await grant(one, owner, type="INIT", credits=7)

        assert first == again
        assert first == {
            "account_id": owner,
            "movement": {
                "type": "BONUS",
                "credits": 200_000,
                "usd": 0.1,
                "reference": "gift",
                "created_at": "2025-11-23T12:00:00.000Z",
                "expires_at": "2025-12-31T23:00:00.000Z",
            },
            "balance_credits": 200_000,
            "balance_usd": 0.1,
        }
        assert opening["movement"]["reference"].startswith("grant-")
        assert opening["balance_credits"] == 200_007
        entries = await one.trail("credits.grant")
        assert [(entry.actor, entry.subject, entry.details["credits"]) for entry in entries] == [
            (one.key[:8], OWNER, 200_000),
            (one.key[:8], OWNER, 7),
        ]


async def test_a_grant_that_contradicts_what_is_there_is_a_409(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        owner = await one.world.account(OWNER)
        path = f"{ACCOUNTS}/{owner}/grants"
        await grant(one, owner, type="BONUS", credits=10, reference="gift")

        for other in ({"credits": 11}, {"credits": 10, "expires_at": "2999-01-01T00:00Z"}):
            body = {"type": "BONUS", "reference": "gift", **other}
            refused(await one.ask("POST", path, body), 409, "gift", code="reference_used")
        body = {"type": "BONUS", "reference": "gift", "credits": 10}
        refused(await one.ask("POST", f"{ACCOUNTS}/1/grants", body), 409, "gift", code="reference_used")
        taken = {"type": "ADJUSTMENT", "credits": -11}
        refused(await one.ask("POST", path, taken), 409, "11", code="not_enough_credits")
        assert (await grant(one, owner, type="ADJUSTMENT", usd=-0.000005))["balance_credits"] == 0
        refused(await one.ask("POST", f"{ACCOUNTS}/77/grants", {"type": "BONUS", "credits": 1}), 404, "77")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"type": "BONUS"}, ["credits", "usd", "neither"]),
        ({"type": "BONUS", "credits": 1, "usd": 1}, ["credits", "usd", "both"]),
        ({"type": "BONUS", "credits": 0}, ["credits", "number 0"]),
        ({"type": "BONUS", "credits": 1.5}, ["credits", "integer", "number 1.5"]),
        ({"type": "BONUS", "credits": -1}, ["credits", "ADJUSTMENT", "number -1"]),
        ({"type": "BONUS", "credits": 2**63}, ["credits", str(2**53)]),
        ({"type": "BONUS", "usd": 0.00000001}, ["usd", "whole number of credits", "1e-08"]),
        ({"type": "BONUS", "usd": 1e300}, ["usd", "at most"]),
        ({"type": "LOAN", "credits": 1}, ["type", "'ADJUSTMENT'", "LOAN"]),
        ({"credits": 1}, ["type", "required"]),
        ({"type": "BONUS", "credits": 1, "reference": ""}, ["reference"]),
        ({"type": "BONUS", "credits": 1, "reference": "coupon-A-1"}, ["reference", "coupon-"]),
        ({"type": "BONUS", "credits": 1, "expires_at": "tomorrow"}, ["expires_at", "ISO 8601", "tomorrow"]),
        ({"type": "BONUS", "credits": 1, "expires_at": "2025-11-23T12:00:00Z"}, ["expires_at", "future"]),
        ({"type": "BONUS", "credits": 1, "expires_at": "9999-12-31T23:59:59-01:00"}, ["expires_at", "10000"]),
        ({"type": "BONUS", "credits": 1, "note": "x"}, ["note", "unknown field"]),
    ],
)
async def test_a_wrong_grant_is_a_400_that_names_the_field(tmp_path: Path, body: object, words: list[str]) -> None:
    async with operator(tmp_path, HeldClock(NOON_MS)) as one:
        refused(await one.ask("POST", f"{ACCOUNTS}/1/grants", body), 400, "Body validation error", *words)
        assert rows(one.world.path, "SELECT id FROM transfers") == []
        assert await one.trail() == []


async def test_a_signed_in_operator_needs_the_sessions_token_for_changes(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        person = await one.world.sign_in(EMAIL)
        body = {"type": "BONUS", "credits": 5}
        path = f"{ACCOUNTS}/1/grants"

        without = {"cookie": person["cookie"]}
        refused(await one.ask("POST", path, body, headers=without), 403, code="csrf_token_required")
        assert (await one.ask("POST", path, body, headers=person)).status_code == 200
        [entry] = await one.trail("credits.grant")
        assert (entry.actor_kind, entry.actor) == ("session", EMAIL)


@pytest.mark.parametrize("kind", [KeyKind.API, KeyKind.MANAGEMENT, None], ids=["api", "management", "nobody"])
async def test_nobody_but_the_operator_gets_in(tmp_path: Path, kind: KeyKind | None) -> None:
    async with operator(tmp_path) as one:
        headers = {} if kind is None else one.world.auth(await one.world.key(OWNER, kind))
        for method, path in (
            ("GET", ACCOUNTS),
            ("POST", ACCOUNTS),
            ("GET", f"{ACCOUNTS}/1"),
            ("PATCH", f"{ACCOUNTS}/1"),
            ("POST", f"{ACCOUNTS}/1/grants"),
            ("GET", "/coupons"),
            ("POST", "/coupons"),
            ("GET", "/coupons/ABCD"),
            ("PATCH", "/coupons/ABCD"),
            ("GET", "/audit"),
            ("GET", "/books"),
        ):
            refused(await one.ask(method, path, headers=headers), 401 if kind is None else 403)
