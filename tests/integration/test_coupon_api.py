"""Redeeming coupons as the owner of an account meets it over HTTP."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.support.contract import response_validator
from tests.support.ledger import HeldClock
from tests.support.operator import operator, refused
from tests.support.service_world import OWNER
from tollway.keys.types import KeyKind

PATH = "/v2/billing/coupons"
CODE = "SPRING-26"
validate_transactions = response_validator("billing-transactions-v2.json", "/v2/billing/transactions")


async def test_a_coupon_is_turned_into_credits_that_the_owner_sees(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        world = one.world
        owner = await world.account(OWNER, 7)
        headers = world.auth(await world.key(OWNER, KeyKind.MANAGEMENT))
        reader = world.auth(await world.key(OWNER))
        # Nothing is restarted between the making of the coupon and its use.
        await one.told("POST", "/coupons", {"code": CODE, "usd": 0.5, "credits_last_days": 10}, status=201)
        answer = await world.client.post(PATH, json={"code": " spring-26 "}, headers=headers)
        again = await world.client.post(PATH, json={"code": CODE}, headers=headers)
        listed = (await world.client.get("/v2/billing/transactions", headers=reader)).json()
        balance = (await world.client.get("/v1/billing/balance", headers=reader)).json()
        [entry] = await one.trail("coupon.redeem")

    assert answer.status_code == 200
    assert answer.json() == {
        "code": CODE,
        "credits": 1_000_000,
        "usd": 0.5,
        "balance_credits": 1_000_007,
        "expires_at": "2025-12-03T12:00:00.000Z",
    }
    refused(again, 409, CODE, code="coupon_already_redeemed")
    validate_transactions(listed)
    newest = listed["data"][0]
    assert (newest["type"], newest["direction"], newest["amount"]["credits"]) == ("BONUS", "TOPUP", 1_000_000)
    assert balance["balance"] == 1_000_007
    assert (entry.actor_kind, entry.actor[:3], entry.account_id) == ("management_key", "twm", owner)


async def test_every_refusal_says_what_is_wrong(tmp_path: Path) -> None:
    async with operator(tmp_path, clock := HeldClock()) as one:
        world = one.world
        headers = world.auth(await world.key(OWNER, KeyKind.MANAGEMENT))
        for code, more in (("EXPIRED", {"valid_until": "2025-11-23T12:00:00.001Z"}), ("DISABLED", {"enabled": False})):
            await one.told("POST", "/coupons", {"code": code, "credits": 5, **more}, status=201)
        await one.told("POST", "/coupons", {"code": "USED-UP", "credits": 5}, status=201)
        other = world.auth(await world.key("other@example.com", KeyKind.MANAGEMENT))
        await world.client.post(PATH, json={"code": "USED-UP"}, headers=other)
        clock.moment_ms += 1

        refused(await world.client.post(PATH, json={"code": "EXPIRED"}, headers=headers), 409, code="coupon_expired")
        refused(await world.client.post(PATH, json={"code": "USED-UP"}, headers=headers), 409, code="coupon_used_up")
        unknown = await world.client.post(PATH, json={"code": "NOBODY-S"}, headers=headers)
        disabled = await world.client.post(PATH, json={"code": "DISABLED"}, headers=headers)
        refused(unknown, 404, code="coupon_not_found")
        refused(disabled, 404, code="coupon_not_found")
        assert unknown.json()["message"] == disabled.json()["message"]
        balance = await world.client.get("/v2/billing", headers=headers)
        assert balance.json()["current_balance"] == 0.0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{}", ["code", "required"]),
        (b'{"code": 5}', ["code", "string", "number 5"]),
        (b'{"code": "a b"}', ["code", "4 to 64", "a b"]),
        (b'{"code": ""}', ["code", "4 to 64"]),
        (b'{"code": "ABCD", "more": 1}', ["more", "unknown field"]),
        (b"[]", ["body", "object"]),
        (b"{", ["JSON"]),
        (b"", ["JSON"]),
    ],
)
async def test_a_wrong_body_is_a_400_that_names_the_field(tmp_path: Path, body: bytes, words: list[str]) -> None:
    async with operator(tmp_path) as one:
        headers = one.world.auth(await one.world.key(OWNER, KeyKind.MANAGEMENT)) | {"content-type": "application/json"}

        refused(await one.world.client.post(PATH, content=body, headers=headers), 400, "Body validation error", *words)
        plain = headers | {"content-type": "text/plain"}
        refused(await one.world.client.post(PATH, content=b'{"code": "ABCD"}', headers=plain), 415)


async def test_only_management_keys_redeem(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        world = one.world
        await one.told("POST", "/coupons", {"code": CODE, "credits": 5}, status=201)

        refused(await world.client.post(PATH, json={"code": CODE}), 401)
        for key in (await world.key(OWNER), one.key):
            refused(await world.client.post(PATH, json={"code": CODE}, headers=world.auth(key)), 403)
        assert (await one.told("GET", f"/coupons/{CODE}"))["uses"] == 0


async def test_guessing_is_slowed_down(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        headers = one.world.auth(await one.world.key(OWNER, KeyKind.MANAGEMENT))
        await one.told("POST", "/coupons", {"code": CODE, "credits": 5}, status=201)
        guesses = [
            one.world.client.post(PATH, json={"code": f"GUESS-{number}"}, headers=headers) for number in range(25)
        ]
        statuses = Counter(answer.status_code for answer in await asyncio.gather(*guesses))
        late = await one.world.client.post(PATH, json={"code": CODE}, headers=headers)

    assert statuses == {404: 10, 429: 15}
    refused(late, 429, "Too Many Requests", code="too_many_wrong_codes")
    assert int(late.headers["retry-after"]) == 3_601


async def test_accounts_that_redeem_at_once_share_the_uses(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        world = one.world
        await one.told("POST", "/coupons", {"code": CODE, "credits": 5, "uses_max": 3}, status=201)
        owners = [world.auth(await world.key(f"person{number}@example.com", KeyKind.MANAGEMENT)) for number in range(6)]
        calls = [world.client.post(PATH, json={"code": CODE}, headers=headers) for headers in owners * 5]
        statuses = Counter(answer.status_code for answer in await asyncio.gather(*calls))
        coupon = await one.told("GET", f"/coupons/{CODE}")
        books = await one.told("GET", "/books")

    assert statuses == {200: 3, 409: 27}
    assert (coupon["uses"], coupon["state"]) == (3, "used_up")
    assert (books["ok"], books["totals"]["balance_credits"]) == (True, 15)
