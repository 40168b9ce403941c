import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.flows.complete_chat.stop_filter import StopFilter


def shown(sequences: tuple[str, ...], pieces: list[str]) -> tuple[str, bool]:
    """All that the caller sees, and whether a sequence ended it."""
    stop_filter = StopFilter(sequences)
    text = "".join([stop_filter.feed(piece) for piece in pieces])
    return text + stop_filter.flush(), stop_filter.stopped


def naive(sequences: tuple[str, ...], text: str) -> tuple[str, bool]:
    for end in range(1, len(text) + 1):
        complete = [sequence for sequence in sequences if text[:end].endswith(sequence)]
        if complete:
            return text[: end - max(map(len, complete))], True
    return text, False


@pytest.mark.parametrize(
    ("sequences", "text", "expected"),
    [
        (("END",), "Hello END of it", ("Hello ", True)),
        (("END",), "Hello EN", ("Hello EN", False)),
        (("END",), "", ("", False)),
        (("END",), "ENENDING", ("EN", True)),
        (("aab",), "aaab", ("a", True)),
        (("abab",), "abaabab", ("aba", True)),
        (("abcd", "bc"), "abcd", ("a", True)),  # What is complete first ends the answer.
        (("bc", "abc"), "abc", ("", True)),  # Of two that are complete together, the longer.
        (("\n\n",), "a\n\n\nb", ("a", True)),
        (("。", "😀!"), "你好😀?😀!。", ("你好😀?", True)),
    ],
)
def test_every_split_shows_the_same(sequences: tuple[str, ...], text: str, expected: tuple[str, bool]) -> None:
    assert shown(sequences, [text]) == expected
    assert shown(sequences, list(text)) == expected
    for cut in range(len(text)):
        assert shown(sequences, [text[:cut], "", text[cut:]]) == expected


@given(
    st.lists(st.text("ab😀", min_size=1, max_size=5), min_size=1, max_size=4),
    st.text("ab😀", max_size=20),
    st.sets(st.integers(0, 20), max_size=5),
)
def test_as_a_naive_search_whatever_the_borders(sequences: list[str], text: str, cuts: set[int]) -> None:
    borders = [0, *sorted(cut for cut in cuts if cut <= len(text)), len(text)]
    pieces = [text[start:end] for start, end in pairwise(borders)]

    assert shown(tuple(sequences), pieces) == naive(tuple(sequences), text)


def test_only_what_may_begin_a_sequence_is_held_back() -> None:
    stop_filter = StopFilter(("END", "NOW"))

    assert [stop_filter.feed(piece) for piece in ("a EN", "OUGH", " N", "!", "E", "N", "x")] == [
        "a ", "ENOUGH", " ", "N!", "", "", "ENx",
    ]  # fmt: skip
    assert stop_filter.flush() == ""


def test_after_a_sequence_nothing_is_shown() -> None:
    stop_filter = StopFilter(("END",))

    assert stop_filter.feed("a END b") == "a "
    assert stop_filter.feed("more") == ""
    assert stop_filter.flush() == ""
    assert stop_filter.stopped


def test_a_hostile_sequence_costs_no_more_than_the_text() -> None:
    started_s = time.process_time()
    stop_filter = StopFilter(("a" * 1_000_000, "a" * 20_000 + "b") * 2)
    for _ in range(2_000):
        stop_filter.feed("aaaaaaaaac")
        stop_filter.feed("aaaaaaaaaa")

    assert time.process_time() - started_s < 2
