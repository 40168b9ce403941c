"""Beginning a payment: what Stripe is asked for, what the owner gets, and what is left when Stripe fails."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import rows
from tests.support.ledger import HeldClock
from tests.support.scripted_stripe import Fault
from tests.support.service_world import OWNER, PUBLIC_URL, service_world
from tests.support.till import CHECKOUT, refused, till
from tollway.http.service.payment_routes import CHECKOUTS_PER_MINUTE
from tollway.keys.types import KeyKind


async def test_a_checkout_begins_with_an_open_payment_and_a_trail(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        answer = await one.ask("POST", CHECKOUT, json={"amount": 25.5})
        [stored] = one.payments()
        [asked] = one.stripe.requests

        assert answer.status_code == 200
        assert answer.json() == {
            "payment_id": stored["id"],
            "url": f"https://checkout.example.com/pay/{stored['provider_session']}",
            "amount": 25.5,
            "currency": "USD",
            "status": "open",
        }
        assert (stored["account_id"], stored["kind"], stored["status"]) == (one.account_id, "checkout", "open")
        assert (stored["amount_cents"], stored["amount_credits"]) == (2550, 51_000_000)
        assert (asked.path, asked.key) == ("/v1/checkout/sessions", f"checkout-{stored['id']}")
        page = f"{PUBLIC_URL}/app/billing?payment={stored['id']}"
        assert asked.fields == {
            "mode": "payment",
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "usd",
            "line_items[0][price_data][unit_amount]": "2550",
            "line_items[0][price_data][product_data][name]": "API credits",
            "adaptive_pricing[enabled]": "false",
            "client_reference_id": stored["id"],
            "customer_email": OWNER,
            "customer_creation": "if_required",
            "metadata[tollway_payment_id]": stored["id"],
            "payment_intent_data[metadata][tollway_payment_id]": stored["id"],
            "success_url": page,
            "cancel_url": page,
        }
        [(actor, subject, details)] = one.trail("payment.begin")
        assert (str(actor)[:3], subject) == ("twm", stored["id"])
        assert json.loads(str(details)) == {"kind": "checkout", "amount_cents": 2550, "save_method": False}
        assert await one.posted() == 0


async def test_an_account_begins_so_many_payments_a_minute(tmp_path: Path) -> None:
    async with till(tmp_path, clock := HeldClock()) as one:
        for _ in range(CHECKOUTS_PER_MINUTE):
            await one.checkout()
        late = await one.ask("POST", CHECKOUT, json={"amount": 25})
        assert (late.status_code, late.headers["retry-after"]) == (429, "60")
        assert len(one.payments()) == len(one.stripe.requests) == CHECKOUTS_PER_MINUTE
        clock.moment_ms += 60_000
        await one.checkout()


async def test_a_checkout_that_saves_the_method_asks_the_payer(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        await one.checkout(5, save_method=True)
        fields = one.stripe.requests[0].fields

        assert fields["payment_intent_data[setup_future_usage]"] == "off_session"
        assert fields["customer_creation"] == "always"


@pytest.mark.parametrize(("amount", "cents"), [(5, 500), (10_000, 1_000_000), (5.01, 501), (19.99, 1999), (8.7, 870)])
async def test_amounts_are_exact(tmp_path: Path, amount: float, cents: int) -> None:
    async with till(tmp_path) as one:
        begun = await one.checkout(amount)
        stored = one.payment(begun["payment_id"])

        assert (stored["amount_cents"], stored["amount_credits"]) == (cents, cents * 20_000)
        assert begun["amount"] == amount


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"amount": 4.99}, ("amount", "5")),
        ({"amount": 10_000.01}, ("amount", "10000")),
        ({"amount": 5.001}, ("amount", "whole cents", "5.001")),
        ({"amount": -5}, ("amount", "-5")),
        ({"amount": "25"}, ("amount", "number", "'25'")),
        ({"amount": True}, ("amount", "number")),
        ({"amount": 25, "save_method": 1}, ("save_method", "boolean")),
        ({"amount": 25, "account_id": 2}, ("account_id", "no such field")),
        ({}, ("amount", "required")),
        ([], ("object", "array")),
    ],
)
async def test_a_wrong_body_begins_nothing(tmp_path: Path, body: object, words: tuple[str, ...]) -> None:
    async with till(tmp_path) as one:
        refused(await one.ask("POST", CHECKOUT, json=body), 400, "Body validation error", *words)
        assert (one.payments(), one.stripe.requests, one.trail("payment.begin")) == ([], [], [])


@pytest.mark.parametrize(
    ("fault", "status", "code", "calls"),
    [
        (Fault.LOST_REQUEST, 503, "payment_provider_unavailable", 2),
        (Fault.SERVER_ERROR, 503, "payment_provider_unavailable", 2),
        (Fault.UNKNOWN_KEY, 502, "payment_provider_refused", 1),
        (Fault.REFUSED, 502, "payment_provider_refused", 1),
    ],
)
async def test_a_failing_provider_fails_the_payment_and_nothing_leaks(
    tmp_path: Path, fault: Fault, status: int, code: str, calls: int
) -> None:
    async with till(tmp_path) as one:
        one.stripe.fail(fault, times=2)
        answer = await one.ask("POST", CHECKOUT, json={"amount": 25})

        refused(answer, status, "payment provider", code=code)
        assert one.stripe.origin not in answer.text
        [stored] = one.payments()
        assert (stored["status"], stored["failure"]) == ("failed", code)
        assert len(one.stripe.requests) == calls
        assert (answer.headers.get("retry-after") is not None) is (status == 503)


async def test_a_lost_answer_makes_no_second_checkout(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        one.stripe.fail(Fault.LOST_ANSWER)
        await one.checkout()

        assert len(one.stripe.requests) == 2
        assert len(one.stripe.sessions) == 1


async def test_a_provider_that_is_not_there_is_a_clear_refusal(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        one.stripe.is_down = True
        refused(await one.ask("POST", CHECKOUT, json={"amount": 25}), 503, "does not answer")
        assert one.payments()[0]["status"] == "failed"
        one.stripe.is_down = False
        await one.paid()
        assert await one.posted() == 50_000_000


async def test_without_a_provider_nobody_can_pay(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        headers = world.auth(await world.key(OWNER, KeyKind.MANAGEMENT))
        answer = await world.client.post(CHECKOUT, json={"amount": 25}, headers=headers)

        refused(answer, 409, "no payment provider configured", code="no_payment_provider")
        assert rows(world.path, "SELECT * FROM payments") == []


async def test_only_a_management_key_begins_payments(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        api_key: dict[str, Any] = one.world.auth(await one.world.key(OWNER))
        refused(await one.ask("POST", CHECKOUT, json={"amount": 25}, headers=api_key), 403, "management key")
        refused(await one.ask("POST", CHECKOUT, json={"amount": 25}, headers={}), 401, "valid API key")
        assert (one.payments(), one.stripe.requests) == ([], [])
