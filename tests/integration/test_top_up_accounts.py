"""Auto top-up: one payment at a time, taken once whatever dies in between, and given up when it fails too often."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from tests.support.database import rows
from tests.support.ledger import HeldClock
from tests.support.scripted_stripe import BANK, CARD, EMPTY_CARD, LOST_CARD, Fault
from tests.support.till import CREDITS_PER_USD, Till, till
from tollway.accounts.types import AccountChange, AccountStatus
from tollway.flows import top_up_accounts
from tollway.flows.settle_payment import SettlePayment
from tollway.flows.top_up_accounts import GIVE_UP_MS
from tollway.kit.clock import HOUR_MS
from tollway.payments import repository
from tollway.payments.tables import payment_methods
from tollway.payments.types import ASK_AGAIN_MS

AMOUNT = 20 * CREDITS_PER_USD
MINUTE_MS = 60_000


@asynccontextmanager
async def low_balance(folder: Path, method: str = CARD) -> AsyncIterator[tuple[Till, HeldClock]]:
    """An account with 5 dollars, which tops itself up by 20 whenever it has less than 10."""
    clock = HeldClock()
    async with till(folder, clock) as one:
        await one.paid(5, save_method=True)
        async with one.world.database.begin() as connection:
            await connection.execute(update(payment_methods).values(method=method))
        await one.enable_top_up(threshold=10, amount=20)
        yield one, clock


def charges(one: Till) -> list[str]:
    """The keys of the payments that Stripe was asked to take by itself."""
    return [request.key for request in one.stripe.requests if request.path == "/v1/payment_intents"]


def autos(one: Till) -> list[dict[str, Any]]:
    return one.payments("WHERE kind = 'auto'")


def settings(one: Till) -> tuple[object, ...]:
    """What is stored of the account's auto top-up: enabled, failures, and the earliest moment of the next payment."""
    [row] = rows(one.world.path, "SELECT is_enabled, failures, not_before_ms FROM auto_top_ups")
    return row


async def test_a_low_balance_is_topped_up_with_the_saved_method(tmp_path: Path) -> None:
    async with low_balance(tmp_path) as (one, _):
        await one.topping_up().run_once()

        [payment] = autos(one)
        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT
        assert (payment["status"], payment["amount_cents"], payment["method"]) == ("paid", 2000, CARD)
        asked = one.stripe.requests[-1]
        assert asked.key == payment["id"]
        assert {name: asked.fields[name] for name in ("amount", "currency", "payment_method", "off_session")} == {
            "amount": "2000",
            "currency": "usd",
            "payment_method": CARD,
            "off_session": "true",
        }
        assert asked.fields["customer"] == payment["customer"]
        [(actor, _, details)] = [entry for entry in one.trail("payment.begin") if entry[1] == payment["id"]]
        assert (actor, json.loads(str(details))) == ("auto top-up", {"kind": "auto", "amount_cents": 2000})
        # Its event comes as well, and the balance is not low any more.
        intent = one.stripe.intent_of(payment["id"])
        await one.delivered(one.stripe.event("payment_intent.succeeded", intent))
        await one.topping_up().run_once()
        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT
        assert len(charges(one)) == 1
        # What was topped up can be given back as well.
        await one.delivered(one.stripe.give_back(intent["id"], 2000))
        assert await one.posted() == 5 * CREDITS_PER_USD


async def test_only_low_balances_of_enabled_accounts_are_topped_up(tmp_path: Path) -> None:
    async with low_balance(tmp_path) as (one, _):
        await one.enable_top_up(threshold=5)
        await one.topping_up().run_once()
        assert autos(one) == []
        await one.enable_top_up(threshold=10)
        await one.ask("PUT", "/v2/billing/auto-top-up", json={"is_enabled": False})
        await one.topping_up().run_once()
        assert autos(one) == []
        await one.enable_top_up(threshold=10)
        await one.world.accounts.update(one.account_id, AccountChange(status=AccountStatus.DISABLED))
        await one.topping_up().run_once()
        assert autos(one) == []
        await one.world.accounts.update(one.account_id, AccountChange(status=AccountStatus.ACTIVE))
        async with one.world.database.begin() as connection:
            await connection.execute(update(payment_methods).values(provider="another"))
        await one.topping_up().run_once()
        assert (autos(one), charges(one)) == ([], [])


