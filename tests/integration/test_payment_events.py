"""What Stripe tells of payments: each is credited once, in whatever order it is told, and only if Stripe says so."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from tests.support.database import rows
from tests.support.ledger import HeldClock
from tests.support.scripted_stripe import BANK, WEBHOOK_SECRET, sign
from tests.support.service_world import service_world
from tests.support.till import CREDITS_PER_USD, WEBHOOK, refused, till
from tollway.credits.errors import LedgerUnavailableError
from tollway.flows.receive_payment_event import ReceivePaymentEvent
from tollway.payments import repository
from tollway.payments.errors import ForgedEventError

PAID = 25 * CREDITS_PER_USD


async def test_a_payment_is_credited_when_stripe_says_that_it_was_paid(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        begun = await one.checkout(25)
        assert await one.posted() == 0
        intent, session = one.stripe.pay(begun["session"])
        await one.delivered(session)

        payment_id = begun["payment_id"]
        assert await one.posted() == PAID
        assert one.movements() == [("PAYMENT", payment_id, PAID)]
        stored = one.payment(payment_id)
        assert (stored["status"], stored["provider_session"]) == ("paid", begun["session"])
        assert stored["provider_payment"] == one.stripe.intent_of(payment_id)["id"]
        assert [(actor, subject) for actor, subject, _ in one.trail("payment.paid")] == [("stripe", payment_id)]
        # The other event of the same payment brings nothing more.
        await one.delivered(intent)
        assert await one.posted() == PAID


async def test_one_event_twice_credits_once(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        _, event = one.stripe.pay((await one.checkout())["session"])
        for _ in range(3):
            await one.delivered(event)

        assert await one.posted() == PAID
        assert len(one.trail("payment.paid")) == 1
        assert len(rows(one.world.path, "SELECT * FROM payment_events")) == 1


async def test_events_at_the_same_time_credit_once(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        intent, session = one.stripe.pay((await one.checkout())["session"])
        await one.delivered_at_once(*[intent, session] * 8)

        assert await one.posted() == PAID
        assert len(one.movements()) == 1
        assert len(rows(one.world.path, "SELECT * FROM payment_events")) == 2


async def test_a_signature_that_is_no_ascii_is_forged(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        with pytest.raises(ForgedEventError):
            await one.stripe.provider().read_event(b"{}", "t=1,v1=\xe9")


async def test_old_news_do_not_bring_an_old_method_back(tmp_path: Path) -> None:
    async with till(tmp_path, HeldClock()) as one:
        late = one.stripe.pay((await one.checkout(save_method=True))["session"], method="pm_old")
        assert isinstance(one.world.clock, HeldClock)
        one.world.clock.moment_ms += 1
        await one.paid(save_method=True, method="pm_new")
        for event in late:
            await one.delivered(event)

        assert rows(one.world.path, "SELECT method FROM payment_methods") == [("pm_new",)]
        assert await one.posted() == 50 * CREDITS_PER_USD


@pytest.mark.parametrize("kind", ["header", "secret", "scheme", "old", "body", "none", "nonsense", "not text"])
async def test_what_stripe_did_not_send_now_credits_nothing(tmp_path: Path, kind: str) -> None:
    async with till(tmp_path) as one:
        _, event = one.stripe.pay((await one.checkout())["session"])
        altered = event.replace(b'"amount_total": 2500', b'"amount_total": 9900')
        assert altered != event
        body, signature = {
            "header": (event, ""),
            "secret": (event, sign(event, secret="whsec_of somebody else")),
            "scheme": (event, sign(event).replace("v1=", "v0=")),
            "old": (event, sign(event, at_s=time.time() - 301)),
            "body": (altered, sign(event)),
            "none": (event, f"t={int(time.time())}"),
            "nonsense": (b"{", "t=now,v1=00"),
            "not text": (b"\xff" + event, sign(b"\xff" + event)),
        }[kind]
        refused(await one.deliver(body, signature), 400, "Stripe-Signature", code="invalid_signature")

        assert await one.posted() == 0
        assert one.payments()[0]["status"] == "open"
        assert rows(one.world.path, "SELECT * FROM payment_events") == []
        # The very same event counts once it is proved, also when it was signed a while ago.
        await one.deliver(event, sign(event, at_s=time.time() - 200))
        assert await one.posted() == PAID


async def test_nothing_is_looked_at_before_the_signature(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        for body in (b"", b"[]", b"{" * 100_000, b'{"id": 1}'):
            refused(await one.deliver(body, "t=1,v1=00"), 400, code="invalid_signature")


async def test_a_signed_body_in_an_unknown_form_is_told(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        for body in (b"[]", b"{", b'{"id": "evt_1", "type": "charge.refunded", "data": {"object": {"amount": "1"}}}'):
            refused(await one.deliver(body), 400, "form", code="unreadable_event")


async def test_events_that_concern_nobody_are_acknowledged(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        begun = await one.checkout()
        intent, session = one.stripe.pay(begun["session"])
        foreign = json.loads(session)
        for metadata in ({}, None, {"tollway_payment_id": "payment-of-another-server"}, {"order": "7"}):
            foreign["id"] = f"evt_{metadata}"
            foreign["data"]["object"]["metadata"] = metadata
            await one.delivered(json.dumps(foreign).encode())
        charge = one.stripe.charges[one.stripe.intent_of(begun["payment_id"])["id"]]
        await one.delivered(one.stripe.event("charge.refunded", {**charge, "metadata": {}, "payment_intent": "pi_x"}))
        for kind in ("customer.created", "invoice.paid", "a.kind.that.comes.later"):
            await one.delivered(one.stripe.event(kind, {"id": "x", "anything": [1]}))
        await one.delivered(b'{"id": "evt_thin", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found"}')

        assert await one.posted() == 0
        assert one.payment(begun["payment_id"])["status"] == "open"
        await one.delivered(intent)
        assert await one.posted() == PAID


@pytest.mark.parametrize(
    ("name", "value"),
    [("amount_total", 2501), ("amount_total", 2499), ("amount_total", None), ("currency", "eur"), ("currency", None)],
)
async def test_another_amount_or_currency_credits_nothing_and_is_seen(tmp_path: Path, name: str, value: object) -> None:
    async with till(tmp_path) as one:
        begun = await one.checkout(25)
        _, session = one.stripe.pay(begun["session"])
        event = json.loads(session)
        event["data"]["object"][name] = value
        wrong = json.dumps(event).encode()
        for _ in range(2):
            refused(await one.deliver(wrong), 409, begun["payment_id"], code="payment_mismatch")

        assert await one.posted() == 0
        assert one.payment(begun["payment_id"])["status"] == "open"
        # It was not taken for dealt with.
        await one.delivered(session)
        assert await one.posted() == PAID


async def test_another_checkout_or_payment_than_the_stored_one_credits_nothing(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        first, second = await one.checkout(25), await one.checkout(25)
        _, paid = one.stripe.pay(first["session"])
        event = json.loads(paid)
        event["data"]["object"]["metadata"] = {"tollway_payment_id": second["payment_id"]}
        refused(await one.deliver(json.dumps(event).encode()), 409, second["payment_id"], code="payment_mismatch")
        await one.delivered(paid)
        # What has paid the first one cannot pay the second one too.
        intent = one.stripe.intent_of(first["payment_id"])
        stolen = {**intent, "metadata": {"tollway_payment_id": second["payment_id"]}}
        refused(await one.deliver(one.stripe.event("payment_intent.succeeded", stolen)), 409, code="payment_mismatch")

        assert await one.posted() == PAID
        assert one.payment(second["payment_id"])["status"] == "open"


async def test_an_account_waits_for_its_bank(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        good, bad = await one.checkout(25), await one.checkout(30)
        for begun in (good, bad):
            for event in one.stripe.pay(begun["session"], method=BANK):
                await one.delivered(event)
        assert await one.posted() == 0
        await one.delivered(one.stripe.bank_says(bad["session"], is_paid=False))
        await one.delivered(one.stripe.bank_says(good["session"], is_paid=True))

        assert await one.posted() == PAID
        assert one.payment(good["payment_id"])["status"] == "paid"
        failed = one.payment(bad["payment_id"])
        assert (failed["status"], failed["failure"]) == ("failed", "payment_failed")


async def test_events_that_come_too_late_do_not_undo_a_payment(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        begun = await one.checkout()
        session = one.stripe.sessions[begun["session"]]
        expired = one.stripe.event("checkout.session.expired", session)
        failed = one.stripe.event("checkout.session.async_payment_failed", session)
        _, paid = one.stripe.pay(begun["session"])
        await one.delivered(paid)
        await one.delivered(expired)
        await one.delivered(failed)

        assert one.payment(begun["payment_id"])["status"] == "paid"
        assert await one.posted() == PAID


async def test_what_was_paid_counts_also_after_it_was_taken_for_failed(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        begun = await one.checkout()
        session = one.stripe.sessions[begun["session"]]
        await one.delivered(one.stripe.event("checkout.session.expired", session))
        assert one.payment(begun["payment_id"])["status"] == "expired"
        _, paid = one.stripe.pay(begun["session"])
        await one.delivered(paid)

        assert one.payment(begun["payment_id"])["status"] == "paid"
        assert await one.posted() == PAID


async def test_one_declined_card_does_not_end_a_checkout(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        begun = await one.checkout()
        intent, session = one.stripe.pay(begun["session"])
        failed = one.stripe.event("payment_intent.payment_failed", one.stripe.intent_of(begun["payment_id"]))
        await one.delivered(failed)
        assert one.payment(begun["payment_id"])["status"] == "open"
        await one.delivered(session)
        await one.delivered(intent)

        assert await one.posted() == PAID


async def test_a_crash_between_the_books_and_the_payment_heals_with_the_next_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with till(tmp_path) as one:
        begun = await one.checkout(save_method=True)
        intent, _ = one.stripe.pay(begun["session"])

        async def die(*_: object) -> bool:
            raise KeyboardInterrupt

        receive = ReceivePaymentEvent(one.world.database, one.world.ledger, one.world.clock, one.stripe.provider())
        with monkeypatch.context() as patched:
            patched.setattr(repository, "mark_paid", die)
            with pytest.raises(KeyboardInterrupt):
                await receive.receive(intent, sign(intent))
        assert await one.posted() == PAID
        assert one.payment(begun["payment_id"])["status"] == "open"
        await one.delivered(intent)

        assert await one.posted() == PAID
        assert one.payment(begun["payment_id"])["status"] == "paid"
        assert len(one.trail("payment.paid")) == 1
        assert len(rows(one.world.path, "SELECT * FROM payment_methods")) == 1


async def test_books_that_cannot_be_written_let_stripe_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with till(tmp_path) as one:
        _, event = one.stripe.pay((await one.checkout())["session"])

        async def refuse(*_: object) -> None:
            await asyncio.sleep(0)
            raise LedgerUnavailableError

        with monkeypatch.context() as patched:
            patched.setattr(one.world.ledger, "grant", refuse)
            refused(await one.deliver(event), 503, code="ledger_unavailable")
        assert rows(one.world.path, "SELECT * FROM payment_events") == []
        await one.delivered(event)
        assert await one.posted() == PAID


async def test_a_method_is_stored_only_where_the_payer_was_asked(tmp_path: Path) -> None:
    async with till(tmp_path) as one:
        await one.paid(25)
        assert rows(one.world.path, "SELECT * FROM payment_methods") == []
        await one.paid(25, save_method=True, method="pm_first")
        await one.paid(25, save_method=True, method="pm_second")

        [(account_id, provider, customer, method, _)] = rows(one.world.path, "SELECT * FROM payment_methods")
        assert (account_id, provider, method) == (one.account_id, "stripe", "pm_second")
        assert str(customer).startswith("cus_")


async def test_without_a_provider_nobody_has_anything_to_tell(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        body = b"{}"
        signature = sign(body, secret=WEBHOOK_SECRET)
        answer = await world.client.post(WEBHOOK, content=body, headers={"stripe-signature": signature})
        refused(answer, 404, "no payment provider")
