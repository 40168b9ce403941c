"""Tool calls as upstreams stream them, and what is made of them."""

import itertools
from typing import Any

import msgspec
import pytest

from tests.support.upstream_answers import event_of, json_body, stream_events
from tests.support.upstream_scripts import CALLER
from tests.unit.test_upstream_dialects import new_maker, read, total
from tollway.kit.clock import SystemClock
from tollway.upstreams.openai_compatible.errors import ErrorMapper
from tollway.upstreams.openai_compatible.event_reader import read_body
from tollway.upstreams.openai_compatible.event_types import MessagePiece
from tollway.upstreams.openai_compatible.tool_calls import ToolCallNormaliser
from tollway.upstreams.port import BadUpstreamError
from tollway.wire.deltas import Delta, ToolCallDelta


def normalise(*messages: dict[str, Any]) -> list[ToolCallDelta]:
    numbers = itertools.count()
    normaliser = ToolCallNormaliser(lambda: f"call_{next(numbers)}")
    pieces = [delta for message in messages for delta in normaliser.feed(msgspec.convert(message, MessagePiece))]
    normaliser.finish()
    return pieces


def piece(index: int | None = None, call_id: str | None = None, name: str | None = None, arguments: object = None) -> (
    dict[str, Any]
):  # fmt: skip
    return {"tool_calls": [{"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}]}


def joined(deltas: list[Delta]) -> list[tuple[str, str, str]]:
    calls: dict[int, list[str]] = {}
    for call in (call for delta in deltas for call in delta.tool_calls):
        if call.index not in calls:
            assert call.id
            assert call.name
            calls[call.index] = [call.id, call.name, ""]
        else:
            assert (call.id, call.name) == (None, None)
        calls[call.index][2] += call.arguments
    return [(call_id, name, arguments) for call_id, name, arguments in calls.values()]


def test_streams_and_json_say_the_same() -> None:
    streamed = read(stream_events(CALLER))
    whole = read_body(json_body(CALLER), new_maker("auto"), ErrorMapper(SystemClock()))

    assert joined(streamed) == joined([whole]) == list(CALLER.tool_calls)
    assert total(streamed) == total([whole])


def test_repeated_ids_and_names_are_dropped() -> None:
    assert normalise(
        piece(0, "a", "f", '{"x"'), piece(0, "a", "f", ":1"), piece(0, "a", "f", "}"), piece(0, "a", "f", "")
    ) == [ToolCallDelta(0, "a", "f", '{"x"'), ToolCallDelta(0, arguments=":1"), ToolCallDelta(0, arguments="}")]


def test_an_id_is_made_where_there_is_none() -> None:
    assert normalise(piece(0, None, "f", "{"), piece(0, "late", None, "}")) == [
        ToolCallDelta(0, "call_0", "f", "{"),
        ToolCallDelta(0, arguments="}"),
    ]


def test_arguments_wait_for_the_name() -> None:
    assert normalise(piece(0, "a", None, "{"), piece(0, None, "f", "}")) == [ToolCallDelta(0, "a", "f", "{}")]


def test_calls_without_index_are_told_apart_by_id() -> None:
    assert normalise(piece(None, "a", "f", "{"), piece(None, None, None, "}"), piece(None, "b", "g", "{}")) == [
        ToolCallDelta(0, "a", "f", "{"),
        ToolCallDelta(0, arguments="}"),
        ToolCallDelta(1, "b", "g", "{}"),
    ]


def test_whole_calls_that_share_an_index_are_told_apart_by_id() -> None:
    assert normalise(piece(0, "a", "f", "{}"), piece(0, "b", "f", "{}")) == [
        ToolCallDelta(0, "a", "f", "{}"),
        ToolCallDelta(1, "b", "f", "{}"),
    ]


def test_an_id_made_anew_for_each_piece_is_no_new_call() -> None:
    assert len(normalise(piece(0, "a", "f", "{"), piece(0, "b", None, "}"))) == 2
    assert {call.index for call in normalise(piece(0, "a", "f", "{"), piece(0, "b", None, "}"))} == {0}


def test_indexes_count_from_zero() -> None:
    assert [call.index for call in normalise(piece(1, "a", "f"), piece(2, "b", "f"), piece(1, None, None, "{}"))] == [
        0, 1, 0,
    ]  # fmt: skip


def test_arguments_that_are_an_object_become_text() -> None:
    assert normalise(piece(0, "a", "f", {"x": 1})) == [ToolCallDelta(0, "a", "f", '{"x":1}')]


def test_the_form_from_before_tools_is_read() -> None:
    assert normalise(
        {"function_call": {"name": "f", "arguments": "{"}}, {"function_call": {"name": "", "arguments": "}"}}
    ) == [ToolCallDelta(0, "call_0", "f", "{"), ToolCallDelta(0, arguments="}")]


@pytest.mark.parametrize("word", ["something new", "function_call", "tool_calls"])
def test_a_body_with_calls_ends_with_tool_calls(word: str) -> None:
    message = {"content": None, "function_call": {"name": "f", "arguments": "{}"}}
    body = msgspec.json.encode({"choices": [{"message": message, "finish_reason": word}]})

    delta = read_body(body, new_maker("auto"), ErrorMapper(SystemClock()))

    assert (delta.content, delta.finish_reason) == ("", "tool_calls")
    assert delta.tool_calls == (ToolCallDelta(0, "call_0", "f", "{}"),)


def test_a_call_without_name_is_broken() -> None:
    events = [{"choices": [{"delta": piece(0, "a", None, "{}")}]}, {"choices": [{"finish_reason": "tool_calls"}]}]

    with pytest.raises(BadUpstreamError):
        read([event_of(event) for event in events])
