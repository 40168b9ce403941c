"""Refunds: what was given back is taken back once, however often and in whatever order Stripe tells it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import rows
from tests.support.ledger import HeldClock
from tests.support.scripted_stripe import Fault
from tests.support.till import CREDITS_PER_USD, OPERATOR, Till, refused, till
from tollway.credits.types import TakeType
from tollway.flows.settle_payment import SettlePayment
from tollway.payments import repository


def state(one: Till, payment_id: str) -> tuple[str, int, int]:
    """What is stored of the refunds of a payment."""
    stored = one.payment(payment_id)
    return stored["status"], stored["refunded_cents"], stored["unrecovered_credits"]


def intent(one: Till, payment_id: str) -> str:
    return str(one.stripe.intent_of(payment_id)["id"])


async def give_back(one: Till, payment_id: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Refund as the operator, which must succeed."""
    answer = await one.operate("POST", f"/payments/{payment_id}/refund", **({} if body is None else {"json": body}))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_refund_by_hand_takes_the_credits_back_once(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        event = one.stripe.give_back(intent(one, payment_id), 1000)
        for _ in range(3):
            await one.delivered(event)

        assert await one.posted() == 15 * CREDITS_PER_USD
        assert state(one, payment_id) == ("partially_refunded", 1000, 0)
        assert one.movements()[1:] == [("REFUND", f"{payment_id}:1000", 10 * CREDITS_PER_USD)]
        assert [(actor, subject) for actor, subject, _ in one.trail("payment.refunded")] == [("stripe", payment_id)]


async def test_parts_in_any_order_add_up(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        name = intent(one, payment_id)
        first, second, third = (one.stripe.give_back(name, cents) for cents in (500, 700, 1300))
        await one.delivered(second)
        assert await one.posted() == 13 * CREDITS_PER_USD
        await one.delivered(first)
        assert await one.posted() == 13 * CREDITS_PER_USD
        await one.delivered(third)

        assert await one.posted() == 0
        assert state(one, payment_id) == ("refunded", 2500, 0)
        assert [reference for _, reference, _ in one.movements()[1:]] == [f"{payment_id}:1200", f"{payment_id}:2500"]


async def test_parts_at_the_same_time_add_up(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        parts = [one.stripe.give_back(intent(one, payment_id), 100) for _ in range(20)]
        await one.delivered_at_once(*reversed(parts))

        assert await one.posted() == 5 * CREDITS_PER_USD
        assert state(one, payment_id) == ("partially_refunded", 2000, 0)


async def test_a_refund_that_comes_before_its_payment_takes_nothing_else(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        other = await one.paid(5)
        begun = await one.checkout(25)
        events = one.stripe.pay(begun["session"])
        await one.delivered(one.stripe.give_back(intent(one, begun["payment_id"]), 2500))
        assert await one.posted() == 5 * CREDITS_PER_USD
        for event in events:
            await one.delivered(event)

        assert await one.posted() == 5 * CREDITS_PER_USD
        assert state(one, begun["payment_id"]) == ("refunded", 2500, 0)
        assert state(one, other) == ("paid", 0, 0)


async def test_a_charge_without_metadata_is_known_by_stripes_own_name(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        one.stripe.charges[intent(one, payment_id)]["metadata"] = {}
        await one.delivered(one.stripe.give_back(intent(one, payment_id), 100))

        assert state(one, payment_id) == ("partially_refunded", 100, 0)


async def test_what_was_spent_stays_unrecovered_and_the_operator_sees_it(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        await one.spend(20 * CREDITS_PER_USD)
        name = intent(one, payment_id)
        await one.delivered(one.stripe.give_back(name, 1000))
        assert (await one.posted(), state(one, payment_id)) == (
            0,
            ("partially_refunded", 1000, 5 * CREDITS_PER_USD),
        )
        # What comes later is not taken for a refund that is over.
        await one.paid(6)
        await one.delivered(one.stripe.event("charge.refunded", one.stripe.charges[name]))
        assert await one.posted() == 6 * CREDITS_PER_USD
        await one.delivered(one.stripe.give_back(name, 1500))

        assert await one.posted() == 0
        assert state(one, payment_id) == ("refunded", 2500, 14 * CREDITS_PER_USD)
        listed = (await one.operate("GET", "/payments?status=refunded")).json()["data"]
        assert [(entry["id"], entry["unrecovered_credits"]) for entry in listed] == [(payment_id, 14 * CREDITS_PER_USD)]


@pytest.mark.parametrize(("name", "value"), [("amount", 2400), ("currency", "eur"), ("amount_refunded", 2600)])
async def test_a_refund_that_contradicts_the_payment_takes_nothing(tmp_path: Path, name: str, value: object) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        event = json.loads(one.stripe.give_back(intent(one, payment_id), 100))
        event["data"]["object"][name] = value
        refused(await one.deliver(json.dumps(event).encode()), 409, payment_id, code="payment_mismatch")

        assert await one.posted() == 25 * CREDITS_PER_USD
        assert state(one, payment_id) == ("paid", 0, 0)


async def test_a_crash_after_the_movement_heals_also_with_a_later_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        first, second = (one.stripe.give_back(intent(one, payment_id), 500) for _ in range(2))

        async def die(*_: object) -> None:
            await asyncio.sleep(0)
            raise ConnectionError("gone")

        with monkeypatch.context() as patched:
            patched.setattr(repository, "mark_refunded", die)
            assert (await one.deliver(first)).status_code == 500
        assert state(one, payment_id) == ("paid", 0, 0)
        await one.delivered(second)
        await one.delivered(first)

        assert await one.posted() == 15 * CREDITS_PER_USD
        assert state(one, payment_id) == ("partially_refunded", 1000, 0)


async def test_the_operator_gives_back_all_that_is_left(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        shown = await give_back(one, payment_id, {"amount": 5.25})
        assert (shown["status"], shown["refunded"], shown["amount"]) == ("partially_refunded", 5.25, 25)
        assert await one.posted() == 39_500_000
        shown = await give_back(one, payment_id)
        assert (shown["status"], shown["refunded"], shown["unrecovered_credits"]) == ("refunded", 25, 0)

        assert await one.posted() == 0
        # Stripe tells of it too.
        charge = one.stripe.charges[intent(one, payment_id)]
        await one.delivered(one.stripe.event("charge.refunded", charge))
        assert (await one.posted(), charge["amount_refunded"]) == (0, 2500)
        [part, rest] = one.trail("payment.refund")
        assert (part[1], json.loads(str(part[2]))) == (payment_id, {"amount_cents": 525, "refunded_before_cents": 0})
        assert str(rest[0]).startswith("two")
        refused(await one.operate("POST", f"/payments/{payment_id}/refund"), 409, "refunded")


async def test_an_answer_that_was_lost_is_given_to_the_same_wish(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        path, body = f"/payments/{payment_id}/refund", {"amount": 10}
        one.stripe.fail(Fault.LOST_ANSWER, times=2)
        refused(await one.operate("POST", path, json=body), 503, code="payment_provider_unavailable")
        assert state(one, payment_id) == ("paid", 0, 0)
        shown = await give_back(one, payment_id, body)

        assert shown["refunded"] == 10
        assert one.stripe.charges[intent(one, payment_id)]["amount_refunded"] == 1000
        assert await one.posted() == 15 * CREDITS_PER_USD


async def test_a_wish_that_the_event_answers_is_not_done_again(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        path, body = f"/payments/{payment_id}/refund", {"amount": 10}
        one.stripe.fail(Fault.LOST_ANSWER, times=2)
        refused(await one.operate("POST", path, json=body), 503, code="payment_provider_unavailable")
        charge = one.stripe.charges[intent(one, payment_id)]
        await one.delivered(one.stripe.event("charge.refunded", charge))
        assert state(one, payment_id) == ("partially_refunded", 1000, 0)

        refused(await one.operate("POST", path, json={"amount": 5}), 409, "10.00", "Repeat that one first")
        refused(await one.operate("POST", path), 409, "10.00")
        await give_back(one, payment_id, body)
        assert (charge["amount_refunded"], await one.posted()) == (1000, 15 * CREDITS_PER_USD)
        # From then on the same amount is another refund.
        assert (await give_back(one, payment_id, body))["refunded"] == 20
        assert (charge["amount_refunded"], await one.posted()) == (2000, 5 * CREDITS_PER_USD)


async def test_a_wish_for_all_that_the_event_answers_is_not_done_again(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        one.stripe.fail(Fault.LOST_ANSWER, times=2)
        refused(await one.operate("POST", f"/payments/{payment_id}/refund"), 503)
        charge = one.stripe.charges[intent(one, payment_id)]
        await one.delivered(one.stripe.event("charge.refunded", charge))

        assert (await give_back(one, payment_id))["status"] == "refunded"
        assert (charge["amount_refunded"], await one.posted()) == (2500, 0)


async def test_a_refund_does_not_set_off_an_automatic_payment(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25, save_method=True)
        await one.enable_top_up(threshold=10, amount=20)
        await give_back(one, payment_id, {"amount": 15})
        assert one.trail("auto_top_up.disable") == []
        await give_back(one, payment_id)
        await one.topping_up().run_once()

        assert (one.stripe.taken_cents, await one.posted()) == (2500, 0)
        [(_, subject, details)] = one.trail("auto_top_up.disable")
        assert (subject, json.loads(str(details))) == (str(one.account_id), {"refunded_payment": payment_id})


async def test_two_equal_wishes_at_the_same_time_are_one(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        path = f"/payments/{payment_id}/refund"
        one.stripe.let_meet("/v1/refunds", times=3)
        answers = await asyncio.gather(*[one.operate("POST", path, json={"amount": 10}) for _ in range(3)])

        assert [answer.status_code for answer in answers] == [200] * 3
        assert one.stripe.charges[intent(one, payment_id)]["amount_refunded"] == 1000
        assert await one.posted() == 15 * CREDITS_PER_USD


async def test_a_refused_refund_changes_nothing_and_the_next_wish_is_a_new_one(tmp_path: Path) -> None:
    async with till(tmp_path, HeldClock()) as one:
        payment_id = await one.paid(25)
        # Somebody gives most of it back by hand, and the news of that does not come.
        one.stripe.give_back(intent(one, payment_id), 2000)
        path = f"/payments/{payment_id}/refund"
        refused(await one.operate("POST", path), 502, "payment provider", code="payment_provider_refused")
        assert state(one, payment_id) == ("paid", 0, 0)
        one.stripe.charges[intent(one, payment_id)]["amount_refunded"] = 0
        await give_back(one, payment_id)

        keys = [request.key for request in one.stripe.requests if request.path == "/v1/refunds"]
        assert len(set(keys)) == len(keys) == 2
        assert await one.posted() == 0


async def test_a_refund_knows_what_was_given_back_by_hand(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        by_hand = one.stripe.give_back(intent(one, payment_id), 500)
        shown = await give_back(one, payment_id, {"amount": 10})
        assert shown["refunded"] == 15
        await one.delivered(by_hand)

        assert await one.posted() == 10 * CREDITS_PER_USD
        assert state(one, payment_id) == ("partially_refunded", 1500, 0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"amount": 25.01}, ("0.01 to 25 ", "25.01")),
        ({"amount": 0}, ("amount", "0")),
        ({"amount": -1}, ("amount", "-1")),
        ({"amount": 1.005}, ("whole cents", "1.005")),
        ({"amount": 1e300}, ("amount", "1e+300")),
        ({"amount": "1"}, ("amount", "number")),
        ({"cents": 1}, ("cents", "no such field")),
    ],
)
async def test_a_wrong_amount_gives_nothing_back(tmp_path: Path, body: object, words: tuple[str, ...]) -> None:
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        refused(
            await one.operate("POST", f"/payments/{payment_id}/refund", json=body),
            400,
            "Body validation error",
            *words,
        )
        assert one.stripe.paths().count("/v1/refunds") == 0
        assert one.trail("payment.refund") == []


async def test_what_was_never_paid_cannot_be_given_back(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        begun = await one.checkout()
        refused(await one.operate("POST", f"/payments/{begun['payment_id']}/refund"), 409, "open")
        refused(await one.operate("POST", "/payments/payment-none/refund"), 404, code="payment_not_found")
        refused(await one.ask("POST", f"/admin/v1/payments/{begun['payment_id']}/refund"), 403)


async def test_the_operator_pages_through_payments(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        paid = [await one.paid(5 + number) for number in range(3)]
        waiting = (await one.checkout(9))["payment_id"]
        operator_id = (await one.world.accounts.get(OPERATOR)).id

        async def listed(query: str) -> tuple[list[str], str | None]:
            body = (await one.operate("GET", f"/payments{query}")).json()
            return [entry["id"] for entry in body["data"]], body["next_before"]

        newest_first = [waiting, *reversed(paid)]
        assert await listed("") == (newest_first, None)
        assert await listed("?limit=3") == (newest_first[:3], newest_first[2])
        assert await listed(f"?limit=3&before={newest_first[2]}") == (newest_first[3:], None)
        assert await listed("?status=open") == ([waiting], None)
        assert await listed(f"?account_id={one.account_id}&status=paid") == (newest_first[1:], None)
        assert await listed(f"?account_id={operator_id}") == ([], None)
        shown = (await one.operate("GET", "/payments?limit=1")).json()["data"][0]
        assert {name: shown[name] for name in ("account_id", "provider", "kind", "status", "amount", "credits")} == {
            "account_id": one.account_id,
            "provider": "stripe",
            "kind": "checkout",
            "status": "open",
            "amount": 9,
            "credits": 18_000_000,
        }
        refused(await one.operate("GET", "/payments?status=lost"), 400, "status")
        refused(await one.operate("GET", "/payments?before=%20"), 400, "before")


async def test_the_reference_of_a_refund_was_not_used_before(tmp_path: Path) -> None:
    """A movement without its row in the chain must not be taken for another one."""
    async with till(tmp_path) as one:
        payment_id = await one.paid(25)
        assert isinstance(one.world.deps.operator.refunds._settle, SettlePayment)
        await one.delivered(one.stripe.give_back(intent(one, payment_id), 500))
        query = "SELECT kind, reference_id, amount_credits FROM transfers WHERE kind = ?"
        found = rows(one.world.path, query, TakeType.REFUND)
        chain = rows(one.world.path, "SELECT payment_id, from_cents, to_cents, wanted_credits FROM payment_refunds")

        assert found == [("REFUND", f"{payment_id}:500", 10_000_000)]
        assert chain == [(payment_id, 0, 500, 10_000_000)]
