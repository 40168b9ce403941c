"""The server killed in the midst of its work: nothing delivered is uncharged, and nothing is charged twice."""

import asyncio
import itertools
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
ANSWERS_MAX = 40
"""How many answers are delivered at most in one life of the server; the next kill is due as soon as it can be seen."""
DEADLINE_S = 60.0
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
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as one:
        one.learn("tenth-of-a-second", PACED)
        yield one


@pytest.fixture
async def gateway(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Gateway]:
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

    async def until_killing_tells(self, upstream: ScriptedUpstream, answers: int) -> None:
        """Wait until so many more answers have been delivered, and one that has begun is not over."""
        enough = len(self.delivered) + answers
        async with asyncio.timeout(DEADLINE_S):
            while len(self.delivered) < enough or not _is_amid_an_answer(upstream):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.001)

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


def _is_amid_an_answer(upstream: ScriptedUpstream) -> bool:
    """Whether the newest requests have one whose hold is open: its upstream has more to say."""
    newest = itertools.islice(reversed(upstream.requests), CLIENTS)
    return any(not (request.finished.is_set() or request.aborted.is_set()) for request in newest)


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
async def test_kills_under_load_lose_and_double_nothing(
    gateway: Gateway, upstream: ScriptedUpstream, kills: int
) -> None:
    chance = random.Random(kills)
    books, load = StoredBooks(gateway.data), Load(gateway, chance)
    recovered = 0
    calling = asyncio.create_task(load.run())
    for _ in range(kills):
        load.let_call()
        await load.until_killing_tells(upstream, chance.randint(1, ANSWERS_MAX))
        load.stop_calling()
        await gateway.kill()
        # Nobody looks at the database before the server does, which has to find its way out of what was left.
        await gateway.start()
        assert await faults(gateway.data / "tollway.db") == []
        recovered = assert_all_accounted_for(books, load)
    calling.cancel()
    await asyncio.wait([calling])
    assert calling.cancelled(), calling.exception()
    assert recovered >= kills
    assert load.broken >= kills
    assert len(load.delivered) >= kills
    await gateway.assert_books_balance()
