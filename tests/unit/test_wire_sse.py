import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.wire.sse import MAX_LINE_BYTES, EventSplitter, EventTooLongError

LINE_ENDS = (b"\n", b"\r\n", b"\r")
LINES = (b"", b"", b"data: a", b"data:b", b"data:  c", b"data", b"data:", b": comment", b"event: x", b"datax: y", b"id")


def events_of(given_pieces: list[bytes], max_line_bytes: int = MAX_LINE_BYTES) -> list[bytes]:
    splitter = EventSplitter(max_line_bytes)
    return [event for piece in given_pieces for event in splitter.feed(piece)]


def pieces(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def expected_events(lines: list[bytes]) -> list[bytes]:
    events: list[bytes] = []
    data: list[bytes] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not line and data:
            events.append(b"\n".join(data))
            data = []
        elif name == b"data":
            data.append(value.removeprefix(b" ") if colon else b"")
    return events


@pytest.mark.parametrize("end", LINE_ENDS)
def test_events(end: bytes) -> None:
    stream = end.join(
        [b": hello", b"data: one", b"", b"event: x", b"data:two", b"data: lines", b"", b"", b"data", b"", b""]
    )

    assert events_of([stream]) == [b"one", b"two\nlines", b""]


@given(st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(LINE_ENDS))), st.data())
def test_the_borders_of_pieces_change_nothing(lines: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    # A CR that an LF follows is one line end, so the two must not meet by chance.
    ended = [
        line + (b"\n" if end == b"\r" and index + 1 < len(lines) and lines[index + 1] == (b"", b"\n") else end)
        for index, (line, end) in enumerate(lines)
    ]
    stream = b"".join(ended)
    expected = expected_events([line for line, _ in lines])
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8)))
    borders = [0, *cuts, len(stream)]

    assert events_of([stream]) == expected
    assert events_of(pieces(stream, 1)) == expected
    assert events_of([stream[start:end] for start, end in pairwise(borders)]) == expected


def test_bytes_of_one_character_may_be_in_two_pieces() -> None:
    stream = 'data: {"a":"😀é\u2028"}\n\n'.encode()

    assert events_of(pieces(stream, 1)) == ['{"a":"😀é\u2028"}'.encode()]


def test_what_has_not_ended_is_held() -> None:
    splitter = EventSplitter()
    held = []
    for piece in (b"", b": c\n", b"da", b"ta: a", b"\r", b"\n", b"\r\n", b"data"):
        splitter.feed(piece)
        held.append(splitter.has_unfinished_event)

    assert held == [False, False, True, True, True, True, False, True]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "stream",
    [
        b"data: " + b"x" * 200,  # A line without an end.
        b"data: " + b"x" * 200 + b"\n\n",
        b": " + b"x" * 200 + b"\n",
        b"data: abc\n" * 30,  # An event without an end.
        b"data:\n" * 30,
        b"data: abc\r" * 30,
    ],
)
def test_the_limit_holds_for_lines_and_for_events(stream: bytes, size: int) -> None:
    with pytest.raises(EventTooLongError, match="longer than 100 bytes"):
        events_of(pieces(stream, size), max_line_bytes=100)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_up_to_the_limit_everything_is_taken(size: int) -> None:
    stream = (b"data: " + b"x" * 94 + b"\n\n" + b"data: " + b"y" * 44 + b"\ndata: " + b"z" * 43 + b"\n\n") * 5

    events = events_of(pieces(stream, size), max_line_bytes=100)

    assert events == [b"x" * 94, b"y" * 44 + b"\n" + b"z" * 43] * 5


def test_a_long_line_in_small_pieces_costs_no_more_than_its_length() -> None:
    def seconds(line_bytes: int) -> float:
        splitter = EventSplitter()
        started_s = time.process_time()
        for _ in range(line_bytes // 8):
            splitter.feed(b"xxxxxxxx")
        return time.process_time() - started_s

    short = min(seconds(50_000) for _ in range(3))
    long = min(seconds(1_000_000) for _ in range(2))

    # Twenty times the bytes: about twenty times the time, and four hundred if every piece joined all before it.
    assert long < 100 * short
