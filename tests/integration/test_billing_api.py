"""Balances and movements as a caller meets them: a real ledger and database behind the app."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from tests.support.contract import response_validator, validate_error
from tests.support.ledger import NOON_MS, HeldClock, hold_request, usage_row
from tests.support.service_world import OWNER, PUBLIC_URL, ServiceWorld, service_world
from tollway.credits.types import Charge, GrantType, TakeType
from tollway.flows.read_billing import CURSOR_LABEL, ReadBilling
from tollway.http.asgi.app import create_app
from tollway.keys.types import KeyKind
from tollway.kit.settings import BillingSettings, Settings
from tollway.payments.tables import auto_top_ups

OTHER = "other@example.com"
BALANCES = ("/v2/billing", "/v2/billing/detail", "/v1/billing/balance")
TRANSACTIONS = "/v2/billing/transactions"
validate_balance = response_validator("billing-v2.json", "/v2/billing")
validate_detail = response_validator("billing-detail-v2.json", "/v2/billing/detail")
validate_plan = response_validator("billing-balance-v1.json", "/v1/billing/balance")
validate_transactions = response_validator("billing-transactions-v2.json", TRANSACTIONS)


async def ask(world: ServiceWorld, key: str, path: str, query: str = "") -> httpx.Response:
    return await world.client.get(f"{path}?{query}" if query else path, headers=world.auth(key))


async def page(world: ServiceWorld, key: str, query: str = "") -> dict[str, Any]:
    """A page of movements that keeps the contract."""
    answer = await ask(world, key, TRANSACTIONS, query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    validate_transactions(body)
    assert body["pagination"]["has_more"] is (body["pagination"]["next_cursor"] is not None)
    return body


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    """Make sure of a refusal in the contract's form, with these words in its message."""
    body = answer.json()
    assert answer.status_code == status, body
    validate_error(body)
    assert [word for word in words if word not in body["message"]] == [], body["message"]


async def charge(world: ServiceWorld, account_id: int, key_id: int, amount_credits: int) -> str:
    request = hold_request(account_id=account_id, key_id=key_id, output_tokens=max(amount_credits, 1))
    hold = await world.ledger.hold(request)
    await world.ledger.settle(hold, Charge(amount_credits, 0), usage_row(hold, charged=amount_credits))
    return hold.inference_id


def key_id(world: ServiceWorld, key: str) -> int:
    entry = world.keys.find(key)
    assert entry is not None
    return entry.key_id


def signed(entries: list[dict[str, Any]]) -> int:
    return sum(entry["amount"]["credits"] * (1 if entry["direction"] == "TOPUP" else -1) for entry in entries)


@pytest.mark.parametrize("kind", [KeyKind.API, KeyKind.MANAGEMENT])
async def test_balance_is_the_posted_one_in_every_answer(tmp_path: Path, kind: KeyKind) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        account_id = await world.account(OWNER, 3_000_391)
        key = await world.key(OWNER, kind)
        await world.ledger.hold(hold_request(account_id=account_id, key_id=key_id(world, key), output_tokens=500))
        balance, detail, plan = [(await ask(world, key, path)).json() for path in BALANCES]

    validate_balance(balance)
    assert balance == {"current_balance": 1.5001955, "currency": "USD"}
    validate_detail(detail)
    assert detail == {
        "user_id": account_id,
        "email": OWNER,
        "current_balance": 1.5001955,
        "currency": "USD",
        "autotopup_settings": {"is_enabled": False, "threshold": 0, "amount": 0, "currency": "USD"},
    }
    validate_plan(plan)
    assert plan == {
        "balance": 3_000_391,
        "lowBalance": False,
        "lowBalanceThreshold": 10_000,
        "lastUpdated": "2025-11-23T12:00:00.000Z",
        "autoDebitStatus": "disabled",
        "status": "current",
        "statusExplanation": "The balance is not below the low-balance threshold, and nothing is due.",
    }