async def test_many_servers_at_once_take_one_payment(tmp_path: Path) -> None:
    async with low_balance(tmp_path) as (one, _):
        await asyncio.gather(*[one.topping_up().run_once() for _ in range(5)])

        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT
        assert one.stripe.taken_cents == 500 + 2000
        assert len(autos(one)) == 1


async def test_the_database_itself_has_no_room_for_two_payments_under_way(tmp_path: Path) -> None:
    async with low_balance(tmp_path) as (one, _):
        one.stripe.is_down = True
        await one.topping_up().run_once()
        async with one.world.database.connect() as connection:
            [under_way] = await repository.payments_under_way(connection, "stripe")
        with pytest.raises(IntegrityError, match="account_id"):
            async with one.world.database.begin() as connection:
                await connection.exec_driver_sql(
                    "INSERT INTO payments SELECT 'another', account_id, provider, kind, status, amount_credits,"
                    " amount_cents, NULL, NULL, customer, method, 0, 0, NULL, NULL, NULL, NULL, 0, 0 FROM payments"
                    " WHERE id = ?",
                    (under_way.id,),
                )


@pytest.mark.parametrize("died", ["before the call", "after the call", "after the books"])
async def test_a_crash_at_any_point_takes_and_credits_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, died: str
) -> None:
    async with low_balance(tmp_path) as (one, clock):

        async def die(*_: object) -> Any:  # noqa: ANN401 - It never returns.
            await asyncio.sleep(0)
            raise KeyboardInterrupt

        place: dict[str, tuple[object, str]] = {
            "before the call": (top_up_accounts.TopUpAccounts, "_ask"),
            "after the call": (SettlePayment, "settle"),
            "after the books": (repository, "mark_paid"),
        }
        with monkeypatch.context() as patched:
            patched.setattr(*place[died], die)
            with pytest.raises(KeyboardInterrupt):
                await one.topping_up()._top_up(one.account_id)
        [payment] = autos(one)
        assert payment["status"] == "open"
        clock.moment_ms += 10 * MINUTE_MS
        await one.topping_up().run_once()

        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT
        assert one.stripe.taken_cents == 500 + 2000
        assert [(auto["id"], auto["status"]) for auto in autos(one)] == [(payment["id"], "paid")]
        assert set(charges(one)) == {payment["id"]}


async def test_a_lost_answer_is_asked_for_again_with_the_same_key_and_method(tmp_path: Path) -> None:
    async with low_balance(tmp_path) as (one, clock):
        one.stripe.fail(Fault.LOST_ANSWER, times=2)
        await one.topping_up().run_once()
        assert (await one.posted(), one.stripe.taken_cents) == (5 * CREDITS_PER_USD, 500 + 2000)
        # Another method in the meantime must not make another payment of it.
        async with one.world.database.begin() as connection:
            await connection.execute(update(payment_methods).values(method="pm_other"))
        clock.moment_ms += MINUTE_MS
        await one.topping_up().run_once()

        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT
        assert one.stripe.taken_cents == 500 + 2000
        assert settings(one) == (1, 0, 0)


async def test_an_unknown_outcome_blocks_further_payments_until_it_is_known(tmp_path: Path) -> None:
    async with low_balance(tmp_path) as (one, clock):
        one.stripe.fail(Fault.LOST_ANSWER, times=2)
        await one.topping_up().run_once()
        [payment] = autos(one)
        # After a day Stripe has forgotten the key and would take a second payment, so it is not asked.
        clock.moment_ms += ASK_AGAIN_MS
        await one.topping_up().run_once()
        assert len(charges(one)) == 2
        assert autos(one)[0]["status"] == "open"
        # Its event may still come.
        await one.delivered(one.stripe.event("payment_intent.succeeded", one.stripe.intent_of(payment["id"])))

        assert autos(one)[0]["status"] == "paid"
        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT


