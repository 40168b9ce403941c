"""A service world whose owner can pay through a scripted Stripe, and what must hold of money whatever happens."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.contract import validate_error
from tests.support.database import rows
from tests.support.ledger import HeldClock, faults
from tests.support.scripted_stripe import CARD, SECRETS, ScriptedStripe, sign
from tests.support.service_world import OWNER, ServiceWorld, service_world
from tollway.credits.types import TakeType
from tollway.flows.top_up_accounts import TopUpAccounts
from tollway.keys.types import KeyKind
from tollway.kit.logging import LogFormatter

CHECKOUT = "/v2/billing/checkout"
WEBHOOK = "/v2/billing/webhooks/stripe"
CREDITS_PER_USD = 2_000_000
OPERATOR = "op@example.com"


class Till:
    """An account, its owner's management key, an operator, and Stripe."""

    def __init__(
        self, world: ServiceWorld, stripe: ScriptedStripe, account_id: int, key: str, operator_key: str
    ) -> None:
        self.world = world
        self.stripe = stripe
        self.account_id = account_id
        self.headers = world.auth(key)
        self.operator_headers = world.auth(operator_key)

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - as httpx has it
        """Send a request as the owner, and make sure that the answer has no secret."""
        answer = await self.world.client.request(method, path, **{"headers": self.headers, **options})
        assert [secret for secret in SECRETS if secret in answer.text] == []
        return answer

    async def operate(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - as httpx has it
        """Send a request as the operator."""
        return await self.ask(method, f"/admin/v1{path}", headers=self.operator_headers, **options)

    async def checkout(self, amount: float = 25, *, save_method: bool = False) -> dict[str, Any]:
        """Begin a payment, and return it with Stripe's name of the page as ``session``."""
        answer = await self.ask("POST", CHECKOUT, json={"amount": amount, "save_method": save_method})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return {**body, "session": body["url"].rpartition("/")[2]}

    async def paid(self, amount: float = 25, *, save_method: bool = False, method: str = CARD) -> str:
        """Begin a payment, pay it, deliver what Stripe tells of it, and return its id."""
        begun = await self.checkout(amount, save_method=save_method)
        for event in self.stripe.pay(begun["session"], method=method):
            await self.delivered(event)
        return str(begun["payment_id"])

    async def deliver(self, body: bytes, signature: str | None = None) -> httpx.Response:
        """Send an event, signed now unless it comes with a signature."""
        headers = {"stripe-signature": sign(body) if signature is None else signature}
        headers["content-type"] = "application/json; charset=utf-8"
        return await self.ask("POST", WEBHOOK, content=body, headers=headers)

    async def delivered(self, body: bytes) -> None:
        """Send an event that must be taken."""
        answer = await self.deliver(body)
        assert (answer.status_code, answer.json()) == (200, {"received": True}), answer.text

    async def delivered_at_once(self, *bodies: bytes) -> None:
        """Send events at the same time, all of which must be taken."""
        answers = await asyncio.gather(*[self.deliver(body) for body in bodies])
        assert [answer.status_code for answer in answers] == [200] * len(bodies)

    async def posted(self) -> int:
        """The balance in credits."""
        return (await self.world.ledger.balance(self.account_id)).posted_credits

    async def spend(self, credit_count: int) -> None:
        """Let the owner's credits become fewer."""
        await self.world.ledger.take(self.account_id, credit_count, TakeType.CREDITS_EXPIRED, f"spent-{credit_count}")

    def payment(self, payment_id: str) -> dict[str, Any]:
        """What is stored of a payment."""
        [found] = self.payments("WHERE id = ?", payment_id)
        return found

    def payments(self, condition: str = "", *values: object) -> list[dict[str, Any]]:
        """What is stored of payments, oldest first."""
        names = [str(row[1]) for row in rows(self.world.path, "PRAGMA table_info(payments)")]
        query = f"SELECT * FROM payments {condition} ORDER BY id"  # noqa: S608 - A test's own words.
        return [dict(zip(names, row, strict=True)) for row in rows(self.world.path, query, *values)]

    def movements(self) -> list[tuple[object, ...]]:
        """The ledger's movements of payments, oldest first: kind, reference and credits."""
        query = (
            "SELECT kind, reference_id, amount_credits FROM transfers WHERE kind IN ('PAYMENT', 'REFUND') ORDER BY id"
        )
        return rows(self.world.path, query)

    def trail(self, action: str) -> list[tuple[object, ...]]:
        """The audit trail's entries of an action, oldest first: actor, subject and details."""
        query = "SELECT actor, subject, details FROM audit_entries WHERE action = ? ORDER BY id"
        return rows(self.world.path, query, action)

    def topping_up(self) -> TopUpAccounts:
        """What a server runs to top up accounts; each call is another server's, which remembers nothing."""
        world = self.world
        return TopUpAccounts(world.database, world.ledger, world.clock, self.stripe.provider())

    async def enable_top_up(self, threshold: float = 10, amount: float = 20) -> None:
        """Switch the auto top-up on."""
        wanted = {"is_enabled": True, "threshold": threshold, "amount": amount}
        answer = await self.ask("PUT", "/v2/billing/auto-top-up", json=wanted)
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def till(folder: Path, clock: HeldClock | None = None) -> AsyncIterator[Till]:
    """Open a world with a provider; at its end the books must balance, and no secret may be anywhere."""
    with _watched_log() as log:
        async with ScriptedStripe() as stripe, service_world(folder, clock=clock, provider=stripe.provider()) as world:
            operator_key = await world.key(OPERATOR, KeyKind.OPERATOR)
            account_id = await world.account(OWNER)
            yield Till(world, stripe, account_id, await world.key(OWNER, KeyKind.MANAGEMENT), operator_key)
        assert await faults(world.path) == []
        assert [line for line in log if any(secret in line for secret in SECRETS)] == []
        assert _files_with_secrets(folder) == []


def _files_with_secrets(folder: Path) -> list[Path]:
    files = [file for file in folder.iterdir() if file.is_file()]
    return [file for file in files if any(secret.encode() in file.read_bytes() for secret in SECRETS)]


@contextmanager
def _watched_log() -> Iterator[list[str]]:
    """Collect every line that a server would log which tells as much as it can."""
    lines: list[str] = []

    class Watcher(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, sqlite, watcher = logging.getLogger(), logging.getLogger("aiosqlite"), Watcher()
    watcher.setFormatter(LogFormatter(as_json=True, colors=False))
    before = root.level, sqlite.level
    root.addHandler(watcher)
    root.setLevel(logging.DEBUG)
    sqlite.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        root.setLevel(before[0])
        sqlite.setLevel(before[1])
        root.removeHandler(watcher)


def refused(answer: httpx.Response, status: int, *words: str, code: str | None = None) -> None:
    """Make sure that a request was refused with these words in the message."""
    body = answer.json()
    assert answer.status_code == status, body
    validate_error(body)
    assert [word for word in words if word not in body["message"]] == [], body["message"]
    assert code is None or body["error"]["code"] == code, body