async def test_account_that_never_had_credits_has_none(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        key = await world.key()
        assert (await ask(world, key, "/v2/billing")).json()["current_balance"] == 0
        assert (await page(world, key))["data"] == []


@pytest.mark.parametrize(
    ("credit_count", "settings", "low", "debit", "status"),
    [
        (700, None, False, "disabled", "current"),
        (699, None, True, "disabled", "low"),
        (0, None, True, "disabled", "exhausted"),
        (699, (True, 900, 0), True, "enabled", "low"),
        (699, (True, 900, 1), True, "enabled", "past_due"),
        (800, (True, 900, 2), False, "enabled", "past_due"),
        (699, (False, 900, 3), True, "disabled", "past_due"),
        (900, (False, 900, 3), False, "disabled", "current"),
        (0, (False, 900, 3), True, "disabled", "exhausted"),
    ],
)
async def test_status_says_the_most_urgent_thing(
    tmp_path: Path, credit_count: int, settings: tuple[bool, int, int] | None, low: bool, debit: str, status: str
) -> None:
    wanted = Settings(data_dir=str(tmp_path), billing=BillingSettings(low_balance_credits=700))
    async with service_world(tmp_path, settings=wanted) as world:
        account_id = await world.account(OWNER, credit_count)
        if settings is not None:
            is_enabled, threshold, failures = settings
            row = (account_id, is_enabled, threshold, 500, failures, 0, 0)
            async with world.database.begin() as connection:
                await connection.execute(insert(auto_top_ups).values(row))
        plan = (await ask(world, await world.key(), "/v1/billing/balance")).json()

    validate_plan(plan)
    assert (plan["lowBalance"], plan["autoDebitStatus"], plan["status"]) == (low, debit, status)
    assert plan["lowBalanceThreshold"] == 700
    assert plan["statusExplanation"].endswith(".")


async def test_movements_say_what_happened(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        account_id, key = await world.account(), await world.key()
        ledger = world.ledger
        await ledger.grant(account_id, 4_000_000, GrantType.INIT, None)
        await ledger.grant(account_id, 20_000_000, GrantType.PAYMENT, "pay_1")
        await ledger.grant(account_id, 500, GrantType.BONUS, "coupon-SPRING-1")
        inference_id = await charge(world, account_id, key_id(world, key), 391)
        await charge(world, account_id, key_id(world, key), 0)
        await ledger.take(account_id, 3, TakeType.CREDITS_EXPIRED, "expiry-1")
        await ledger.grant(account_id, -2, GrantType.ADJUSTMENT, "correction")
        await ledger.take(account_id, 1_000_000, TakeType.REFUND, "pay_1:re_1")
        body = await page(world, key)

    shown = [
        (
            one["direction"],
            one["type"],
            one["amount"]["credits"],
            one["amount"]["usd"],
            one["model"],
            one["reference_id"],
        )
        for one in body["data"]
    ]
    assert shown == [
        ("CHARGE", "REFUND", 1_000_000, 0.5, None, "pay_1"),
        ("CHARGE", "ADJUSTMENT", 2, 0.000001, None, None),
        ("CHARGE", "CREDITS_EXPIRED", 3, 0.0000015, None, None),
        ("CHARGE", "MODEL_USAGE", 391, 0.0001955, "one-credit", inference_id),
        ("TOPUP", "BONUS", 500, 0.00025, None, None),
        ("TOPUP", "PAYMENT", 20_000_000, 10, None, "pay_1"),
        ("TOPUP", "INIT", 4_000_000, 2, None, None),
    ]
    assert {one["created_at"] for one in body["data"]} == {"2025-11-23T12:00:00.000Z"}
    assert body["pagination"] == {"next_cursor": None, "has_more": False}


async def test_pages_add_up_to_the_balance_while_money_moves(tmp_path: Path) -> None:
    chance, clock = random.Random(11), HeldClock()
    async with service_world(tmp_path, clock=clock) as world:
        account_id, key = await world.account(OWNER, 50_000), await world.key()
        other_id, other_key = await world.account(OTHER, 50_000), await world.key(OTHER)
        owner_key_id, other_key_id = key_id(world, key), key_id(world, other_key)

        async def move() -> None:
            clock.moment_ms += chance.choice([0, 0, 3])
            match chance.randrange(5):
                case 0:
                    await world.ledger.grant(account_id, chance.randint(1, 900), chance.choice(list(GrantType)), None)
                case 1:
                    await world.ledger.take(account_id, 7, chance.choice(list(TakeType)), f"t{chance.random()}")
                case 2:
                    await charge(world, other_id, other_key_id, 5)
                case _:
                    await charge(world, account_id, owner_key_id, chance.randint(0, 40))

        for _ in range(250):
            await move()
        balance = (await ask(world, key, "/v1/billing/balance")).json()["balance"]
        body = await page(world, key, "limit=9")
        entries = body["data"]
        while body["pagination"]["has_more"]:
            assert len(body["data"]) == 9
            await move()
            body = await page(world, key, f"limit=9&cursor={body['pagination']['next_cursor']}")
            entries += body["data"]

        assert signed(entries) == balance
        moments = [entry["created_at"] for entry in entries]
        assert moments == sorted(moments, reverse=True)
        references = [entry["reference_id"] for entry in entries if entry["type"] == "MODEL_USAGE"]
        assert len(references) == len(set(references)) > 80


async def test_filters_and_page_sizes(tmp_path: Path) -> None:
    clock = HeldClock()
    async with service_world(tmp_path, clock=clock) as world:
        account_id, key = await world.account(), await world.key()
        for number in range(60):
            clock.moment_ms = NOON_MS + number * 1000
            await world.ledger.grant(account_id, number + 1, GrantType.BONUS if number % 2 else GrantType.INIT, None)
        await world.ledger.grant(account_id, -1, GrantType.ADJUSTMENT, None)

        async def amounts(query: str) -> list[int]:
            return [entry["amount"]["credits"] for entry in (await page(world, key, query))["data"]]

        assert len(await amounts("")) == 50
        assert len(await amounts("limit=100")) == 61
        assert await amounts("limit=1") == [1]
        assert await amounts("type=INIT&limit=2") == [59, 57]
        assert await amounts("direction=CHARGE") == [1]
        assert await amounts("direction=CHARGE&type=INIT") == []
        assert await amounts("direction=TOPUP&type=BONUS&limit=1") == [60]
        # The start counts and the end does not, whatever the offset that they are written with.
        assert await amounts("from=2025-11-23T12:00:02Z&to=2025-11-23T12:00:04Z") == [4, 3]
        assert await amounts("from=2025-11-23T13:00:02.000%2B01:00&to=2025-11-23T07:00:04.0-05:00") == [4, 3]
        assert await amounts("from=2025-11-23T12:00:02.0001Z&to=2025-11-23T12:00:04.0001Z") == [5, 4]
        assert await amounts("from=2025-11-23T12:00Z&to=2025-11-23T12:00:00.001z") == [1]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", ("limit", "1", "received")),
        ("limit=101", ("limit", "100", "101")),
        ("limit=ten", ("limit", "integer", "'ten'")),
        ("limit=1.5", ("limit", "'1.5'")),
        ("limit=", ("limit",)),
        ("limit=5&limit=6", ("limit", "one value", "2 values")),
        ("cursor=a&cursor=a", ("cursor", "one value")),
        ("direction=UP", ("direction", "TOPUP", "'UP'")),
        ("direction=charge", ("direction", "'charge'")),
        ("type=GIFT", ("type", "MODEL_USAGE", "'GIFT'")),
        ("type=BONUS,INIT", ("type", "'BONUS,INIT'")),
        ("from=2026-08-01", ("from", "offset", "'2026-08-01'")),
        ("from=2026-08-01T00:00:00", ("from", "offset")),
        ("from=2026-08-01T00:00:00+02:00", ("from", "offset", "%2B")),
        ("to=2026-02-30T00:00:00Z", ("to", "calendar")),
        ("to=2026-08-01T25:00:00Z", ("to", "calendar")),
        ("to=1785542400", ("to", "ISO 8601")),
        ("to=", ("to", "ISO 8601")),
        ("from=1969-12-31T23:59:59Z", ("from", "1970")),
        ("from=2026-08-01T00:00:00Z&to=2026-08-01T02:00:00%2B02:00", ("to", "later than from")),
        ("from=2026-08-02T00:00:00Z&to=2026-08-01T00:00:00Z", ("to", "later than from")),
        ("page=2", ("page", "unknown", "cursor, direction, from, limit, to, type")),
        ("Limit=2", ("Limit", "unknown")),
        ("cursor=", ("cursor", "next_cursor")),
        ("cursor=eyJ2IjoxfQ", ("cursor", "next_cursor", "eyJ2IjoxfQ")),
    ],
)
async def test_wrong_query_is_a_400_that_names_the_parameter(
    tmp_path: Path, query: str, words: tuple[str, ...]
) -> None:
    async with service_world(tmp_path) as world:
        answer = await ask(world, await world.key(), TRANSACTIONS, query)

    refused(answer, 400, "Query validation error", *words)
    assert answer.json()["error"]["param"] == words[0]