async def test_a_payment_that_nobody_ever_tells_of_is_given_up(tmp_path: Path) -> None:
    async with low_balance(tmp_path) as (one, clock):
        one.stripe.is_down = True
        await one.topping_up().run_once()
        clock.moment_ms += GIVE_UP_MS
        await one.topping_up().run_once()
        assert [(auto["status"], auto["failure"]) for auto in autos(one)] == [("failed", "no_answer")]
        assert settings(one) == (1, 1, clock.moment_ms + MINUTE_MS)
        one.stripe.is_down = False
        clock.moment_ms += MINUTE_MS
        await one.topping_up().run_once()

        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.LOST_REQUEST, Fault.UNKNOWN_KEY])
async def test_stripes_or_our_trouble_is_not_the_accounts_fault(tmp_path: Path, fault: Fault) -> None:
    async with low_balance(tmp_path) as (one, _):
        one.stripe.fail(fault, times=1 if fault is Fault.UNKNOWN_KEY else 2)
        await one.topping_up().run_once()
        assert (autos(one)[0]["status"], settings(one)) == ("open", (1, 0, 0))
        await one.topping_up().run_once()

        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT
        assert len(autos(one)) == 1


@pytest.mark.parametrize(("method", "failure"), [(EMPTY_CARD, "insufficient_funds"), (LOST_CARD, "resource_missing")])
async def test_a_declined_method_waits_longer_each_time_and_then_ends(
    tmp_path: Path, method: str, failure: str
) -> None:
    async with low_balance(tmp_path, method) as (one, clock):
        for failures, pause_ms in ((1, MINUTE_MS), (2, 2 * MINUTE_MS), (3, 4 * MINUTE_MS)):
            await one.topping_up().run_once()
            assert settings(one) == (1, failures, clock.moment_ms + pause_ms)
            clock.moment_ms += pause_ms - 1
            await one.topping_up().run_once()
            assert len(charges(one)) == failures
            clock.moment_ms += 1
        assert one.trail("auto_top_up.disable") == []
        await one.topping_up().run_once()
        assert settings(one)[:2] == (0, 4)
        clock.moment_ms += 30 * 24 * 60 * MINUTE_MS
        await one.topping_up().run_once()

        assert len(charges(one)) == len(set(charges(one))) == 4
        assert {(auto["status"], auto["failure"]) for auto in autos(one)} == {("failed", failure)}
        [(actor, subject, details)] = one.trail("auto_top_up.disable")
        assert (actor, subject) == ("auto top-up", str(one.account_id))
        last = autos(one)[-1]["id"]
        assert json.loads(str(details)) == {"failures": 4, "last_payment": last, "last_failure": failure}
        assert await one.posted() == 5 * CREDITS_PER_USD


async def test_a_failure_that_is_told_twice_counts_once(tmp_path: Path) -> None:
    async with low_balance(tmp_path, EMPTY_CARD) as (one, _):
        await one.topping_up().run_once()
        [payment] = autos(one)
        intent = one.stripe.intent_of(payment["id"])
        for event in (
            one.stripe.event("payment_intent.payment_failed", intent),
            one.stripe.event("payment_intent.payment_failed", intent),
        ):
            await one.delivered(event)

        assert settings(one)[:2] == (1, 1)
        state = (await one.ask("GET", "/v1/billing/balance")).json()
        assert state["status"] == "past_due"


async def test_a_success_forgets_failures(tmp_path: Path) -> None:
    async with low_balance(tmp_path, EMPTY_CARD) as (one, clock):
        await one.topping_up().run_once()
        clock.moment_ms += MINUTE_MS
        async with one.world.database.begin() as connection:
            await connection.execute(update(payment_methods).values(method=CARD))
        await one.topping_up().run_once()

        assert settings(one) == (1, 0, 0)
        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT
        # The news of the first failure comes last, and changes nothing.
        failed = one.stripe.intent_of(autos(one)[0]["id"])
        await one.delivered(one.stripe.event("payment_intent.payment_failed", failed))
        assert settings(one) == (1, 0, 0)


