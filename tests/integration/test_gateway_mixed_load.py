"""A thousand mixed requests, 32 at a time: afterwards every credit, every hold and every abort is accounted for."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.chat_caller import Received
from tests.support.gateway import Gateway
from tests.support.mixed_load import ENDED_BY_THE_UPSTREAM, SILENT, Scenario, mixed_scenarios, number_of
from tests.support.mixed_play import SPENDING_LIMIT_CREDITS, make_keys, mixed_settings, play_all
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.stored_books import StoredBooks

REQUESTS, SEED = 1000, 20_251_123
DEADLINE_S = 60.0


@dataclass(frozen=True)
class Ended:
    """A request, what its caller received, and its row, if it has one."""

    scenario: Scenario
    received: Received
    receipt: dict[str, Any] | None


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as one:
        yield one


@pytest.fixture
async def gateway(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    settings = mixed_settings(upstream.base_url)
    async with Gateway(tmp_path_factory.mktemp("mixed"), settings=settings) as one:
        yield one


def assert_delivered(ended: Ended, charges: Mapping[str, int]) -> None:
    """The answer came whole, and everybody names the same cost."""
    received, receipt = ended.received, ended.receipt
    assert received.is_delivered, ended
    assert receipt is not None
    assert (receipt["status"], receipt["client_disconnected"]) == ("succeeded", 0)
    assert received.credits_used == receipt["charged_credits"] == charges[received.inference_id]
    if received.headers["content-type"] == "application/json":
        assert received.headers["x-aimlapi-credits-used"] == str(received.credits_used)


def assert_failed(ended: Ended, charges: Mapping[str, int]) -> None:
    """The failure is told honestly, and costs nothing."""
    scenario, received, receipt = ended.scenario, ended.received, ended.receipt
    assert receipt is not None
    assert (receipt["status"], receipt["charged_credits"]) == ("failed", 0)
    assert received.inference_id not in charges
    # On a slow machine an upstream may be silent for too long before its first piece has come.
    if scenario.fails_within_stream and (received.status != 504 or scenario.script not in SILENT):
        assert received.status == 200
        assert received.events[-1] == "[DONE]"
        *chunks, error = received.chunks
        assert error["statusCode"] == scenario.status, ended
        assert all(choice["finish_reason"] is None for chunk in chunks for choice in chunk["choices"])
        assert not any("meta" in chunk for chunk in chunks)
    else:
        error = received.json
        assert (received.status, error["statusCode"]) == (scenario.status, scenario.status), ended
        assert scenario.status != 429 or error["message"] == "Too Many Requests"
    assert receipt["error_code"] == error["error"]["code"]


def assert_refused(ended: Ended) -> None:
    """The refusal says why, and left no row."""
    received = ended.received
    assert received.status == received.json["statusCode"] == ended.scenario.status, ended
    assert ended.scenario.says in received.json["message"]
    assert ended.receipt is None


def assert_left(ended: Ended, charges: Mapping[str, int]) -> None:
    """What was delivered was charged at most; a request that never arrived has no row."""
    received, receipt = ended.received, ended.receipt
    if receipt is None:
        assert received.status == 0
        return
    if receipt["status"] == "failed":
        # The upstream's silence was longer than the caller's patience by a hair.
        assert receipt["charged_credits"] == 0
        return
    assert receipt["charged_credits"] == charges.get(receipt["inference_id"], 0)
    if receipt["client_disconnected"] and not receipt["stream"]:
        assert receipt["charged_credits"] == 0
    if received.is_delivered:
        assert received.credits_used == receipt["charged_credits"]


def assert_spent(ended: Ended, charges: Mapping[str, int]) -> None:
    """As long as the limit lasts."""
    if ended.received.status == 200:
        assert_delivered(ended, charges)
        assert ended.receipt is not None
        assert ended.receipt["absorbed_credits"] > 0
    else:
        assert (ended.received.status, ended.received.code) == (403, "key_limit_reached")
        assert ended.receipt is None


async def assert_aborts_were_seen(all_ended: list[Ended], upstream: ScriptedUpstream) -> None:
    """Every answer that nobody waited for any more was broken off, and no other one."""
    asked = {number_of(request.json["messages"][-1]["content"]): request for request in upstream.requests}
    assert len(asked) == upstream.request_count, "a request was sent twice"
    async with asyncio.timeout(DEADLINE_S):
        # The server is gone, and its connections with it.
        while upstream.open_connections:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)
    for ended in all_ended:
        request = asked.get(ended.scenario.number)
        if request is None or ended.scenario.script in ENDED_BY_THE_UPSTREAM:
            continue
        assert request.finished.is_set() != request.aborted.is_set(), ended.scenario
        if request.aborted.is_set():
            assert ended.scenario.kind == "leaving" or ended.scenario.status == 504, ended.scenario
    assert upstream.abort_count == sum(request.aborted.is_set() for request in asked.values())
    assert upstream.abort_count > REQUESTS // 20


async def test_a_thousand_mixed_requests_are_all_accounted_for(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    keys = await make_keys(gateway)
    books = StoredBooks(gateway.data)
    scenarios = mixed_scenarios(REQUESTS, random.Random(SEED))
    everything = await play_all(gateway, upstream, keys, scenarios)
    await books.nothing_held()
    # The last ones that were left may not even have been read; at its end the server is done with every request.
    assert await gateway.stop() == 0
    receipts, charges, states = books.receipts(), books.charges(), books.hold_states()
    by_own_id = {row["client_request_id"]: row for row in receipts.values()}
    assert len(by_own_id) == len(receipts), "a request has two rows"
    assert set(receipts) == set(states)
    all_ended = [
        Ended(scenario, received, by_own_id.get(scenario.own_id))
        for scenario, received in zip(scenarios, everything, strict=True)
    ]
    for ended in all_ended:
        match ended.scenario.kind:
            case "whole":
                assert_delivered(ended, charges)
            case "spending":
                assert_spent(ended, charges)
            case "failing":
                assert_failed(ended, charges)
            case "refused":
                assert_refused(ended)
            case "leaving":
                assert_left(ended, charges)
    told = sum(ended.received.credits_used for ended in all_ended if ended.received.is_delivered)
    untold = sum(
        ended.receipt["charged_credits"]
        for ended in all_ended
        if ended.receipt is not None and not ended.received.is_delivered
    )
    assert told + untold == sum(charges.values())
    spent = sum(row["charged_credits"] for row in receipts.values() if row["key_prefix"] == keys["spending"][:8])
    assert SPENDING_LIMIT_CREDITS // 2 < spent <= SPENDING_LIMIT_CREDITS
    assert sum(row["client_disconnected"] for row in receipts.values()) > REQUESTS // 20
    await assert_aborts_were_seen(all_ended, upstream)
    assert "Traceback" not in gateway.log
    await gateway.assert_books_balance()
    replayed = await gateway.command("ledger", "replay")
    assert (replayed["inferences"], replayed["differences"]) == (len(receipts), [])
    assert replayed["charged_credits"] == replayed["ledger_credits"] == sum(charges.values())
