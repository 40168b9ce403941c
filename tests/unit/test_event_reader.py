"""What upstreams send, whole, odd and broken."""

from typing import Any

import msgspec
import pytest

from tests.support.upstream_answers import DONE, Answer, event_of, page_answer, stream_events
from tests.unit.test_upstream_dialects import new_maker, new_reader, read, total
from tollway.kit.clock import SystemClock
from tollway.upstreams.openai_compatible.errors import ErrorMapper
from tollway.upstreams.openai_compatible.event_reader import read_body
from tollway.upstreams.openai_compatible.finish_reasons import FinishWords
from tollway.upstreams.port import (
    BadUpstreamError,
    ContentFilteredError,
    RateLimitedError,
    RequestRefusedError,
    UpstreamError,
    UpstreamUnavailableError,
)
from tollway.wire.deltas import Delta

HELLO: dict[str, Any] = {"choices": [{"index": 0, "delta": {"content": "Hello"}}]}
END: dict[str, Any] = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def chunk(**choice: object) -> bytes:
    return event_of({"choices": [{"index": 0, "delta": {}} | choice]})


def read_whole(body: object) -> Delta:
    return read_body(msgspec.json.encode(body), new_maker("auto"), ErrorMapper(SystemClock()))


def test_a_stream_without_done_is_complete_after_a_finish_reason() -> None:
    assert total(read([event_of(HELLO), event_of(END)]))[:3] == ("", "Hello", ["stop"])


def test_a_last_event_without_blank_line_is_read() -> None:
    assert total(read([event_of(HELLO), event_of(END).rstrip()]))[2] == ["stop"]


@pytest.mark.parametrize("end", [b"", DONE], ids=["closed", "done"])
def test_a_stream_without_finish_reason_is_broken(end: bytes) -> None:
    with pytest.raises(BadUpstreamError):
        read([event_of(HELLO), end])


@pytest.mark.parametrize(
    "event",
    [b"data: {\n\n", b"data: 5\n\n", b'data: {"choices": {}}\n\n', b'data: {"choices":[{"delta":{"content":5}}]}\n\n',
     b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n'],
    ids=["cut", "number", "object", "type", "not UTF-8"],
)  # fmt: skip
def test_malformed_events_break_the_answer_after_what_came_before(event: bytes) -> None:
    reader = new_reader()

    assert [delta.content for delta in reader.feed(event_of(HELLO) + event + event_of(END))] == ["Hello"]
    assert isinstance(reader.failure, BadUpstreamError)
    assert reader.feed(event_of(HELLO)) == []


def test_a_line_without_end_breaks_the_answer() -> None:
    reader = new_reader()

    assert all(reader.feed(b"data: " + b"x" * (1 << 18)) == [] for _ in range(5))
    assert isinstance(reader.failure, BadUpstreamError)


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_steps_before_an_error_do_not_depend_on_reads(size: int) -> None:
    data = event_of(HELLO) * 3 + event_of({"error": {"message": "overloaded", "code": "server_overloaded"}})
    reader = new_reader()

    deltas = [delta for at in range(0, len(data), size) for delta in reader.feed(data[at : at + size])]

    assert [delta.content for delta in deltas] == ["Hello"] * 3
    assert isinstance(reader.failure, UpstreamUnavailableError)
    assert reader.failure.code == "server_overloaded"


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        ({"error": {"message": "m", "type": "server_error"}}, BadUpstreamError, "server_error"),
        ({"error": "boom"}, BadUpstreamError, "bad_gateway"),
        ({"error": {"message": "m", "code": 429}}, RateLimitedError, "rate_limit_exceeded"),
        ({"error": {"message": "m", "code": 503}}, UpstreamUnavailableError, "upstream_unavailable"),
        ({"object": "error", "message": "too long", "type": "BadRequestError", "code": 400}, RequestRefusedError,
         "BadRequestError"),
        ({"error_code": 336000, "error_msg": "Internal error"}, BadUpstreamError, "bad_gateway"),
        ({"message": "m", "code": "rate_limit"}, RateLimitedError, "rate_limit"),
        ({"error": {"message": "unsafe", "code": "system_unsafe"}}, ContentFilteredError, "content_filter"),
        ({"choices": [{"index": 0, "error": {"code": 502, "message": "m"}, "finish_reason": "error"}]},
         BadUpstreamError, "bad_gateway"),
    ],
)  # fmt: skip
def test_an_error_inside_a_success_is_an_error(error: object, kind: type[UpstreamError], code: str) -> None:
    with pytest.raises(kind) as in_stream:
        read([event_of(error)])
    with pytest.raises(kind) as in_json:
        read_whole(error)

    assert in_stream.value.code == in_json.value.code == code


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": None, "usage": {"prompt_tokens": 1}}, [], 5, None])
def test_a_body_without_an_answer_is_nonsense(body: object) -> None:
    with pytest.raises(BadUpstreamError):
        read_whole(body)


def test_nulls_are_tolerated_everywhere() -> None:
    nulls = {"id": None, "choices": [{"index": None, "delta": None, "finish_reason": None, "logprobs": None}],
             "usage": None, "error": None}  # fmt: skip
    pieces = {"content": None, "reasoning_content": None, "tool_calls": None, "function_call": None, "role": None}

    assert read([event_of(nulls), chunk(delta=pieces, flag=None), event_of(HELLO), event_of(END)])[0] == Delta()
    whole = nulls | {"choices": [{"message": pieces | {"content": "Hi"}, "finish_reason": "stop"}]}
    assert read_whole(whole).content == "Hi"


