"""Calls of functions are read as they arrive, whatever the pieces."""

import msgspec
import pytest

from tollway.engine.tool_calls import ToolCallReader, calls_grammar
from tollway.wire.chat_request import Tool
from tollway.wire.deltas import ToolCallDelta

WRITTEN = '[{"name": "f", "arguments": {"a": "}\\"{", "b": [1, {"c": null}]}}, {"name": "g", "arguments": {}}]'
EXPECTED = [("f", '{"a": "}\\"{", "b": [1, {"c": null}]}'), ("g", "{}")]


def _joined(deltas: list[ToolCallDelta]) -> list[tuple[str, str]]:
    begun = [delta for delta in deltas if delta.id is not None]
    return [
        (delta.name or "", "".join(piece.arguments for piece in deltas if piece.index == delta.index))
        for delta in begun
    ]


def test_every_split_gives_the_same_calls() -> None:
    for first in range(len(WRITTEN) + 1):
        for second in range(first, len(WRITTEN) + 1):
            reader = ToolCallReader()
            deltas = [
                delta
                for piece in (WRITTEN[:first], WRITTEN[first:second], WRITTEN[second:])
                for delta in reader.feed(piece)
            ]
            assert _joined(deltas) == EXPECTED


def test_character_by_character_the_arguments_stream() -> None:
    reader = ToolCallReader()
    steps = [reader.feed(character) for character in WRITTEN]

    assert _joined([delta for step in steps for delta in step]) == EXPECTED
    assert sum(bool(step) for step in steps) > 20


def test_calls_cut_short_keep_what_came() -> None:
    reader = ToolCallReader()

    assert _joined(reader.feed('[{"name": "f", "arguments": {"a": 1')) == [("f", '{"a": 1')]
    assert reader.count == 1


@pytest.mark.parametrize("parallel", [True, False])
def test_only_parallel_calls_may_repeat(parallel: bool) -> None:
    tool = msgspec.convert({"type": "function", "function": {"name": "f", "parameters": {}}}, Tool)
    root = calls_grammar([tool], ["tools[0]"], parallel=parallel).splitlines()[0]

    assert ("{0,7}" in root) is parallel
