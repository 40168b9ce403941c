"""Messages of every role become plain turns."""

import msgspec
import pytest

from tollway.engine.conversation import needs_function_question, turns_of
from tollway.engine.errors import EngineRequestError
from tollway.engine.plan import plan_answer
from tollway.wire.chat_request import ChatRequest
from tollway.wire.validation import decode_chat_request

TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Get the weather.", "parameters": {"type": "object"}},
}
CALLED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}],
}


def _request(*messages: object, **fields: object) -> ChatRequest:
    body = {"model": "m", "messages": list(messages), **fields}
    return decode_chat_request(msgspec.json.encode(body))[0]


def test_text_parts_are_joined_and_neighbours_of_one_role_become_one_turn() -> None:
    request = _request(
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        {"role": "user", "content": "three"},
    )

    assert turns_of(request, "") == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one\ntwo\n\nthree"},
    ]


def test_instructions_join_the_system_turn_or_become_one() -> None:
    with_system = _request({"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"})
    without = _request({"role": "user", "content": "Hi"})

    assert turns_of(with_system, "Use tools.")[0] == {"role": "system", "content": "Be brief.\n\nUse tools."}
    assert turns_of(without, "Use tools.")[0] == {"role": "system", "content": "Use tools."}


def test_calls_and_results_are_told_in_words() -> None:
    request = _request(
        {"role": "user", "content": "Weather?"}, CALLED, {"role": "tool", "tool_call_id": "c1", "content": "21"}
    )

    assert turns_of(request, "")[1:] == [
        {"role": "assistant", "content": '[{"name": "weather", "arguments": {"city": "Rome"}}]'},
        {"role": "user", "content": "The function weather returned: 21"},
    ]


@pytest.mark.parametrize("earlier", [{"reasoning_content": "hm", "content": "Hi"}, {"content": "<think>hm</think>Hi"}])
def test_thoughts_of_earlier_turns_are_left_out(earlier: dict[str, str]) -> None:
    request = _request({"role": "assistant", **earlier}, {"role": "user", "content": "And?"})

    assert turns_of(request, "")[0] == {"role": "assistant", "content": "Hi"}


def test_the_question_is_about_the_last_user_message() -> None:
    request = _request({"role": "user", "content": "Weather in Rome?"}, tools=[TOOL])
    assert isinstance(request.tools, list)

    (turn,) = needs_function_question(request, request.tools)
    assert turn["content"].startswith("Weather in Rome?")
    assert "weather (Get the weather.)" in turn["content"]


@pytest.mark.parametrize(
    ("choice", "form", "calls", "asks"),
    [
        (None, True, True, True),
        ("auto", True, True, True),
        ("none", True, False, False),
        ("required", False, True, False),
        ({"type": "function", "function": {"name": "weather"}}, False, True, False),
    ],
)
def test_every_tool_choice_decides_what_may_be_written(choice: object, form: bool, calls: bool, asks: bool) -> None:
    fields = {"tools": [TOOL]} if choice is None else {"tools": [TOOL], "tool_choice": choice}
    plan = plan_answer(_request({"role": "user", "content": "Weather?"}, **fields))

    assert (plan.form is not None, plan.calls is not None, plan.question is not None) == (form, calls, asks)


def test_tools_are_told_unless_none_may_be_called() -> None:
    told = plan_answer(_request({"role": "user", "content": "Hi"}, tools=[TOOL]))
    untold = plan_answer(_request({"role": "user", "content": "Hi"}, tools=[TOOL], tool_choice="none"))

    assert "weather: Get the weather." in told.turns[0]["content"]
    assert untold.turns == [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tool_choice": "required"}, "tools"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice"),
    ],
)
def test_calls_that_cannot_be_made_are_refused(fields: dict[str, object], param: str) -> None:
    with pytest.raises(EngineRequestError) as refused:
        plan_answer(_request({"role": "user", "content": "Hi"}, **fields))
    assert refused.value.param == param


def test_sampling_is_what_the_caller_says() -> None:
    plan = plan_answer(
        _request(
            {"role": "user", "content": "Hi"},
            temperature=0.1,
            top_p=0.2,
            seed=2**40,
            frequency_penalty=1.5,
            presence_penalty=-1,
            stop=["a", ""],
        )
    )

    assert plan.sampling["temperature"] == 0.1
    assert plan.sampling["top_p"] == 0.2
    assert plan.sampling["frequency_penalty"] == 1.5
    assert plan.sampling["presence_penalty"] == -1
    assert 0 <= plan.sampling["seed"] < 2**32 - 1
    assert plan.stop == ("a",)