def test_pings_and_comments_are_no_failure() -> None:
    assert total(read([b": ok\n\n", b"event: ping\ndata: {}\n\n", b"data:\n\n", event_of(HELLO), event_of(END)]))[
        1
    ] == ("Hello")


def test_other_choices_are_not_followed() -> None:
    other = {"choices": [{"index": 1, "delta": {"content": "other"}}]}

    assert total(read([event_of(other), event_of(HELLO), event_of(END)]))[1] == "Hello"


@pytest.mark.parametrize(
    ("word", "reason"),
    [("stop", "stop"), ("eos", "stop"), ("end_turn", "stop"), ("length", "length"), ("max_tokens", "length"),
     ("MAX_TOKENS", "length"), ("COMPLETE", "stop"), ("tool_calls", "tool_calls"), ("function_call", "tool_calls"),
     ("sensitive", "content_filter"), ("SAFETY", "content_filter"), ("IMAGE_SAFETY", "content_filter"),
     ("PROHIBITED_CONTENT", "content_filter"), ("prohibited_content", "content_filter"), ("SPII", "content_filter"),
     ("spii", "content_filter"), ("BLOCKLIST", "content_filter"), ("Recitation", "content_filter"),
     ("content_filtered", "content_filter"), ("something new", "stop")],
)  # fmt: skip
def test_finish_reasons_are_normalised(word: str, reason: str) -> None:
    assert total(read([event_of(HELLO), chunk(finish_reason=word)]))[2] == [reason]
    assert read_whole({"choices": [{"message": {"content": "x"}, "finish_reason": word}]}).finish_reason == reason


@pytest.mark.parametrize(
    "word",
    ["error", "abort", "cancelled", "insufficient_system_resource", "network_error", "timeout", "failed", "Failed",
     "failure", "incomplete", "load_error", "malformed_function_call", "MALFORMED_FUNCTION_CALL"],
)  # fmt: skip
def test_finish_reasons_that_mean_failure_are_failures(word: str) -> None:
    with pytest.raises(BadUpstreamError) as in_stream:
        read([event_of(HELLO), chunk(finish_reason=word)])
    with pytest.raises(BadUpstreamError) as in_json:
        read_whole({"choices": [{"message": {"content": "x"}, "finish_reason": word}]})

    assert in_stream.value.detail == in_json.value.detail == f"finish reason {word}"


@pytest.mark.parametrize("choice", [{}, {"finish_reason": None}, {"finish_reason": ""}])
@pytest.mark.parametrize("calls", [None, [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]])
def test_a_body_without_finish_reason_is_broken(choice: dict[str, Any], calls: object) -> None:
    with pytest.raises(BadUpstreamError, match="broke off"):
        read_whole({"choices": [{"message": {"content": "Half an ans", "tool_calls": calls}} | choice]})


def test_an_unknown_finish_reason_is_noted_once(caplog: pytest.LogCaptureFixture) -> None:
    words = FinishWords("lab")

    for word in ("enough", "enough", "He said: hello", "stop", "dunno"):
        assert words.reason(word, has_tool_calls=False) == "stop"
    assert words.reason("enough", has_tool_calls=True) == "tool_calls"

    noted = [(record.levelname, vars(record)["upstream"], vars(record)["finish_reason"]) for record in caplog.records]
    assert noted == [
        ("WARNING", "lab", "enough"),
        ("WARNING", "lab", "that is not a word"),
        ("WARNING", "lab", "dunno"),
    ]


def test_a_finish_reason_that_is_a_text_stays_out_of_the_log() -> None:
    with pytest.raises(BadUpstreamError) as failed:
        read([event_of(HELLO), chunk(finish_reason="error: my secret diary")])

    assert "diary" not in failed.value.detail + failed.value.message


def test_a_repeated_finish_reason_is_said_once() -> None:
    assert total(read([event_of(HELLO), event_of(END), event_of(END)]))[2] == ["stop"]


def test_an_empty_finish_reason_is_none() -> None:
    assert total(read([chunk(finish_reason="", delta={"content": "a"}), event_of(END)]))[2] == ["stop"]


def test_the_id_and_raised_flags_are_passed_on() -> None:
    answer = Answer(flag=2)
    steps = read(stream_events(answer))

    assert [step.upstream_id for step in steps if step.upstream_id] == [answer.id]
    assert [step.flag for step in steps if step.flag is not None] == [2]


def test_flag_zero_is_no_flag() -> None:
    choice = {"message": {"content": "x"}, "finish_reason": "stop"}
    assert read_whole({"choices": [choice | {"flag": 0}]}).flag is None
    assert read_whole({"choices": [choice | {"flag": 3}]}).flag == 3


def test_a_lost_connection_after_the_finish_reason_loses_nothing() -> None:
    reader = new_reader()
    reader.feed(event_of(HELLO) + event_of(END))

    reader.lose(BadUpstreamError("lost"))

    assert (reader.is_done, reader.failure) == (True, None)


def test_a_lost_connection_before_the_finish_reason_is_a_failure() -> None:
    reader = new_reader()
    reader.feed(event_of(HELLO))

    reader.lose(BadUpstreamError("lost"))

    assert isinstance(reader.failure, BadUpstreamError)


def test_nothing_after_done_counts() -> None:
    events = stream_events(page_answer())

    assert read([*events, event_of({"error": "late"})]) == read(events)
