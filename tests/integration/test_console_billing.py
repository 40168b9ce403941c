"""The owner of an account and its money, by session: the same as with keys, and the statement of a month."""

import random
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.calls import DEAR, Call, make_call, some_calls, store_cards
from tests.support.ledger import HeldClock, faults
from tests.support.operator import operator, refused
from tests.support.owner import Owner
from tests.support.service_world import OWNER, ServiceWorld, service_world
from tests.support.stored_books import StoredBooks
from tests.support.till import till
from tests.support.usage_history import DAY_MS, OTHER
from tollway.credits.pricing import Meters
from tollway.credits.types import GrantType, TakeType
from tollway.keys.types import KeyKind

STATEMENT = "/billing/statement"
FIRST_MS = 1_756_684_800_000
"""Monday, 1 September 2025, 00:00 UTC."""
ZONES = ("UTC", "Pacific/Auckland", "Pacific/Honolulu", "Asia/Kathmandu")
MONTHS = ("2025-08", "2025-09", "2025-10", "2025-11", "2025-12")
NOW_MS = FIRST_MS + 95 * DAY_MS


async def test_the_session_tells_what_keys_tell(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        await world.account(OWNER, 5_000)
        await world.account(OTHER, 7)
        key = world.auth(await world.key())
        owner = await Owner.sign_in(world)
        for ours, public in (
            ("/billing", "/v1/billing/balance"),
            ("/billing/detail", "/v2/billing/detail"),
            ("/billing/transactions", "/v2/billing/transactions"),
            ("/billing/transactions?type=BONUS&limit=1", "/v2/billing/transactions?type=BONUS&limit=1"),
        ):
            told = await owner.told(ours)
            assert told == (await world.client.get(public, headers=key)).json(), ours
        balance = await owner.told("/billing")
        refused(await owner.ask("GET", "/billing/transactions?colour=red"), 400, "colour")

    assert (balance["balance"], balance["lowBalance"], balance["status"]) == (5_000, True, "low")


async def test_movements_are_filtered_and_go_on_where_the_page_ended(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=(clock := HeldClock())) as world:
        account_id, other_id = await world.account(), await world.account(OTHER)
        for number in range(1, 8):
            clock.moment_ms += 1
            kind = GrantType.BONUS if number % 2 else GrantType.PAYMENT
            await world.ledger.grant(account_id, number, kind, f"one-{number}")
            await world.ledger.grant(other_id, 100, kind, f"other-{number}")
        owner, stranger = await Owner.sign_in(world), await Owner.sign_in(world, OTHER)
        query: dict[str, Any] = {"type": "BONUS", "limit": 3}
        first = await owner.told("/billing/transactions", **query)
        cursor = first["pagination"]["next_cursor"]
        second = await owner.told("/billing/transactions", **query, cursor=cursor)
        for asker, wanted in ((stranger, query), (owner, {"limit": 3})):
            answer = await asker.ask("GET", "/billing/transactions", params={**wanted, "cursor": cursor})
            refused(answer, 400, "cursor", code="invalid_query")

    assert [one["amount"]["credits"] for one in (*first["data"], *second["data"])] == [7, 5, 3, 1]
    assert second["pagination"] == {"next_cursor": None, "has_more": False}


async def test_a_coupon_is_redeemed_once_by_its_person(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        await one.world.account()
        await one.told("POST", "/coupons", {"code": "SPRING-26", "credits": 50}, status=201)
        owner = await Owner.sign_in(one.world)
        await owner.needs_its_token("POST", "/billing/coupons", {"code": "SPRING-26"})
        done = await owner.does("POST", "/billing/coupons", {"code": "spring-26"})
        again = await owner.ask("POST", "/billing/coupons", {"code": "spring-26"})
        refused(await owner.ask("POST", "/billing/coupons", {"code": "-"}), 400, "code")
        [entry] = await one.trail("coupon.redeem")

    assert (done["credits"], done["balance_credits"]) == (50, 50)
    refused(again, 409, code="coupon_already_redeemed")
    assert (entry.actor_kind, entry.actor) == ("session", OWNER)


async def test_paying_begins_at_the_provider_and_shows_on_the_statement(tmp_path: Path) -> None:
    async with till(tmp_path, HeldClock()) as one:
        owner = await Owner.sign_in(one.world)
        await owner.needs_its_token("POST", "/billing/checkout", {"amount": 10})
        await owner.needs_its_token("PUT", "/billing/auto-top-up", {"is_enabled": False})
        begun = await owner.does("POST", "/billing/checkout", {"amount": 10})
        settings = {"is_enabled": True, "threshold": 5, "amount": 20}
        refused(await owner.ask("PUT", "/billing/auto-top-up", settings), 409)
        for event in one.stripe.pay(begun["url"].rpartition("/")[2]):
            await one.delivered(event)
        off = await owner.does("PUT", "/billing/auto-top-up", {**settings, "is_enabled": False})
        detail = await owner.told("/billing/detail")
        statement = await owner.told(STATEMENT, month="2025-11")

    assert (begun["amount"], begun["status"], begun["url"][:8]) == (10.0, "open", "https://")
    assert off == {"is_enabled": False, "threshold": 5.0, "amount": 20.0, "currency": "USD"}
    assert detail["autotopup_settings"] == off
    [payment] = statement["payments"]
    assert (payment["reference_id"], payment["amount"]) == (begun["payment_id"], {"usd": 10.0, "credits": 20_000_000})


async def test_without_a_provider_nobody_pays(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        refused(await (await Owner.sign_in(world)).ask("POST", "/billing/checkout", {"amount": 10}), 409)


async def some_months(world: ServiceWorld, clock: HeldClock) -> None:
    """Let two accounts be charged, paid, given to and taken from for three months, in a mixed order."""
    chance = random.Random(11)
    store_cards(world.path)
    keys = {email: await world.key(email) for email in (OWNER, OTHER)}
    second = await world.key(OWNER)
    ids = {email: (await world.accounts.get(email)).id for email in keys}
    for email in keys:
        await world.ledger.grant(ids[email], 2**30, GrantType.INIT, None)
    key_ids = {email: await _key_id(world, key) for email, key in keys.items()}
    second_id = await _key_id(world, second)
    every_ms = (NOW_MS - FIRST_MS) // 250
    for number, call in enumerate(some_calls(chance, 250, from_ms=FIRST_MS, every_ms=every_ms)):
        email = chance.choice((OWNER, OWNER, OTHER))
        key_id = second_id if email == OWNER and chance.random() < 0.4 else key_ids[email]
        await make_call(world.ledger, clock, call, account_id=ids[email], key_id=key_id)
        if number % 5 == 0:
            kind = chance.choice((GrantType.PAYMENT, GrantType.BONUS, GrantType.ADJUSTMENT))
            await world.ledger.grant(ids[email], chance.randint(1, 9_999), kind, f"grant-{number}")
        if number % 17 == 0:
            await world.ledger.grant(ids[email], -chance.randint(1, 99), GrantType.ADJUSTMENT, f"back-{number}")
            await world.ledger.take(ids[email], chance.randint(1, 99), TakeType.REFUND, f"refund-{number}:1")
            await world.ledger.take(ids[email], chance.randint(1, 99), TakeType.CREDITS_EXPIRED, f"expired-{number}")
    # A call may begin in one month and be charged in the next.
    for zone in ZONES:
        border_ms = int(datetime(2025, 10, 1, tzinfo=ZoneInfo(zone)).timestamp()) * 1000
        call = Call(started_at_ms=border_ms - 300, card=DEAR, meters=Meters(100, 20, 30, 40))
        await make_call(world.ledger, clock, call, account_id=ids[OWNER], key_id=second_id)
    clock.moment_ms = NOW_MS


async def _key_id(world: ServiceWorld, key: str) -> int:
    async with world.database.connect() as connection:
        found = await connection.exec_driver_sql("SELECT id FROM keys WHERE prefix = ?", (key[:8],))
        return int(found.scalar_one())


def signed(statement: Mapping[str, Any]) -> int:
    """What the movements of a statement add up to."""
    signs = {"TOPUP": 1, "CHARGE": -1}
    return sum(signs[one["direction"]] * one["amount"]["credits"] for one in statement["movements"])


@pytest.mark.parametrize("zone", ZONES)
async def test_opening_and_movements_make_closing_to_the_credit(tmp_path: Path, zone: str) -> None:
    async with service_world(tmp_path, clock=(clock := HeldClock(FIRST_MS))) as world:
        await some_months(world, clock)
        owner = await Owner.sign_in(world)
        statements = [await owner.told(STATEMENT, month=month, timezone=zone) for month in MONTHS]
        balance = (await owner.told("/billing"))["balance"]
        listed = await all_movements(owner)
        owner_id = (await world.accounts.get(OWNER)).id
        log = [row for row in StoredBooks(tmp_path).receipts().values() if row["account_id"] == owner_id]
        assert await faults(world.path) == []

    assert [one["month"] for one in statements] == list(MONTHS)
    assert statements[0]["opening"] == {"usd": 0.0, "credits": 0}
    for one in statements:
        assert one["opening"]["credits"] + signed(one) == one["closing"]["credits"]
        assert one["opening"]["usd"] == one["opening"]["credits"] / 2_000_000
    for before, after in pairwise(statements):
        assert before["closing"] == after["opening"]
        assert before["end"] == after["start"]
    assert statements[-1]["closing"]["credits"] == balance
    assert [one["is_final"] for one in statements] == [True, True, True, True, False]

    def month_of(moment: datetime) -> str:
        return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m}"

    for one in statements:
        month = one["month"]
        moved: Counter[tuple[str, str]] = Counter()
        for entry in listed:
            if entry["type"] != "MODEL_USAGE" and month_of(datetime.fromisoformat(entry["created_at"])) == month:
                moved[entry["type"], entry["direction"]] += entry["amount"]["credits"]
        called = [row for row in log if month_of(datetime.fromtimestamp(row["started_at_ms"] / 1000, UTC)) == month]
        if charged := sum(row["charged_credits"] for row in called):
            moved["MODEL_USAGE", "CHARGE"] = charged
        assert {(kind["type"], kind["direction"]): kind["amount"]["credits"] for kind in one["movements"]} == moved
        assert {row["model"]: row["amount"]["credits"] for row in one["models"]} == {
            model: sum(row["charged_credits"] for row in called if row["model_id"] == model)
            for model in {row["model_id"] for row in called}
        }
        assert sum(row["requests"]["total"] for row in one["models"]) == len(called)
        tokens = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens")
        assert sum(row["tokens"]["total"] for row in one["models"]) == sum(
            row[name] for row in called for name in tokens
        )
        payments = [
            entry
            for entry in reversed(listed)
            if entry["type"] in {"PAYMENT", "REFUND"} and month_of(datetime.fromisoformat(entry["created_at"])) == month
        ]
        assert one["payments"] == payments


async def all_movements(owner: Owner) -> list[dict[str, Any]]:
    """Every movement of the owner's balance, newest first."""
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 100}
    while True:
        page = await owner.told("/billing/transactions", **query)
        found += page["data"]
        if not page["pagination"]["has_more"]:
            return found
        query["cursor"] = page["pagination"]["next_cursor"]


async def test_a_statement_says_whose_it_is_and_what_month(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        account_id = await world.account(OWNER, 20_000_000)
        statement = await (await Owner.sign_in(world)).told(STATEMENT, month="2025-11", timezone="Europe/Berlin")

    assert (statement["account_id"], statement["email"], statement["timezone"]) == (account_id, OWNER, "Europe/Berlin")
    assert (statement["start"], statement["end"]) == ("2025-10-31T23:00:00.000Z", "2025-11-30T23:00:00.000Z")
    assert statement["movements"] == [
        {"type": "PAYMENT", "direction": "TOPUP", "count": 1, "amount": {"usd": 10.0, "credits": 20_000_000}}
    ]
    assert statement["payments"][0]["reference_id"] == f"seed-{account_id}"


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({}, "month"),
        ({"month": "2025-13"}, "month"),
        ({"month": "2025-1"}, "month"),
        ({"month": "1969-12"}, "month"),
        ({"month": "2025-12"}, "begun"),
        ({"month": "2025-11", "timezone": "Mars/Olympus"}, "timezone"),
        ({"month": "2025-11", "tz": "UTC"}, "tz"),
    ],
)
async def test_a_month_that_is_none_is_refused(tmp_path: Path, query: dict[str, str], word: str) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        await world.account()
        refused(await (await Owner.sign_in(world)).ask("GET", STATEMENT, params=query), 400, word, code="invalid_query")


async def test_the_first_month_of_all_can_be_asked_for_everywhere(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        await world.key(OWNER, KeyKind.API)
        owner = await Owner.sign_in(world)
        for zone in ("UTC", "Asia/Tokyo", "Pacific/Honolulu"):
            statement = await owner.told(STATEMENT, month="1970-01", timezone=zone)
            assert (statement["opening"], statement["closing"]) == ({"usd": 0.0, "credits": 0},) * 2
