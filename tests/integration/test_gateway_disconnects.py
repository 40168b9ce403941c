"""Clients that leave in the midst: the upstream is told at once, and what was delivered is charged."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.chat_caller import ChatCaller, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import RecordedRequest, ScriptedUpstream
from tests.support.stored_books import StoredBooks
from tests.support.upstream_answers import UsagePlace, page_answer, stream_events
from tests.support.upstream_scripts import Script, json_script, stream_script

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_ONCE_S = 10.0
"""Less than the 15 s after which a comment would be written to a client that is gone."""
INPUT_NANOUSD, OUTPUT_NANOUSD, NANOUSD_PER_CREDIT = 175, 695, 500
FULL_CREDITS = 391


def never_ending(usage: UsagePlace) -> Script:
    """A stream that hangs soon after its visible text has begun, so that only a client that leaves ends it."""
    events = stream_events(page_answer(), usage=usage, piece_chars=8)
    begins = next(number for number, event in enumerate(events) if b"Mankind" in event)
    return stream_script(events[: begins + 20], pause_s=0.01, ending="hang")


COUNTING = never_ending("every")
SILENT_ON_COUNTS = never_ending("last")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    settings = upstream_settings(upstream.base_url)
    async with Gateway(tmp_path_factory.mktemp("disconnects"), settings=settings) as one:
        yield one


async def assert_told_at_once(asked: RecordedRequest) -> None:
    """The upstream sees its caller leave right after ours has left."""
    async with asyncio.timeout(AT_ONCE_S):
        await asked.aborted.wait()


@pytest.mark.parametrize("script", [COUNTING, SILENT_ON_COUNTS], ids=["counted", "estimated"])
async def test_what_was_delivered_of_a_stream_is_charged(
    gateway: Gateway, upstream: ScriptedUpstream, script: Script
) -> None:
    books = StoredBooks(gateway.data)
    upstream.play(script)
    async with ChatCaller(gateway.url, gateway.key).begin(chat_body(stream=True)) as call:
        await call.until_text(b'"content":"Mankind')
    await assert_told_at_once(await upstream.request())
    await books.nothing_held()
    receipt = books.receipt(call.received.inference_id)
    assert (receipt["status"], receipt["client_disconnected"], receipt["error_code"]) == ("succeeded", 1, None)
    assert receipt["finish_reason"] is None
    assert receipt["estimated"] == (script is SILENT_ON_COUNTS)
    assert receipt["reasoning_tokens"] > 0
    nanousd = receipt["input_tokens"] * INPUT_NANOUSD + receipt["output_tokens"] * OUTPUT_NANOUSD
    assert receipt["charged_credits"] == -(-nanousd // NANOUSD_PER_CREDIT)
    assert 0 < receipt["charged_credits"] < FULL_CREDITS
    assert books.charges()[receipt["inference_id"]] == receipt["charged_credits"]
    assert receipt["inference_id"] not in books.exposures()


@pytest.mark.parametrize("is_stream", [True, False], ids=["stream", "json"])
async def test_leaving_before_anything_was_delivered_costs_nothing(
    gateway: Gateway, upstream: ScriptedUpstream, is_stream: bool
) -> None:
    books = StoredBooks(gateway.data)
    # A call that another test has left may not have its row yet.
    await books.nothing_held()
    known = set(books.receipts())
    upstream.play("never")
    arrived = upstream.request_count
    async with ChatCaller(gateway.url, gateway.key).begin(chat_body(stream=is_stream)):
        await upstream.request(arrived)
    await assert_told_at_once(upstream.requests[arrived])
    await books.nothing_held()
    (receipt,) = (row for name, row in books.receipts().items() if name not in known)
    assert (receipt["status"], receipt["client_disconnected"], receipt["charged_credits"]) == ("succeeded", 1, 0)
    # What the upstream may have done is not lost: the operator sees the attempt, and what it may have cost.
    (attempt,) = json.loads(receipt["attempts"])
    assert (attempt["upstream"], attempt["outcome"]) == ("scripted", "abandoned")
    assert books.exposures()[receipt["inference_id"]]["reason"] == "client_disconnected"


async def test_leaving_amid_the_body_of_a_json_answer_ends_the_upstream(
    gateway: Gateway, upstream: ScriptedUpstream
) -> None:
    books = StoredBooks(gateway.data)
    pieces = tuple(bytes([byte]) for byte in json_script({"id": "as-0123456789"}).pieces[0])
    upstream.play(Script(pieces=pieces, pause_s=0.05, missing_bytes=1, ending="hang"))
    arrived = upstream.request_count
    async with ChatCaller(gateway.url, gateway.key).begin(chat_body()):
        await upstream.request(arrived)
    await assert_told_at_once(upstream.requests[arrived])
    await books.nothing_held()
    await gateway.assert_books_balance()


async def test_the_next_call_finds_a_connection(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    caller = ChatCaller(gateway.url, gateway.key)
    upstream.play(COUNTING, "page")
    async with caller.begin(chat_body(stream=True)) as call:
        await call.until_text(b"reasoning_content")
    assert (await caller.call(chat_body())).credits_used == FULL_CREDITS
