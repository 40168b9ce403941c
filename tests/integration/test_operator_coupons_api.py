"""Coupons as the operator meets them over HTTP."""

import asyncio
from pathlib import Path

import pytest

from tests.support.database import rows
from tests.support.ledger import HeldClock
from tests.support.operator import EMAIL, operator, refused
from tests.support.service_world import OWNER, SEEDER

COUPONS = "/coupons"
NOON = "2025-11-23T12:00:00.000Z"
SHOWN = {
    "code": "SPRING-26",
    "state": "valid",
    "credits": 3_000_000,
    "usd": 1.5,
    "uses": 0,
    "uses_max": 1,
    "valid_from": NOON,
    "valid_until": None,
    "credits_last_days": None,
    "enabled": True,
    "note": "",
    "created_at": NOON,
}


async def test_a_coupon_is_made_shown_listed_and_changed(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        made = await one.told("POST", COUPONS, {"code": "spring-26", "usd": 1.5}, status=201)
        second = await one.told("POST", COUPONS, {"credits": 1, "uses_max": None}, status=201)
        change = {"enabled": False, "uses_max": None, "valid_until": "2026-01-01T00:00:00Z", "note": "over"}
        changed = await one.told("PATCH", f"{COUPONS}/Spring-26", change)

        assert made == SHOWN
        assert (second["uses_max"], len(second["code"])) == (None, 19)
        after = SHOWN | change | {"state": "disabled", "valid_until": "2026-01-01T00:00:00.000Z"}
        assert changed == after
        assert await one.told("GET", f"{COUPONS}/spring-26") == after
        listed = await one.told("GET", COUPONS)
        assert {entry["code"] for entry in listed["data"]} == {"SPRING-26", second["code"]}
        first_page = await one.told("GET", f"{COUPONS}?limit=1")
        assert (len(first_page["data"]), first_page["next_offset"]) == (1, 1)
        last_page = await one.told("GET", f"{COUPONS}?limit=1&offset=1")
        assert (len(last_page["data"]), last_page["next_offset"]) == (1, None)
        cleared = await one.told("PATCH", f"{COUPONS}/SPRING-26", {"valid_until": None, "enabled": True})
        assert (cleared["valid_until"], cleared["state"]) == (None, "valid")
        entries = await one.trail("coupon.")
        assert [(entry.actor, entry.action, entry.subject) for entry in entries] == [
            (one.key[:8], "coupon.create", "SPRING-26"),
            (one.key[:8], "coupon.create", second["code"]),
            (one.key[:8], "coupon.update", "SPRING-26"),
            (one.key[:8], "coupon.update", "SPRING-26"),
        ]


async def test_the_state_says_why_a_coupon_cannot_be_redeemed(tmp_path: Path) -> None:
    async with operator(tmp_path, clock := HeldClock()) as one:
        await one.told(
            "POST",
            COUPONS,
            {"code": "ABCD", "credits": 5, "valid_from": "2025-11-23T12:00:01Z", "valid_until": "2025-11-23T12:00:03Z"},
            status=201,
        )

        async def state() -> str:
            found: str = (await one.told("GET", f"{COUPONS}/ABCD"))["state"]
            return found

        assert await state() == "not_yet_valid"
        clock.moment_ms += 1_000
        assert await state() == "valid"
        owner = await one.world.account(OWNER)
        await one.world.deps.redeem_coupon.redeem(SEEDER, owner, "ABCD")
        assert await state() == "used_up"
        clock.moment_ms += 2_000
        assert await state() == "expired"
        await one.told("PATCH", f"{COUPONS}/ABCD", {"enabled": False})
        assert await state() == "disabled"
        refused(await one.ask("PATCH", f"{COUPONS}/ABCD", {"uses_max": 0}), 400, "uses_max")
        assert (await one.told("GET", f"{COUPONS}/ABCD"))["uses"] == 1


async def test_uses_may_not_be_fewer_than_were_made(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        await one.told("POST", COUPONS, {"code": "ABCD", "credits": 5, "uses_max": 9}, status=201)
        for number in range(2):
            account_id = await one.world.account(f"person{number}@example.com")
            await one.world.deps.redeem_coupon.redeem(SEEDER, account_id, "ABCD")

        refused(await one.ask("PATCH", f"{COUPONS}/ABCD", {"uses_max": 1}), 400, "uses_max", "at least 2", "number 1")
        assert (await one.told("PATCH", f"{COUPONS}/ABCD", {"uses_max": 2}))["state"] == "used_up"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, ["credits", "neither"]),
        ({"credits": 0}, ["credits", "number 0"]),
        ({"credits": -5}, ["credits", "number -5"]),
        ({"usd": 1_000_001}, ["credits", "2000000000000"]),
        ({"usd": "5"}, ["usd", "number", "string '5'"]),
        ({"credits": 1, "code": "a b"}, ["code", "4 to 64", "a b"]),
        ({"credits": 1, "code": "-abc"}, ["code", "no dash"]),
        ({"credits": 1, "uses_max": 0}, ["uses_max", "number 0"]),
        ({"credits": 1, "credits_last_days": 0}, ["credits_last_days", "number 0"]),
        ({"credits": 1, "valid_from": "2026-01-01"}, ["valid_from", "ISO 8601"]),
        ({"credits": 1, "valid_until": "2020-01-01T00:00Z"}, ["valid_until", "later than valid_from"]),
        ({"credits": 1, "note": "n" * 256}, ["note"]),
        ({"credits": 1, "enabled": "yes"}, ["enabled", "boolean"]),
        ({"credits": 1, "uses": 5}, ["uses", "unknown field"]),
    ],
)
async def test_a_wrong_coupon_is_a_400_that_names_the_field(tmp_path: Path, body: object, words: list[str]) -> None:
    async with operator(tmp_path) as one:
        refused(await one.ask("POST", COUPONS, body), 400, "Body validation error", *words)
        assert (await one.told("GET", COUPONS))["data"] == []
        assert await one.trail() == []


async def test_codes_are_unique_and_unknown_ones_a_404(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        await one.told("POST", COUPONS, {"code": "ABCD", "credits": 5}, status=201)

        refused(await one.ask("POST", COUPONS, {"code": "abcd", "credits": 5}), 409, "ABCD", code="coupon_exists")
        for path in (f"{COUPONS}/NOBODY-S", f"{COUPONS}/x", f"{COUPONS}/a%20b"):
            refused(await one.ask("GET", path), 404, code="coupon_not_found")
            refused(await one.ask("PATCH", path, {"enabled": False}), 404, code="coupon_not_found")


async def test_operators_who_demote_each_other_at_once_leave_one(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        second = await one.world.account("second@example.com", operator=True)
        person = await one.world.sign_in("second@example.com")
        answers = await asyncio.gather(
            one.ask("PATCH", f"/accounts/{second}", {"is_operator": False}),
            one.ask("PATCH", "/accounts/1", {"is_operator": False}, headers=person),
        )

        assert sorted(answer.status_code for answer in answers) in ([200, 403], [200, 409])
        operators = rows(one.world.path, "SELECT email FROM accounts WHERE is_operator")
        assert len(operators) == 1
        assert operators[0] in {(EMAIL,), ("second@example.com",)}
