"""A scripted Stripe: a real HTTP server on the loopback that speaks its wire format for the calls that are used.

It remembers idempotency keys as Stripe does, can be told to fail or to decline, and signs webhooks with Stripe's own
scheme: ``t=SECONDS,v1=HEX`` with the HMAC-SHA256 of ``SECONDS.BODY``.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import deque
from enum import StrEnum
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from msgspec import Struct

from tollway.payments.stripe.provider import StripeProvider

API_KEY = "sk_test_scriptedStripeKeyThatNobodyMaySee"
WEBHOOK_SECRET = "whsec_scriptedSecretThatNobodyMaySee"
SECRETS = (API_KEY, WEBHOOK_SECRET)
CARD, EMPTY_CARD, LOST_CARD, BANK = "pm_card", "pm_empty", "pm_lost", "pm_bank"
"""Saved methods: one that pays, one that is declined, one that Stripe does not know, and one that takes days."""
Object = dict[str, Any]
_DEADLINE_S = 30.0


class Fault(StrEnum):
    """What goes wrong with a request."""

    LOST_REQUEST = "the connection breaks before anything was done"
    LOST_ANSWER = "the connection breaks after it was done"
    SERVER_ERROR = "500, without anything done"
    UNKNOWN_KEY = "401"
    REFUSED = "400"


class StripeRequest(Struct, frozen=True):
    """One request as it arrived."""

    path: str
    fields: dict[str, str]
    key: str


class _Remembered(Struct, frozen=True):
    fields: dict[str, str]
    status: int
    answer: Object


class ScriptedStripe:
    """The server, and what happens at Stripe beside it: payers pay, and money is given back by hand."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._numbers = itertools.count(1)
        self._remembered: dict[str, _Remembered] = {}
        self._faults: deque[Fault] = deque()
        self._meetings: dict[str, asyncio.Barrier] = {}
        self.requests: list[StripeRequest] = []
        self.sessions: dict[str, Object] = {}
        self.intents: dict[str, Object] = {}
        self.charges: dict[str, Object] = {}
        self.is_down = False
        self.origin = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.origin = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def provider(self, *, api_key: str = API_KEY, webhook_secret: str = WEBHOOK_SECRET) -> StripeProvider:
        """Make the adapter that talks to this server."""
        return StripeProvider(api_key=api_key, webhook_secret=webhook_secret, api_url=self.origin)

    def fail(self, fault: Fault, times: int = 1) -> None:
        """Say what goes wrong with the next requests; the library tries a request twice."""
        self._faults.extend([fault] * times)

    def let_meet(self, path: str, times: int) -> None:
        """Begin with requests for a path only once so many of them are there, so that they are under way together."""
        self._meetings[path] = asyncio.Barrier(times)

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.path for request in self.requests]

    async def until_asked(self, path: str, times: int) -> None:
        """Wait until something was asked for so often."""
        async with asyncio.timeout(_DEADLINE_S):
            while self.paths().count(path) < times:  # noqa: ASYNC110 - Requests come from threads and processes.
                await asyncio.sleep(0.01)

    @property
    def taken_cents(self) -> int:
        """All money that was ever taken."""
        return sum(charge["amount"] for charge in self.charges.values())

    def pay(self, session_id: str, *, method: str = CARD) -> list[bytes]:
        """Let somebody pay a checkout, and return the events of it in the order in which they happen."""
        session = self.sessions[session_id]
        fields = session["_fields"]
        intent = self._new_intent(session["amount_total"], session["currency"], session["metadata"])
        intent["setup_future_usage"] = fields.get("payment_intent_data[setup_future_usage]")
        intent["payment_method"] = method
        if fields["customer_creation"] == "always":
            intent["customer"] = session["customer"] = self._name("cus")
        session |= {"status": "complete", "payment_intent": intent["id"]}
        if method == BANK:
            return [self.event("checkout.session.completed", session)]
        self._succeed(intent)
        session["payment_status"] = "paid"
        return [self.event("payment_intent.succeeded", intent), self.event("checkout.session.completed", session)]

    def bank_says(self, session_id: str, *, is_paid: bool) -> bytes:
        """Let the bank decide about a checkout that waits for it."""
        session = self.sessions[session_id]
        if not is_paid:
            return self.event("checkout.session.async_payment_failed", session)
        self._succeed(self.intents[session["payment_intent"]])
        session["payment_status"] = "paid"
        return self.event("checkout.session.async_payment_succeeded", session)

    def give_back(self, intent_id: str, amount_cents: int) -> bytes:
        """Give a part of a payment back by hand, and return the event of it."""
        charge = self.charges[intent_id]
        charge["amount_refunded"] += amount_cents
        return self.event("charge.refunded", charge)

    def intent_of(self, payment_id: str) -> Object:
        """Find what was ordered for a payment of ours."""
        [found] = [one for one in self.intents.values() if one["metadata"].get("tollway_payment_id") == payment_id]
        return found

    def event(self, kind: str, about: Object, event_id: str = "") -> bytes:
        """Write an event as Stripe does."""
        shown = {name: value for name, value in about.items() if not name.startswith("_")}
        event = {
            "id": event_id or self._name("evt"),
            "object": "event",
            "api_version": "2026-01-28",
            "created": int(time.time()),
            "data": {"object": shown},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        return json.dumps(event, indent=2).encode()

    def _new_intent(self, amount_cents: int, currency: str, metadata: dict[str, str]) -> Object:
        intent: Object = {
            "id": self._name("pi"),
            "object": "payment_intent",
            "amount": amount_cents,
            "amount_received": 0,
            "currency": currency,
            "customer": None,
            "payment_method": None,
            "setup_future_usage": None,
            "last_payment_error": None,
            "status": "processing",
            "metadata": dict(metadata),
        }
        self.intents[intent["id"]] = intent
        return intent

    def _succeed(self, intent: Object) -> None:
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        self.charges[intent["id"]] = {
            "id": self._name("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_refunded": 0,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": dict(intent["metadata"]),
            "paid": True,
        }

    def _name(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):06d}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            path = lines[0].split(" ")[1]
            if (meeting := self._meetings.get(path)) is not None:
                async with asyncio.timeout(_DEADLINE_S):
                    await meeting.wait()
            answer = self._answer(path, headers, dict(parse_qsl(body.decode())))
            if answer is not None:
                status, told = answer
                data = json.dumps(told).encode()
                writer.write(
                    b"HTTP/1.1 %d Said\r\nContent-Type: application/json\r\nRequest-Id: req_1\r\n"
                    b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (status, len(data), data)
                )
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _answer(self, path: str, headers: dict[str, str], fields: dict[str, str]) -> tuple[int, Object] | None:
        key = headers.get("idempotency-key", "")
        self.requests.append(StripeRequest(path, fields, key))
        fault = Fault.LOST_REQUEST if self.is_down else self._faults.popleft() if self._faults else None
        match fault:
            case Fault.LOST_REQUEST:
                return None
            case Fault.SERVER_ERROR:
                return 500, _error("api_error", "We are in trouble")
            case Fault.REFUSED:
                return 400, _error("invalid_request_error", f"No such thing, said to {API_KEY}", "parameter_unknown")
        if headers.get("authorization") != f"Bearer {API_KEY}" or fault is Fault.UNKNOWN_KEY:
            return 401, _error("invalid_request_error", f"Invalid API Key provided: {headers.get('authorization')}")
        known = self._remembered.get(key) if key else None
        if known is None:
            status, answer = self._do(path, fields)
            known = self._remembered[key] = _Remembered(fields, status, json.loads(json.dumps(answer)))
        elif known.fields != fields:
            return 400, _error("idempotency_error", "Keys can only be used with the same parameters")
        return None if fault is Fault.LOST_ANSWER else (known.status, known.answer)

    def _do(self, path: str, fields: dict[str, str]) -> tuple[int, Object]:
        if (intent := self.intents.get(path.removeprefix("/v1/payment_intents/"))) is not None:
            return 200, intent
        match path:
            case "/v1/checkout/sessions":
                return 200, self._begin_checkout(fields)
            case "/v1/payment_intents":
                return self._charge(fields)
            case "/v1/refunds":
                return self._refund(fields)
        return 404, _error("invalid_request_error", f"Unrecognized request URL {path}")

    def _begin_checkout(self, fields: dict[str, str]) -> Object:
        session_id = self._name("cs")
        item = "line_items[0][price_data]"
        session: Object = {
            "id": session_id,
            "object": "checkout.session",
            "url": f"https://checkout.example.com/pay/{session_id}",
            "amount_total": int(fields[f"{item}[unit_amount]"]) * int(fields["line_items[0][quantity]"]),
            "currency": fields[f"{item}[currency]"],
            "customer": None,
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "mode": fields["mode"],
            "metadata": {"tollway_payment_id": fields["metadata[tollway_payment_id]"]},
            "_fields": fields,
        }
        self.sessions[session_id] = session
        return session

    def _charge(self, fields: dict[str, str]) -> tuple[int, Object]:
        assert (fields["confirm"], fields["off_session"]) == ("true", "true")
        method = fields["payment_method"]
        if method == LOST_CARD:
            return 400, _error("invalid_request_error", "No such PaymentMethod", "resource_missing")
        metadata = {"tollway_payment_id": fields["metadata[tollway_payment_id]"]}
        intent = self._new_intent(int(fields["amount"]), fields["currency"], metadata)
        intent |= {"customer": fields["customer"], "payment_method": method}
        if method == EMPTY_CARD:
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {"code": "card_declined", "decline_code": "insufficient_funds"}
            error = _error("card_error", "Your card has insufficient funds.", "card_declined")
            error["error"]["decline_code"] = "insufficient_funds"
            return 402, error
        if method != BANK:
            self._succeed(intent)
        return 200, intent

    def _refund(self, fields: dict[str, str]) -> tuple[int, Object]:
        charge, amount_cents = self.charges[fields["payment_intent"]], int(fields["amount"])
        if charge["amount_refunded"] + amount_cents > charge["amount"]:
            return 400, _error("invalid_request_error", "Refund is greater than the rest", "charge_already_refunded")
        charge["amount_refunded"] += amount_cents
        refund = {"id": self._name("re"), "object": "refund", "amount": amount_cents, "status": "succeeded"}
        return 200, {**refund, "charge": charge if fields.get("expand[0]") == "charge" else charge["id"]}


def sign(body: bytes, *, secret: str = WEBHOOK_SECRET, at_s: float | None = None) -> str:
    """Sign a webhook as Stripe does; at the present moment where none is given."""
    moment = int(time.time() if at_s is None else at_s)
    digest = hmac.new(secret.encode(), b"%d." % moment + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _error(kind: str, message: str, code: str | None = None) -> Object:
    return {"error": {"type": kind, "message": message, "code": code}}