async def test_a_bank_takes_its_time(tmp_path: Path) -> None:
    async with low_balance(tmp_path, BANK) as (one, clock):
        await one.topping_up().run_once()
        [payment] = autos(one)
        intent = one.stripe.intent_of(payment["id"])
        assert (payment["status"], payment["provider_payment"]) == ("open", intent["id"])
        clock.moment_ms += 2 * GIVE_UP_MS
        await one.topping_up().run_once()
        assert (len(charges(one)), autos(one)[0]["status"]) == (1, "open")
        one.stripe._succeed(intent)
        await one.delivered(one.stripe.event("payment_intent.succeeded", intent))

        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT


async def test_a_banks_answer_whose_event_was_lost_is_asked_for(tmp_path: Path) -> None:
    async with low_balance(tmp_path, BANK) as (one, clock):
        await one.topping_up().run_once()
        intent = one.stripe.intent_of(autos(one)[0]["id"])
        one.stripe._succeed(intent)
        clock.moment_ms += HOUR_MS
        await one.topping_up().run_once()
        assert await one.posted() == 5 * CREDITS_PER_USD
        clock.moment_ms += 23 * HOUR_MS
        await one.topping_up().run_once()

        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT
        assert one.stripe.taken_cents == 500 + AMOUNT // 20_000


async def test_a_bank_that_is_slow_is_asked_once_an_hour(tmp_path: Path) -> None:
    async with low_balance(tmp_path, BANK) as (one, clock):
        await one.topping_up().run_once()
        asked_before = len(one.stripe.requests)
        clock.moment_ms += 24 * HOUR_MS
        for _ in range(120):
            await one.topping_up().run_once()
            clock.moment_ms += 60_000

        assert len(one.stripe.requests) - asked_before == 2


async def test_the_event_may_come_before_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with low_balance(tmp_path) as (one, _):
        plain = SettlePayment.settle

        async def settle_late(self: SettlePayment, payment: Any, change: Any) -> None:  # noqa: ANN401 - as they come
            monkeypatch.setattr(SettlePayment, "settle", plain)
            await one.delivered(one.stripe.event("payment_intent.succeeded", one.stripe.intent_of(payment.id)))
            await self.settle(payment, change)

        monkeypatch.setattr(SettlePayment, "settle", settle_late)
        await one.topping_up().run_once()

        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT
        assert len([entry for entry in one.trail("payment.paid") if entry[1] == autos(one)[0]["id"]]) == 1


async def test_one_accounts_trouble_does_not_stop_the_others(tmp_path: Path) -> None:
    async with low_balance(tmp_path) as (one, _):
        other = await one.world.account("second@example.com")
        async with one.world.database.begin() as connection:
            await connection.exec_driver_sql(
                "INSERT INTO payment_methods VALUES (?, 'stripe', 'cus_2', 'pm_2', 0)", (other,)
            )
            await connection.exec_driver_sql("INSERT INTO auto_top_ups VALUES (?, 1, 2000000, 700, 0, 0, 0)", (other,))
        one.stripe.fail(Fault.UNKNOWN_KEY)
        await one.topping_up().run_once()
        await one.topping_up().run_once()

        assert await one.posted() == 5 * CREDITS_PER_USD + AMOUNT
        assert (await one.world.ledger.balance(other)).posted_credits == 7 * CREDITS_PER_USD


async def test_a_running_server_tops_up_by_itself(tmp_path: Path) -> None:
    async with low_balance(tmp_path) as (one, _):
        running = asyncio.create_task(one.topping_up().run())
        try:
            async with asyncio.timeout(60):
                while await one.posted() < AMOUNT:  # noqa: ASYNC110 - The books tell nobody.
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            await asyncio.wait([running])
        assert len(charges(one)) == 1
