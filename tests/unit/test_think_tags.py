"""Thinking told from the answer by tags, wherever the text is cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.upstreams.openai_compatible.think_tags import ThinkTagSplitter

CASES = {
    "tags": ("<think>\nLet me see.\n</think>\n\nIt is 4.", False, "Let me see.", "It is 4."),
    "tags after white space": (" \n<think>hm</think>yes", False, "hm", "yes"),
    "no tags": ("  It is 4.\n", False, "", "  It is 4.\n"),
    "an answer that speaks of tags": ("Use <think> and </think>.", False, "", "Use <think> and </think>."),
    "an answer that almost begins with a tag": ("<thin air>", False, "", "<thin air>"),
    "an answer that is the beginning of a tag": ("<thi", False, "", "<thi"),
    "thinking never ends": ("<think>hm </thi", False, "hm </thi", ""),
    "empty thinking": ("<think>\n\n</think>\n\nIt is 4.", False, "", "It is 4."),
    "thinking with other tags": ("<think>a < b <b> </think >no</think>ok", False, "a < b <b> </think >no", "ok"),
    "a second thought is content": ("<think>a</think>b<think>c</think>", False, "a", "b<think>c</think>"),
    "opened by the template": ("Let me see.\n</think>\n\nIt is 4.", True, "Let me see.", "It is 4."),
    "opened by both": ("<think>Let me see.</think>It is 4.", True, "Let me see.", "It is 4."),
    "opened by the template, never closed": ("Let me s", True, "Let me s", ""),
    "ERNIE": ("Hm.\n</think>\n\n<response>\nIt is 4.\n</response>\n", True, "Hm.", "It is 4."),
    "ERNIE cut in the answer": ("Hm.\n</think>\n\n<response>\nIt is </res", True, "Hm.", "It is </res"),
    "ERNIE without the response tag": ("Hm.\n</think>\nIt is <response>", True, "Hm.", "It is <response>"),
    "beyond ASCII": ("<think>想一想\n</think>\n答案是“4”。", False, "想一想", "答案是“4”。"),
}


def split(pieces: list[str], *, starts_thinking: bool) -> tuple[str, str]:
    splitter = ThinkTagSplitter(starts_thinking=starts_thinking)
    steps = [*(splitter.feed(piece) for piece in pieces), splitter.finish()]
    return "".join(reasoning for reasoning, _ in steps), "".join(content for _, content in steps)


@pytest.mark.parametrize("name", CASES)
def test_every_cut_gives_the_same(name: str) -> None:
    text, starts_thinking, reasoning, content = CASES[name]

    assert split([text], starts_thinking=starts_thinking) == (reasoning, content)
    assert split(list(text), starts_thinking=starts_thinking) == (reasoning, content)
    for at in range(len(text)):
        assert split([text[:at], text[at:]], starts_thinking=starts_thinking) == (reasoning, content)


@pytest.mark.parametrize("name", ["tags", "ERNIE", "no tags"])
def test_every_two_cuts_give_the_same(name: str) -> None:
    text, starts_thinking, reasoning, content = CASES[name]

    for first, second in itertools.combinations(range(len(text)), 2):
        pieces = [text[:first], text[first:second], text[second:]]
        assert split(pieces, starts_thinking=starts_thinking) == (reasoning, content)


@given(
    parts=st.lists(
        st.sampled_from(["<think>", "</think>", "<response>", "</response>", "<", "</", "a", " ", "\n", "é"])
    ),
    starts_thinking=st.booleans(),
    data=st.data(),
)
def test_any_text_is_cut_anywhere(parts: list[str], starts_thinking: bool, data: st.DataObject) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    pieces = [text[start:end] for start, end in itertools.pairwise([0, *cuts, len(text)])]

    whole = split([text], starts_thinking=starts_thinking)

    assert split(pieces, starts_thinking=starts_thinking) == whole
    assert len("".join(whole)) <= len(text)


def test_thinking_arrives_before_its_end_is_known() -> None:
    splitter = ThinkTagSplitter(starts_thinking=False)

    assert splitter.feed("<think>Let me") == ("Let me", "")
    assert splitter.feed(" see <") == (" see", "")
    assert splitter.feed("b>") == (" <b>", "")


def test_text_without_tags_is_passed_on_at_once() -> None:
    splitter = ThinkTagSplitter(starts_thinking=False)

    assert splitter.feed("H") == ("", "H")
    assert splitter.is_over
