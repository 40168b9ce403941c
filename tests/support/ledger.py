"""A ledger on a fresh database, and what a request asks of it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tollway.credits.pricing import RateCard
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.sqlite.writer import open_connection
from tollway.credits.types import Check, Companion, Hold, HoldRequest, SpendLimit
from tollway.flows.record_inference import record_rows
from tollway.flows.recover_inferences import recovered_rows
from tollway.flows.verify_books import verify_books
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.kit.ids import inference_id
from tollway.usage.types import InferenceRecord

FLAGSHIP_CARD = RateCard("baidu/ernie-x1-turbo-32k", 1, 175, 175, 695, 0)
CREDIT_CARD = RateCard("one-credit", 1, 500, 500, 500, 500)
"""Every token costs one credit, which makes sums plain to read."""
FREE_CARD = RateCard("free", 1, 0, 0, 0, 0)
NOON_MS = 1_763_899_200_000
"""Sunday, 23 November 2025, 12:00 UTC."""


class HeldClock:
    """A clock that stands where a test puts it."""

    def __init__(self, now_ms: int = NOON_MS) -> None:
        self.moment_ms = now_ms

    def now_ms(self) -> int:
        return self.moment_ms

    def monotonic_s(self) -> float:
        return self.moment_ms / 1000


def hold_request(
    *,
    account_id: int = 1,
    key_id: int = 1,
    prompt_tokens: int = 0,
    fair_tokens: int | None = None,
    output_tokens: int = 10,
    explicit: bool = True,
    limit: SpendLimit | None = None,
    card: RateCard = CREDIT_CARD,
    hold_id: str | None = None,
) -> HoldRequest:
    """A request for a hold; with the default card it asks for ``prompt_tokens + output_tokens`` credits."""
    return HoldRequest(
        inference_id=hold_id or inference_id(),
        account_id=account_id,
        key_id=key_id,
        key_limit=limit,
        rate_card=card,
        prompt_upper_tokens=prompt_tokens,
        prompt_fair_tokens=prompt_tokens if fair_tokens is None else fair_tokens,
        output_tokens=output_tokens,
        output_is_explicit=explicit,
        model_id=card.model_id,
    )


recovered = recovered_rows(lambda key_id: f"twk{key_id:05d}")
"""Makes the usage row of a hold that the ledger voided by itself."""


def inference_record(
    inference_id: str, *, account_id: int = 1, key_id: int = 1, held: int = 10, charged: int = 0, failed: bool = False
) -> InferenceRecord:
    """The record of an inference."""
    return InferenceRecord(
        inference_id=inference_id,
        account_id=account_id,
        key_id=key_id,
        key_prefix=f"twk{key_id:05d}",
        model_id=CREDIT_CARD.model_id,
        upstream="scripted",
        status="failed" if failed else "succeeded",
        origin="api",
        stream=False,
        input_tokens=0,
        cached_input_tokens=0,
        output_tokens=charged,
        reasoning_tokens=0,
        rate_card_version=1,
        hold_credits=held,
        charged_credits=charged,
        absorbed_credits=0,
        finish_reason=None if failed else "stop",
        estimated=False,
        client_disconnected=False,
        error_code="upstream_failed" if failed else None,
        client_request_id=None,
        started_at_ms=NOON_MS,
        finished_at_ms=NOON_MS,
        ttft_ms=None,
        attempts=(),
    )


def usage_row(hold: Hold, *, charged: int = 0, failed: bool = False) -> tuple[Companion, ...]:
    """The usage row that is committed with the end of a hold."""
    record = inference_record(
        hold.inference_id,
        account_id=hold.account_id,
        key_id=hold.key_id,
        held=hold.amount_credits,
        charged=charged,
        failed=failed,
    )
    return record_rows(record)


@asynccontextmanager
async def open_ledger(
    database: Path, clock: Clock | None = None, *, connect: Callable[[Path], sqlite3.Connection] = open_connection
) -> AsyncIterator[SqliteLedger]:
    """A ledger that is closed at the end."""
    ledger = await SqliteLedger.open(database, clock=clock or HeldClock(), recovered_rows=recovered, connect=connect)
    try:
        yield ledger
    finally:
        await ledger.close()


async def nothing_held(ledger: SqliteLedger) -> None:
    """Wait until the first account has no open hold."""
    async with asyncio.timeout(60):
        while (await ledger.balance(1)).held_credits:  # noqa: ASYNC110 - The ledger tells nobody when it is done.
            await asyncio.sleep(0.005)


async def faults(database: Path) -> list[Check]:
    """The identities of the books that do not hold."""
    reader = Database(database)
    try:
        return [check for check in await verify_books(reader) if not check.ok]
    finally:
        await reader.close()