async def test_cursor_works_for_its_account_and_filters_alone(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        account_id, key = await world.account(OWNER, 100), await world.key()
        other_id, other_key = await world.account(OTHER, 100), await world.key(OTHER)
        for number in range(3):
            await world.ledger.grant(account_id, 5, GrantType.BONUS, f"owner {number}")
            await world.ledger.grant(other_id, 5, GrantType.BONUS, f"other {number}")
        cursor = (await page(world, key, "limit=2&type=BONUS"))["pagination"]["next_cursor"]

        same = await page(world, key, f"limit=100&type=BONUS&cursor={cursor}")
        assert len(same["data"]) == 1, "another page size goes on at the same place"
        second_key = await world.key()
        assert (await page(world, second_key, f"type=BONUS&cursor={cursor}"))["data"] == same["data"]
        wrong = [
            await ask(world, other_key, TRANSACTIONS, f"type=BONUS&cursor={cursor}"),
            await ask(world, key, TRANSACTIONS, f"cursor={cursor}"),
            await ask(world, key, TRANSACTIONS, f"type=INIT&cursor={cursor}"),
            await ask(world, key, TRANSACTIONS, f"type=BONUS&direction=TOPUP&cursor={cursor}"),
            await ask(world, key, TRANSACTIONS, f"type=BONUS&from=1970-01-01T00:00:00Z&cursor={cursor}"),
            await ask(world, key, TRANSACTIONS, f"type=BONUS&cursor={cursor}%3D"),
            await ask(world, key, TRANSACTIONS, f"type=BONUS&cursor={cursor[:-1]}"),
            await ask(world, key, TRANSACTIONS, f"type=BONUS&cursor={cursor.swapcase()}"),
        ]

    for answer in wrong:
        refused(answer, 400, "cursor", "unchanged and with the same filters")


async def test_cursor_works_after_a_restart_and_not_under_another_pepper(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        account_id, key = await world.account(OWNER, 100), await world.key()
        await world.ledger.grant(account_id, 5, GrantType.BONUS, None)
        cursor = (await page(world, key, "limit=1"))["pagination"]["next_cursor"]

        async def after_restart(cursor_key: bytes) -> httpx.Response:
            billing = ReadBilling(world.database, world.ledger, cursor_key=cursor_key, low_balance_credits=0)
            app: Any = create_app(replace(world.deps, billing=billing))
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as client:
                return await client.get(f"{TRANSACTIONS}?cursor={cursor}", headers=world.auth(key))

        assert len((await after_restart(world.digest.derived_key(CURSOR_LABEL))).json()["data"]) == 1
        refused(await after_restart(b"another key"), 400, "cursor")


async def test_keys_that_may_not_read_are_refused(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        management, operator = await world.key(OWNER, KeyKind.MANAGEMENT), await world.key("op@x.com", KeyKind.OPERATOR)

        refused(await ask(world, management, TRANSACTIONS), 403, "API key")
        for path in (*BALANCES, TRANSACTIONS):
            refused(await world.client.get(path), 401, "valid API key")
            refused(await ask(world, "twkwrong", path), 401, "valid API key")
            refused(await ask(world, operator, path), 403, "/admin/v1")
        # Whoever may not read learns nothing about the parameters.
        refused(await ask(world, management, TRANSACTIONS, "limit=0&nonsense=1"), 403)


@pytest.mark.parametrize("path", BALANCES)
async def test_other_methods_are_refused(tmp_path: Path, path: str) -> None:
    async with service_world(tmp_path) as world:
        refused(await world.client.post(path, headers=world.auth(await world.key())), 405)
