"""Calls of several models as the log and the ledger have them after a while, without a server."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.support.ledger import HeldClock, hold_request, inference_record
from tollway.credits.pricing import Meters, RateCard, charge_credits
from tollway.credits.types import Charge, Ledger
from tollway.flows.record_inference import record_rows
from tollway.kit.ids import inference_id, inference_id_floor

DEAR, DEAR_LATER, CHEAP, FREE = (
    RateCard("acme/dear", 1, 175, 90, 695, 0),
    RateCard("acme/dear", 2, 333, 333, 777, 111),
    RateCard("acme/cheap", 1, 1, 1, 3, 3),
    RateCard("acme/free", 1, 0, 0, 0, 0),
)
CARDS = (DEAR, DEAR_LATER, CHEAP, FREE)
_RANDOM_PART = slice(len(inference_id_floor(0)), None)


class Call(Struct, frozen=True, kw_only=True):
    """One call: what it used, and how it ended (``whole``, ``left``, ``left_unseen`` or ``failed``)."""

    started_at_ms: int
    card: RateCard = DEAR
    meters: Meters = Meters(100, 20, 30, 40)
    ended: str = "whole"
    output_limit: int = 1_000
    stream: bool = True


def store_cards(database: Path) -> None:
    """Store the rate cards of the calls."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for card in CARDS:
            connection.execute(
                "INSERT INTO rate_cards (model_id, version, input_nanousd, cached_input_nanousd, output_nanousd,"
                " reasoning_nanousd, effective_from_ms, created_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                (*msgspec.structs.astuple(card), card.version),
            )


def id_at(moment_ms: int) -> str:
    """An inference's id of a moment."""
    return inference_id_floor(moment_ms) + inference_id()[_RANDOM_PART]


def some_calls(chance: random.Random, count: int, *, from_ms: int, every_ms: int) -> Iterator[Call]:
    """Calls of every kind, one after another."""
    for number in range(count):
        yield Call(
            started_at_ms=from_ms + number * every_ms,
            card=chance.choice(CARDS),
            meters=Meters(*(chance.choice([0, 1, chance.randint(0, 3_000)]) for _ in range(4))),
            ended=chance.choice(["whole", "whole", "whole", "left", "left_unseen", "failed"]),
            output_limit=chance.choice([1, 50, 10_000]),
            stream=chance.random() < 0.5,
        )


async def make_call(ledger: Ledger, clock: HeldClock, call: Call, *, account_id: int = 1, key_id: int = 1) -> str:
    """Hold, and settle or void, with the row of the log, as a request does; returns the inference's id."""
    clock.moment_ms = call.started_at_ms
    hold = await ledger.hold(
        hold_request(
            account_id=account_id,
            key_id=key_id,
            card=call.card,
            prompt_tokens=call.meters.input + call.meters.cached_input,
            output_tokens=call.output_limit,
            hold_id=id_at(call.started_at_ms),
        )
    )
    is_free = call.ended in {"failed", "left_unseen"}
    meters = Meters() if is_free else call.meters
    price = charge_credits(meters, call.card)
    charged = min(price, hold.amount_credits)
    clock.moment_ms += 700
    record = msgspec.structs.replace(
        inference_record(hold.inference_id, account_id=account_id, key_id=key_id, failed=call.ended == "failed"),
        model_id=call.card.model_id,
        # An answer in one piece is delivered whole or not at all.
        stream=call.ended == "left" or (call.stream and call.ended != "left_unseen"),
        input_tokens=meters.input,
        cached_input_tokens=meters.cached_input,
        output_tokens=meters.output,
        reasoning_tokens=meters.reasoning,
        rate_card_version=call.card.version,
        hold_credits=hold.amount_credits,
        charged_credits=charged,
        absorbed_credits=price - charged,
        client_disconnected=call.ended in {"left", "left_unseen"},
        started_at_ms=call.started_at_ms,
        finished_at_ms=clock.moment_ms,
        output_limit_tokens=hold.output_tokens,
        hold_policy=hold.policy,
    )
    if is_free:
        await ledger.void(hold, None, record_rows(record))
    else:
        await ledger.settle(hold, Charge(charged, price - charged), record_rows(record))
    return hold.inference_id
