"""Tags of the think phase are stripped wherever a piece of text ends."""

import pytest

from tollway.engine.tags import TagStripper

CASES = [
    ("plain text", "plain text"),
    ("<think>inside</think>after", "insideafter"),
    ("a</think>b<think>", "ab"),
    ("1 < 2 and <b>bold</b>", "1 < 2 and <b>bold</b>"),
    ("ends with <thi", "ends with <thi"),
    ("<<think>>", "<>"),
    ("</thought>", "</thought>"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_every_split_gives_the_same(text: str, expected: str) -> None:
    for first in range(len(text) + 1):
        for second in range(first, len(text) + 1):
            stripper = TagStripper()
            pieces = [stripper.feed(text[:first]), stripper.feed(text[first:second]), stripper.feed(text[second:])]
            assert "".join(pieces) + stripper.flush() == expected


def test_text_that_cannot_be_a_tag_is_not_held_back() -> None:
    stripper = TagStripper()

    assert stripper.feed("1 < ") == "1 < "
    assert stripper.feed("a <t") == "a "
    assert stripper.feed("able>") == "<table>"
