"""The golden streams over sockets: split at every byte they give the caller the same, and cost the same."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.chat_caller import ChatCaller, Received, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.stored_books import StoredBooks
from tests.support.upstream_answers import Answer, Dialect, UsagePlace, page_answer, stream_events
from tests.support.upstream_scripts import CALLER, THINKER, split_script, stream_script

pytestmark = pytest.mark.asyncio(loop_scope="module")

THINKING = "baidu/ernie-4.5-21b-a3b-thinking"
WITHOUT_STOP = "baidu/ernie-4.5-turbo-128k"
STOPPED = Answer(
    reasoning="The STOP in here is none.", content="one two STO STOP three", reasoning_tokens=3, completion_tokens=9
)
CHANCE = re.compile(r'"(id|created)":("as-[a-z0-9]{10}"|\d+)')
DIALECTS: tuple[Dialect, ...] = ("reasoning_content", "reasoning", "reasoning_details", "think_tags", "none")
USAGE_PLACES: tuple[UsagePlace, ...] = ("finish", "every", "choice", "none")
COUNTS = ("input_tokens", "output_tokens", "reasoning_tokens", "charged_credits", "finish_reason", "estimated")

GOLDEN: dict[str, tuple[dict[str, Any], list[bytes]]] = {
    "page": ({}, stream_events(page_answer())),
    "tool calls": ({}, stream_events(CALLER)),
    "thinker": ({}, stream_events(THINKER)),
    "ernie thinking": ({"model": THINKING}, stream_events(THINKER, dialect="ernie_thinking")),
    "stop": ({"model": WITHOUT_STOP, "stop": ["STOP", "three"]}, stream_events(STOPPED, piece_chars=3)),
    **{f"dialect {dialect}": ({}, stream_events(THINKER, dialect=dialect)) for dialect in DIALECTS},
    **{f"usage {place}": ({}, stream_events(THINKER, usage=place)) for place in USAGE_PLACES},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    folder: Path = tmp_path_factory.mktemp("borders")
    more = (
        f'[upstreams.thinking]\nkind = "openai_compatible"\nallow_private_addresses = true\n'
        f'base_url = "{upstream.base_url}"\nmodels = {{ "{THINKING}" = "ernie-4.5-21b-a3b-thinking" }}\n'
        f'[upstreams.without_stop]\nkind = "openai_compatible"\nallow_private_addresses = true\n'
        f'base_url = "{upstream.base_url}"\nmodels = {{ "{WITHOUT_STOP}" = "any" }}\nrefused_fields = ["stop"]\n'
    )
    async with Gateway(folder, settings=upstream_settings(upstream.base_url, more=more)) as one:
        yield one


def told(received: Received, books: StoredBooks) -> tuple[list[str], list[object]]:
    """The data of the events without what chance decides, and the counts and the bill."""
    assert received.is_delivered
    receipt = books.receipt(received.inference_id)
    assert received.credits_used == receipt["charged_credits"] == books.charges()[received.inference_id]
    return [CHANCE.sub("", event) for event in received.events], [receipt[name] for name in COUNTS]


@pytest.mark.parametrize("name", GOLDEN)
async def test_a_stream_split_at_every_byte_is_the_same_stream(
    gateway: Gateway, upstream: ScriptedUpstream, name: str
) -> None:
    more, events = GOLDEN[name]
    caller, books = ChatCaller(gateway.url, gateway.key), StoredBooks(gateway.data)
    body = chat_body(stream=True, stream_options={"include_usage": True}, **more)
    upstream.play(stream_script(events), split_script(events, 1))
    unsplit = await caller.call(body)
    assert told(await caller.call(body), books) == told(unsplit, books)
    assert unsplit.chunks[-1]["choices"] == []


async def test_the_page_split_at_every_byte_costs_what_the_page_says(
    gateway: Gateway, upstream: ScriptedUpstream
) -> None:
    upstream.play("every-byte")
    received = await ChatCaller(gateway.url, gateway.key).call(chat_body(stream=True))
    assert received.content == page_answer().content
    assert received.credits_used == 391


async def test_a_stop_across_borders_cuts_the_answer_and_ends_the_upstream(
    gateway: Gateway, upstream: ScriptedUpstream
) -> None:
    events = stream_events(STOPPED, piece_chars=3)
    # It says no end, so that nothing but the gateway ends it, however late the gateway is.
    upstream.play(stream_script(events, pause_s=0.01, ending="hang"))
    body = chat_body(model=WITHOUT_STOP, stop="STOP", stream=True)
    received = await ChatCaller(gateway.url, gateway.key).call(body)
    assert received.content == "one two STO "
    assert received.chunks[-1]["choices"][0]["finish_reason"] == "stop"
    asked = await upstream.request()
    assert "stop" not in asked.json
    await asked.until_aborted()


async def test_a_stop_is_emulated_in_json_answers_too(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    upstream.play(split_script(stream_events(STOPPED), 1))
    received = await ChatCaller(gateway.url, gateway.key).call(chat_body(model=WITHOUT_STOP, stop=["STOP"]))
    choice = received.json["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("one two STO ", "stop")
