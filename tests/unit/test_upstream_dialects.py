"""Reasoning in every dialect comes out the same."""

import itertools

import pytest

from tests.support.upstream_answers import Answer, Dialect, UsagePlace, json_body, page_answer, stream_events
from tollway.kit.clock import SystemClock
from tollway.upstreams.openai_compatible.delta_maker import DeltaMaker
from tollway.upstreams.openai_compatible.dialects import Dialect as Setting
from tollway.upstreams.openai_compatible.dialects import reasoning_reader
from tollway.upstreams.openai_compatible.errors import ErrorMapper
from tollway.upstreams.openai_compatible.event_reader import EventReader, read_body
from tollway.upstreams.openai_compatible.event_types import MessagePiece
from tollway.wire.deltas import Delta, TokenUsage

THINKING: list[tuple[Dialect, str, tuple[Setting, ...]]] = [
    ("reasoning_content", "m", ("auto", "reasoning_content")),
    ("reasoning", "m", ("auto", "reasoning")),
    ("reasoning_details", "m", ("auto", "reasoning")),
    ("think_tags", "m", ("auto", "think_tags")),
    ("ernie_thinking", "m", ("think_tags",)),
    ("ernie_thinking", "baidu/ERNIE-4.5-21B-A3B-Thinking", ("auto", "think_tags")),
]
WAYS = [(dialect, model, setting) for dialect, model, settings in THINKING for setting in settings]


def new_maker(setting: Setting, model: str = "m") -> DeltaMaker:
    numbers = itertools.count()
    return DeltaMaker(reasoning_reader(setting, model), lambda: f"call_{next(numbers)}")


def new_reader(setting: Setting = "auto", model: str = "m") -> EventReader:
    return EventReader(new_maker(setting, model), ErrorMapper(SystemClock()))


def read(pieces: list[bytes], setting: Setting = "auto", model: str = "m") -> list[Delta]:
    reader = new_reader(setting, model)
    deltas = [delta for piece in pieces for delta in reader.feed(piece)]
    if not reader.is_done:
        deltas += reader.end()
    if reader.failure is not None:
        raise reader.failure
    return deltas


def total(deltas: list[Delta]) -> tuple[str, str, object, TokenUsage | None]:
    usages = [delta.usage for delta in deltas if delta.usage is not None]
    finishes = [delta.finish_reason for delta in deltas if delta.finish_reason]
    reasoning, content = "".join(d.reasoning for d in deltas), "".join(d.content for d in deltas)
    return reasoning, content, finishes, usages[-1] if usages else None


@pytest.mark.parametrize(("dialect", "model", "setting"), WAYS)
@pytest.mark.parametrize("piece_chars", [1, 3, 16, None])
def test_streams_and_json_say_the_same(dialect: Dialect, model: str, setting: Setting, piece_chars: int | None) -> None:
    page = page_answer()
    expected = (page.reasoning, page.content, ["stop"], TokenUsage(13, 601, 323))

    streamed = read(stream_events(page, dialect=dialect, piece_chars=piece_chars), setting, model)
    whole = read_body(json_body(page, dialect=dialect), new_maker(setting, model), ErrorMapper(SystemClock()))

    assert total(streamed) == expected
    assert total([whole]) == expected


@pytest.mark.parametrize(("dialect", "model", "setting"), WAYS)
def test_a_stream_cut_at_every_byte_gives_the_same_steps(dialect: Dialect, model: str, setting: Setting) -> None:
    answer = Answer(reasoning="Ich prüfe: 2 + 2 = 4 “ok” 🙂", content="Es ist 4: höchst sicher 🙂.", reasoning_tokens=3)
    data = b"".join(stream_events(answer, dialect=dialect, piece_chars=5))
    whole = read([data], setting, model)

    assert total(whole)[:2] == (answer.reasoning, answer.content)
    assert read([data[at : at + 1] for at in range(len(data))], setting, model) == whole
    for at in range(len(data)):
        assert read([data[:at], data[at:]], setting, model) == whole


def test_the_page_cut_at_every_byte_gives_the_same_steps() -> None:
    data = b"".join(stream_events(page_answer()))
    whole = read([data])

    assert read([data[at : at + 1] for at in range(len(data))]) == whole
    for at in range(1, len(data), 31):
        assert read([data[:at], data[at:]]) == whole


def test_every_event_gives_one_step() -> None:
    events = stream_events(page_answer(), done=False)

    assert len(read(events)) == len(events)
    assert len(read([b": ping\n\n".join(events)])) == len(events)


@pytest.mark.parametrize("place", ["last", "finish", "every", "choice"])
@pytest.mark.parametrize("dialect", ["reasoning_content", "think_tags"])
def test_usage_is_found_wherever_it_stands(place: UsagePlace, dialect: Dialect) -> None:
    steps = read(stream_events(page_answer(), usage=place, dialect=dialect))

    assert total(steps)[3] == TokenUsage(13, 601, 323)


def test_usage_that_is_nowhere_is_none() -> None:
    page = page_answer()

    assert total(read(stream_events(page, usage="none")))[3] is None
    assert read_body(json_body(page, with_usage=False), new_maker("auto"), ErrorMapper(SystemClock())).usage is None


@pytest.mark.parametrize("dialect", ["reasoning_content", "think_tags"])
def test_unsplit_tokens_are_split_alike_in_streams_and_json(dialect: Dialect) -> None:
    answer = Answer(reasoning="r" * 30, content="c" * 10, completion_tokens=20)

    streamed = total(read(stream_events(answer, dialect=dialect)))
    whole = read_body(json_body(answer, dialect=dialect), new_maker("auto"), ErrorMapper(SystemClock()))

    assert streamed[3] == whole.usage == TokenUsage(7, 20, 15)


def test_none_passes_content_on_as_it_is() -> None:
    reader = reasoning_reader("none", "m")

    assert reader.feed(MessagePiece(content="<think>a</think>b", reasoning_content="x")) == ("", "<think>a</think>b")


def test_two_fields_that_say_the_same_are_read_once() -> None:
    reader = reasoning_reader("auto", "m")

    assert reader.feed(MessagePiece(reasoning_content="hm", reasoning="hm")) == ("hm", "")


@pytest.mark.parametrize("before", ["", "\n"])
def test_tags_are_text_once_a_field_has_spoken(before: str) -> None:
    reader = reasoning_reader("auto", "m")

    assert reader.feed(MessagePiece(content=before)) == ("", "")
    assert reader.feed(MessagePiece(reasoning_content="hm")) == ("hm", before)
    assert reader.feed(MessagePiece(content="<think>is a tag</think>")) == ("", "<think>is a tag</think>")


def test_a_refusal_is_shown() -> None:
    assert reasoning_reader("auto", "m").feed(MessagePiece(refusal="No.")) == ("", "No.")
