"""Wherever the reads of an upstream's answer end, callers get the same chunks, the same counts and the same bill.

Every golden stream is cut once at each of its bytes, and at all of them at once.
"""

import json
import re

import pytest

from tests.support.chat_flow import ChatFlow, Delivered
from tests.support.upstream_answers import Answer, UsagePlace, event_of, page_answer, stream_events
from tests.support.upstream_scripts import CALLER, INTERNAL_ERROR, THINKER

FLAGSHIP = "baidu/ernie-x1-turbo-32k"
THINKING = "baidu/ernie-4.5-21b-a3b-thinking"
STOPPED = Answer(
    reasoning="The STOP in here is none.", content="one two STO STOP three", reasoning_tokens=3, completion_tokens=9
)
WIDE = Answer(reasoning="Grüße, 你好 👋", content="naïve, 答案 是 🦆", prompt_tokens=9, completion_tokens=17)
RANDOM_IN_ERRORS = re.compile(rb'"requestId":"[^"]+"')


def golden_streams() -> dict[str, list[bytes]]:
    streams = {
        "page": stream_events(page_answer(), piece_chars=400),
        "tool calls": stream_events(CALLER),
        "many bytes a character": stream_events(WIDE, piece_chars=3),
        "flagged": stream_events(Answer(content="No.", flag=2)),
        "error in the midst": [*stream_events(THINKER)[:3], event_of(INTERNAL_ERROR)],
        "end without finish": stream_events(THINKER, finish=False, usage="none"),
        "keep-alives": [part for event in stream_events(THINKER) for part in (b": ping\n\n", event)],
        "carriage returns": [event.replace(b"\n", b"\r\n") for event in stream_events(THINKER)],
    }
    for dialect in ("reasoning_content", "reasoning", "reasoning_details", "think_tags", "none"):
        streams[f"dialect {dialect}"] = stream_events(THINKER, dialect=dialect)
    for usage in ("finish", "every", "choice", "none"):
        streams[f"usage {usage}"] = stream_events(THINKER, usage=usage)
    return streams


GOLDEN = golden_streams()


def request(model: str = FLAGSHIP, **more: object) -> bytes:
    body = {"model": model, "messages": [{"role": "user", "content": "Hi!"}], "stream": True}
    return json.dumps(body | {"stream_options": {"include_usage": True}} | more).encode()


def without_chance(delivered: Delivered) -> Delivered:
    return Delivered(RANDOM_IN_ERRORS.sub(b"", delivered.data), delivered.charge, delivered.rows)


async def assert_borders_do_not_matter(flow: ChatFlow, body: bytes, events: list[bytes]) -> Delivered:
    data = b"".join(events)
    whole = without_chance(await flow.deliver(body, events))
    single_bytes = [data[place : place + 1] for place in range(len(data))]
    for pieces in ([data], single_bytes):
        assert without_chance(await flow.deliver(body, pieces)) == whole
    for place in range(1, len(data)):
        cut = without_chance(await flow.deliver(body, (data[:place], data[place:])))
        assert cut == whole, f"cut at byte {place}, after {data[max(0, place - 20) : place]!r}"
    return whole


@pytest.mark.parametrize("name", GOLDEN)
async def test_any_border_gives_the_same_stream_and_bill(name: str) -> None:
    flow = ChatFlow(FLAGSHIP, "ernie-x1-turbo-32k")
    whole = await assert_borders_do_not_matter(flow, request(), GOLDEN[name])
    assert whole.data.endswith(b"data: [DONE]\n\n")
    assert (whole.charge is None) == (b'"statusCode"' in whole.data)


async def test_any_border_gives_the_same_when_the_template_opens_the_thinking() -> None:
    flow = ChatFlow(THINKING, "ernie-4.5-21b-a3b-thinking")
    events = stream_events(THINKER, dialect="ernie_thinking")
    whole = await assert_borders_do_not_matter(flow, request(THINKING), events)
    assert b"</" not in whole.data


async def test_any_border_gives_the_same_tool_calls_in_one_piece() -> None:
    flow = ChatFlow(FLAGSHIP, "ernie-x1-turbo-32k")
    function = {"name": "weather", "description": "", "parameters": {"type": "object"}, "strict": True}
    body = request(tools=[{"type": "function", "function": function}])
    whole = await assert_borders_do_not_matter(flow, body, stream_events(CALLER))
    assert whole.data.count(b'"tool_calls":[') == 1


@pytest.mark.parametrize(
    ("stop", "usage"), [("STOP", "last"), (["three", "STOP", "STOP three"], "every"), ("nowhere", "none")]
)
async def test_any_border_gives_the_same_cut_at_an_emulated_stop(stop: str | list[str], usage: UsagePlace) -> None:
    flow = ChatFlow(FLAGSHIP, "ernie-x1-turbo-32k", refused_fields=frozenset({"stop"}))
    events = stream_events(STOPPED, usage=usage, piece_chars=5)
    whole = await assert_borders_do_not_matter(flow, request(stop=stop), events)
    shown = "".join(re.findall(r'"content":"([^"]*)"', whole.data.decode()))
    assert shown == ("one two STO STOP three" if stop == "nowhere" else "one two STO ")


async def test_any_border_gives_the_same_json_answer_at_an_emulated_stop() -> None:
    flow = ChatFlow(FLAGSHIP, "ernie-x1-turbo-32k", refused_fields=frozenset({"stop"}))
    messages = [{"role": "user", "content": "Hi!"}]
    body = json.dumps({"model": FLAGSHIP, "messages": messages, "stop": "STOP"}).encode()
    whole = await assert_borders_do_not_matter(flow, body, stream_events(STOPPED, piece_chars=5))
    choice = json.loads(whole.data)["choices"][0]
    assert choice["message"]["content"] == "one two STO "
    assert choice["finish_reason"] == "stop"
