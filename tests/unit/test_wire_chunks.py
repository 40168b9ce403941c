import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.contract import validate_chunk
from tollway.wire.chunks import DONE, KEEP_ALIVE, ChunkWriter, encode_meta
from tollway.wire.deltas import FinishReason, TokenUsage, ToolCallDelta
from tollway.wire.sse import EventSplitter

WRITER = ChunkWriter("as-0123456789", "ernie-x1-turbo-32k", 1768940690)
META = encode_meta(391)
HEAD = {
    "id": "as-0123456789",
    "object": "chat.completion.chunk",
    "created": 1768940690,
    "model": "ernie-x1-turbo-32k",
}
LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def read(chunk: bytes) -> dict[str, Any]:
    """The chunk's object, which must stand on one line, whatever the client takes for the end of a line."""
    lines = chunk.decode().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("data: ")
    assert lines[1] == ""
    assert chunk.endswith(b"}\n\n")
    body: dict[str, Any] = json.loads(lines[0].removeprefix("data: "))
    validate_chunk(body)
    return body


def choice(delta: dict[str, Any], **fields: object) -> dict[str, Any]:
    return HEAD | {"choices": [{"index": 0, "delta": delta, "finish_reason": None} | fields]}


def test_the_first_chunk_says_who_speaks() -> None:
    assert read(WRITER.role()) == choice({"role": "assistant", "content": ""})


TEXTS = ["Hi", "😀👩‍👩‍👧é汉", '"\\/', "\x00\x01\x1f\x7f", LINE_ENDS, "a\u2028b\u2029c\x85d", "data: [DONE]\n\n", " "]


@pytest.mark.parametrize("text", TEXTS)
def test_text_arrives_as_it_is(text: str) -> None:
    assert read(WRITER.content(text)) == choice({"content": text})
    assert read(WRITER.reasoning(text)) == choice({"reasoning_content": text})
    call = ToolCallDelta(0, "c", "f", text)
    assert read(WRITER.tool_calls((call,)))["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"] == text


@given(st.text())
def test_any_text_arrives_as_it_is(text: str) -> None:
    assert read(WRITER.content(text)) == choice({"content": text})


def test_pieces_of_tool_calls() -> None:
    pieces = (
        ToolCallDelta(0, "call_1", "weather", '{"ci'),
        ToolCallDelta(0, arguments='ty"'),
        ToolCallDelta(1, "c", "f"),
    )

    assert read(WRITER.tool_calls(pieces)) == choice(
        {
            "tool_calls": [
                {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"ci'}},
                {"index": 0, "id": "", "type": "function", "function": {"name": "", "arguments": 'ty"'}},
                {"index": 1, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}},
            ]
        }
    )


def test_a_flag_in_the_midst() -> None:
    assert read(WRITER.flag(3)) == choice({}, flag=3)


@pytest.mark.parametrize("reason", ["stop", "length", "tool_calls", "content_filter"])
def test_the_end_with_a_usage_chunk_after_it(reason: FinishReason) -> None:
    assert read(WRITER.finish(reason)) == choice({}, flag=0, finish_reason=reason)
    assert read(WRITER.finish(reason, flag=2)) == choice({}, flag=2, finish_reason=reason)


def test_the_end_that_carries_the_cost() -> None:
    cost = {"usage": {"credits_used": 391, "usd_spent": 0.0001955}}

    assert read(WRITER.finish("stop", meta=META)) == choice({}, flag=0, finish_reason="stop") | {"meta": cost}


def test_the_usage_chunk() -> None:
    usage = TokenUsage(13, 601, 323, 5)

    assert read(WRITER.usage(usage, encode_meta(391, ["w1", "w2"]))) == HEAD | {
        "choices": [],
        "usage": {
            "prompt_tokens": 13,
            "completion_tokens": 601,
            "total_tokens": 614,
            "completion_tokens_details": {"reasoning_tokens": 323},
            "prompt_tokens_details": {"cached_tokens": 5},
        },
        "meta": {"usage": {"credits_used": 391, "usd_spent": 0.0001955}, "warnings": ["w1", "w2"]},
    }


def test_names_are_escaped() -> None:
    body = read(ChunkWriter('a"\n😀', 'm"\\', 0).role())

    assert (body["id"], body["model"], body["created"]) == ('a"\n😀', 'm"\\', 0)


def test_a_stream_is_read_back() -> None:
    chunks = [WRITER.role(), WRITER.reasoning("so"), KEEP_ALIVE, WRITER.content("a\nb"), WRITER.finish("stop"), DONE]
    splitter = EventSplitter()

    events = list(itertools.chain.from_iterable(splitter.feed(chunk) for chunk in chunks))

    assert [b"data: " + event + b"\n\n" for event in events] == [chunk for chunk in chunks if chunk != KEEP_ALIVE]
    assert not splitter.has_unfinished_event
