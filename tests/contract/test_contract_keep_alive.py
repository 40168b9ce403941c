"""A stream in which nothing happens gets a comment line now and then, which readers of events pass over."""

import asyncio
import json

import pytest

from tests.support import contract
from tests.support.chat_flow import ChatFlow, CollectingReply
from tests.support.gateway import FLAGSHIP
from tests.support.ledger import HeldClock
from tests.support.served import chat
from tollway.flows.complete_chat import stream_answer
from tollway.flows.complete_chat.exchange import ChatCall
from tollway.keys.types import KeyEntry, KeyKind
from tollway.upstreams.port import UpstreamCall
from tollway.upstreams.routing import Candidate, Health, UpstreamRoute
from tollway.wire.deltas import Delta, TokenUsage

INTERVAL_S = 0.02
COMMENT = b": keep-alive\n\n"
KEY = KeyEntry(
    key_id=1,
    account_id=1,
    prefix="twk00000",
    kind=KeyKind.API,
    scopes=None,
    limit_credits=None,
    limit_period="no_reset",
)


class QuietAnswer:
    """Thinks aloud once, and then says nothing until it may answer."""

    is_over = False

    def __init__(self, may_answer: asyncio.Event) -> None:
        self._may_answer = may_answer
        self._steps = [
            Delta(reasoning="Hm."),
            Delta(content="Yes."),
            Delta(finish_reason="stop", usage=TokenUsage(3, 2, 1)),
        ]

    async def next(self) -> list[Delta]:
        if len(self._steps) == 2:
            await self._may_answer.wait()
        return [self._steps.pop(0)] if self._steps else []

    def close(self) -> None:
        pass


class QuietUpstream:
    """Gives quiet answers."""

    id = "quiet"
    refused_fields = frozenset[str]()

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def open(self, call: UpstreamCall) -> QuietAnswer:  # noqa: ARG002 - it says the same to everybody
        return QuietAnswer(self.may_answer)

    async def close(self) -> None:
        pass


class ListeningReply(CollectingReply):
    """Keeps what is sent, and counts how often somebody looked whether the client reads."""

    def __init__(self, *, congested: bool = False) -> None:
        super().__init__()
        self.looks = 0
        self._congested = congested
        self.comment_came = asyncio.Event()

    @property
    def is_congested(self) -> bool:  # type: ignore[override]
        self.looks += 1
        return self._congested

    def write(self, data: bytes) -> None:
        super().write(data)
        if self.sent.count(COMMENT) == 2:
            self.comment_came.set()


async def relay(upstream: QuietUpstream, reply: ListeningReply) -> None:
    flow = ChatFlow(FLAGSHIP, "quiet")
    candidate = Candidate(upstream=upstream, model="quiet", served_by="quiet")
    flow._route = UpstreamRoute((candidate,), Health(HeldClock()))
    await flow._flow.run(
        ChatCall(
            path="/v1/chat/completions",
            inference_id="0123456789abcdefghijk",
            client_request_id=None,
            key=KEY,
            body=json.dumps(chat(stream=True)).encode(),
            started_at_ms=0,
            started_s=0.0,
        ),
        reply,
    )


@pytest.fixture(autouse=True)
def short_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_answer, "KEEP_ALIVE_S", INTERVAL_S)


async def test_the_interval_is_the_contracts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    assert stream_answer.KEEP_ALIVE_S == 15


async def test_idle_stream_gets_comments_between_its_chunks() -> None:
    upstream, reply = QuietUpstream(), ListeningReply()
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(relay(upstream, reply))
        await reply.comment_came.wait()
        upstream.may_answer.set()

    begun, first, second, *rest = reply.sent
    assert (first, second) == (COMMENT, COMMENT)
    assert b'"reasoning_content":"Hm."' in begun
    events = b"".join(rest).replace(COMMENT, b"").decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    for event in events[:-2]:
        contract.validate_chunk(json.loads(event.removeprefix("data: ")))


async def test_client_that_does_not_read_gets_no_comments_and_costs_no_time() -> None:
    upstream, reply = QuietUpstream(), ListeningReply(congested=True)
    task = asyncio.create_task(relay(upstream, reply))
    # As long as this, a timer that is never moved on would fire thousands of times.
    await asyncio.sleep(10 * INTERVAL_S)
    looks = reply.looks
    upstream.may_answer.set()
    async with asyncio.timeout(60):
        await task

    assert COMMENT not in reply.sent
    assert looks < 30
