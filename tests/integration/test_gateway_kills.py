"""The server killed in the midst of its work: nothing delivered is uncharged, and nothing is charged twice."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.chat_caller import ChatCaller, Received, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.ledger import faults
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.stored_books import StoredBooks
from tests.support.upstream_answers import stream_events
from tests.support.upstream_scripts import THINKER, stream_script

CLIENTS = 12
LONGEST_LIFE_S = 0.6
PACED = stream_script(stream_events(THINKER, piece_chars=4), pause_s=0.005)
REQUESTS = (
    chat_body(),
    chat_body("script:tool-calls"),
    chat_body(stream=True),
    chat_body("script:thinker", stream=True, stream_options={"include_usage": True}),
    chat_body("script:tenth-of-a-second", stream=True),
    chat_body("script:tenth-of-a-second", stream=True, stream_options={"include_usage": True}),
)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with ScriptedUpstream() as upstream:
        upstream.learn("tenth-of-a-second", PACED)
        async with Gateway(tmp_path, settings=upstream_settings(upstream.base_url)) as one:
            yield one


class Load:
    """Clients that call again and again while the server runs, and keep what was delivered to them in full."""

    def __init__(self, gateway: Gateway, chance: random.Random) -> None:
        self._gateway = gateway
        self._chance = chance
        self._may_call = asyncio.Event()
        self.delivered: list[Received] = []
        self.broken = 0

    def let_call(self) -> None:
        """The server runs."""
        self._may_call.set()

    def stop_calling(self) -> None:
        """Begin no further calls."""
        self._may_call.clear()

    async def run(self) -> None:
        """Call until cancelled."""
        async with asyncio.TaskGroup() as clients:
            for _ in range(CLIENTS):
                clients.create_task(self._call_for_ever())

    async def _call_for_ever(self) -> None:
        while True:
            await self._may_call.wait()
            try:
                received = await ChatCaller(self._gateway.url, self._gateway.key).call(self._chance.choice(REQUESTS))
            except OSError:
                # Killed before the connection was made.
                await asyncio.sleep(0.01)
                continue
            if received.is_delivered:
                self.delivered.append(received)
            else:
                self.broken += 1


def assert_all_accounted_for(books: StoredBooks, load: Load) -> int:
    """Assert what must be true of the books at a start; return how many holds were recovered so far."""
    states, receipts, charges, exposures = books.hold_states(), books.receipts(), books.charges(), books.exposures()
    assert set(states.values()) <= {"settled", "voided"}
    assert set(receipts) == set(states)
    assert {name: row["charged_credits"] for name, row in receipts.items() if row["charged_credits"]} == charges
    for received in load.delivered:
        assert charges[received.inference_id] == received.credits_used
        assert states[received.inference_id] == "settled"
    recovered = [name for name, row in receipts.items() if row["error_code"] == "recovered"]
    for name in recovered:
        assert (states[name], receipts[name]["status"]) == ("voided", "failed")
        assert exposures[name]["amount_credits"] > 0
    return len(recovered)


@pytest.mark.parametrize("kills", [8, pytest.param(50, marks=pytest.mark.soak)])
async def test_kills_under_load_lose_and_double_nothing(gateway: Gateway, kills: int) -> None:
    chance = random.Random(kills)
    books, load = StoredBooks(gateway.data), Load(gateway, chance)
    recovered = 0
    calling = asyncio.create_task(load.run())
    for _ in range(kills):
        load.let_call()
        await asyncio.sleep(chance.uniform(0.05, LONGEST_LIFE_S))
        load.stop_calling()
        await gateway.kill()
        # Nobody looks at the database before the server does, which has to find its way out of what was left.
        await gateway.start()
        assert await faults(gateway.data / "tollway.db") == []
        recovered = assert_all_accounted_for(books, load)
    calling.cancel()
    await asyncio.wait([calling])
    assert calling.cancelled(), calling.exception()
    assert recovered > kills / 2
    assert load.broken > kills / 2
    assert len(load.delivered) > kills
    await gateway.assert_books_balance()
