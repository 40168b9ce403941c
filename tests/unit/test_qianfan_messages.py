"""The order of messages that Qianfan takes, made where possible and refused where not."""

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.upstreams.port import RequestRefusedError
from tollway.upstreams.qianfan.message_rules import prepare_messages
from tollway.wire.chat_request import Message

CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
USER: dict[str, Any] = {"role": "user", "content": "q"}
SAID: dict[str, Any] = {"role": "assistant", "content": "a"}
CALLED: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT: dict[str, Any] = {"role": "tool", "content": "r", "tool_call_id": "a"}
SYSTEM: dict[str, Any] = {"role": "system", "content": "s"}
IMAGE: dict[str, Any] = {"type": "image_url", "image_url": {"url": "data:,"}}


def prepared(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    typed = msgspec.convert(list(messages), list[Message])
    before = msgspec.to_builtins(typed)
    result: list[dict[str, Any]] = msgspec.to_builtins(prepare_messages(typed))
    assert msgspec.to_builtins(typed) == before
    return result


@pytest.mark.parametrize(
    "messages",
    [[USER], [SYSTEM, USER], [USER, SAID, USER], [SYSTEM, USER, SAID, USER, SAID, USER], [USER, CALLED, RESULT],
     [USER, CALLED, RESULT, RESULT], [USER, CALLED, RESULT, SAID, USER], [USER, CALLED, RESULT, CALLED, RESULT],
     [USER, CALLED, RESULT, USER]],
)  # fmt: skip
def test_a_proper_conversation_stays_as_it_is(messages: list[dict[str, Any]]) -> None:
    assert prepared(*messages) == messages


def test_messages_of_a_user_in_a_row_are_joined() -> None:
    assert prepared(USER, USER | {"content": "and?"}) == [USER | {"content": "q\n\nand?"}]


def test_parts_of_a_user_in_a_row_are_joined() -> None:
    parts = [{"type": "text", "text": "look"}, IMAGE]

    assert prepared(USER, USER | {"content": parts}) == [USER | {"content": [{"type": "text", "text": "q"}, *parts]}]


def test_system_messages_at_the_beginning_are_joined() -> None:
    assert prepared(SYSTEM, SYSTEM, USER) == [SYSTEM | {"content": "s\n\ns"}, USER]


def test_turns_of_the_assistant_are_joined() -> None:
    assert prepared(USER, SAID, SAID, USER)[1] == SAID | {"content": "a\n\na"}
    assert prepared(USER, SAID, CALLED, RESULT)[1] == CALLED | {"content": "a"}


def test_text_in_parts_becomes_one_text() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]

    assert prepared({"role": "user", "content": parts}) == [{"role": "user", "content": "a\nb"}]


@pytest.mark.parametrize(
    ("messages", "path"),
    [
        ([SAID, USER], "messages[0].role"),
        ([RESULT], "messages[0].role"),
        ([SYSTEM, SAID, USER], "messages[1].role"),
        ([USER, SYSTEM, USER], "messages[1].role"),
        ([USER, SAID], "messages[1].role"),
        ([SYSTEM], "messages[0].role"),
        ([USER, RESULT], "messages[1].role"),
        ([USER, CALLED, USER], "messages[2].role"),
        ([USER, CALLED, SAID, USER], "messages[2].role"),
        ([USER, CALLED], "messages[1].role"),
        ([USER, SAID, {"role": "user", "content": " \n"}], "messages[2].content"),
        ([{"role": "user", "content": ""}], "messages[0].content"),
        ([{"role": "user", "content": [{"type": "text", "text": " "}]}], "messages[0].content"),
        ([{"role": "user", "content": "a", "name": "x"}, {"role": "user", "content": "b", "name": "y"}, SAID],
         "messages[2].role"),
    ],
)  # fmt: skip
def test_what_cannot_be_mended_is_refused_by_its_path(messages: list[dict[str, Any]], path: str) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        prepared(*messages)

    assert (refused.value.status, refused.value.param, refused.value.was_sent) == (400, path, False)
    assert path in refused.value.message


@given(st.lists(st.sampled_from([USER, SAID, CALLED, RESULT, SYSTEM]), min_size=1, max_size=8))
def test_whatever_passes_follows_the_rules(messages: list[dict[str, Any]]) -> None:
    try:
        roles = [message["role"] for message in prepared(*messages)]
    except RequestRefusedError:
        return

    assert roles[0] in {"system", "user"}
    assert roles[-1] in {"user", "tool"}
    assert "system" not in roles[1:]
    assert all(pair != ("assistant", "assistant") for pair in itertools.pairwise(roles))
    assert all(pair != ("user", "user") for pair in itertools.pairwise(roles))
