import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.catalog.errors import UnknownModelError
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model, Price
from tollway.flows.complete_chat.admission import ReadRequest, prompt_upper_tokens, read_request
from tollway.kit.errors import BadRequestError
from tollway.wire.validation import UnsupportedValueError, decode_chat_request

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


def model(name: str, **fields: Any) -> Model:  # noqa: ANN401 - any field of a model
    given: dict[str, Any] = {
        "name": name,
        "developer": "Tests",
        "description": "A model.",
        "context_length": 1000,
        "output_max": 500,
        "default_output_tokens": 100,
        "price": Price(input_nanousd=1, output_nanousd=1),
    }
    return Model(id=f"tests/{name}", **(given | fields))


CATALOG = Catalog(
    [
        model("text"),
        model("images", input_modalities=("text", "image")),
        model("narrow", roles=("user", "assistant"), unsupported_parameters=("seed", "tools")),
        model("open", passed_on=("reasoning_effort", "top_k")),
    ]
)


def body_of(name: str = "text", **fields: Any) -> bytes:  # noqa: ANN401 - any JSON value
    body = {"model": f"tests/{name}", "messages": [{"role": "user", "content": "Hi"}], **fields}
    return json.dumps(body, ensure_ascii=False).encode()


def read(name: str = "text", **fields: Any) -> ReadRequest:  # noqa: ANN401 - any JSON value
    return read_request(body_of(name, **fields), CATALOG)


def upper(messages: list[dict[str, Any]], **fields: Any) -> int:  # noqa: ANN401 - any JSON value
    return prompt_upper_tokens(decode_chat_request(body_of(messages=messages, **fields))[0])


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"n": 2}, "n", "Unsupported value: 'n' does not support '2' with this model: one answer a request."),
        ({"n": 1.5}, "n", "Unsupported value: 'n' does not support '1.5' with this model: one answer a request."),
        ({"logprobs": True}, "logprobs", "Unsupported value: 'logprobs' does not support 'true' with this model."),
        (
            {"logit_bias": {"5": 1}},
            "logit_bias",
            "Unsupported value: 'logit_bias' does not support biases with this model.",
        ),
    ],
)
def test_what_would_change_the_answer_and_is_not_offered(fields: dict[str, Any], param: str, message: str) -> None:
    with pytest.raises(UnsupportedValueError) as caught:
        read(**fields)

    assert (caught.value.status, caught.value.param, caught.value.message) == (400, param, message)


def test_other_fields_are_ignored_and_named() -> None:
    found = read(n=1, logprobs=False, logit_bias={}, user="u", reasoning_effort="low")

    assert found.ignored == ("n", "logprobs", "logit_bias", "user", "reasoning_effort")
    assert found.extras == {}


def test_fields_that_the_model_takes_are_passed_on() -> None:
    found = read("open", reasoning_effort="low", top_k=5, user="u")

    assert found.extras == {"reasoning_effort": "low", "top_k": 5}
    assert found.ignored == ("user",)


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        (
            {"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]},
            "messages[1].role",
            "Unsupported value: 'messages[1].role' does not support 'system' with this model.",
        ),
        ({"seed": 5}, "seed", "Unsupported value: 'seed' is not supported with this model."),
        ({"tools": [TOOL]}, "tools", "Unsupported value: 'tools' is not supported with this model."),
    ],
)
def test_what_the_model_does_not_take(fields: dict[str, Any], param: str, message: str) -> None:
    with pytest.raises(UnsupportedValueError) as caught:
        read("narrow", **fields)

    assert (caught.value.param, caught.value.message) == (param, message)


@pytest.mark.parametrize("part", [IMAGE, {"type": "file", "file": {"file_data": "a"}}])
def test_media_for_a_model_of_text(part: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedValueError) as caught:
        read(messages=[{"role": "user", "content": [{"type": "text", "text": "a"}, part]}])

    assert caught.value.message == (
        f"Unsupported value: 'messages[0].content[1].type' does not support '{part['type']}' with this model."
    )


def test_an_image_for_a_model_that_takes_them() -> None:
    text_alone = read("images", messages=[{"role": "user", "content": [{"type": "text", "text": "a"}]}])
    with_image = read("images", messages=[{"role": "user", "content": [{"type": "text", "text": "a"}, IMAGE]}])

    # Not the length of the data counts, but a bound of its own.
    assert with_image.prompt_upper_tokens - text_alone.prompt_upper_tokens == 4096


@pytest.mark.parametrize(
    ("message", "is_taken"),
    [
        ({"content": "a"}, True),
        ({"content": ""}, True),
        ({"tool_calls": [CALL]}, True),
        ({"content": None, "tool_calls": [CALL]}, True),
        ({"refusal": "no"}, True),
        ({}, False),
        ({"content": None}, False),
        ({"content": None, "tool_calls": []}, False),
    ],
)
def test_an_assistant_says_something_or_calls_tools(message: dict[str, Any], is_taken: bool) -> None:
    messages = [{"role": "user", "content": "a"}, {"role": "assistant", **message}]
    if is_taken:
        read(messages=messages)
        return

    with pytest.raises(BadRequestError) as caught:
        read(messages=messages)
    assert caught.value.param == "messages[1].content"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tool_choice": "required"}, "tools"),
        ({"tool_choice": "required", "tools": []}, "tools"),
        ({"tool_choice": {"type": "function", "function": {"name": "g"}}}, "tools"),
        (
            {"tool_choice": {"type": "function", "function": {"name": "g"}}, "tools": [TOOL]},
            "tool_choice.function.name",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "x"}}}},
            "response_format.json_schema.schema.type",
        ),
    ],
)
def test_fields_that_do_not_fit_each_other(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        read(**fields)

    assert caught.value.param == param
    assert caught.value.message.startswith(f"Body validation error: {param}: expected ")


@pytest.mark.parametrize(
    "fields",
    [
        {"tool_choice": "none"},
        {"tool_choice": "auto"},
        {"tool_choice": "required", "tools": [TOOL]},
        {"tool_choice": {"type": "function", "function": {"name": "f"}}, "tools": [TOOL]},
    ],
)
def test_tool_choices_that_fit(fields: dict[str, Any]) -> None:
    read(**fields)


def test_a_model_that_does_not_exist() -> None:
    with pytest.raises(UnknownModelError):
        read("missing")


def test_the_fair_estimate_is_a_third() -> None:
    found = read()

    assert found.prompt_fair_tokens == -(-found.prompt_upper_tokens // 3)


def test_the_bound_is_the_json_of_messages_and_tools_plus_16_a_message() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "Kürzer 短 😀"},
        {"role": "user", "content": [{"type": "text", "text": "Grüße 你好 😀"}], "name": "ada"},
        {"role": "assistant", "content": "Ja", "reasoning_content": "hm", "tool_calls": [CALL]},
        {"role": "tool", "content": "4", "tool_call_id": "c"},
    ]

    def length(value: object) -> int:
        return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    assert upper(messages) == sum(map(length, messages)) + 16 * len(messages)
    assert upper(messages, tools=[TOOL, TOOL]) == upper(messages) + length([TOOL, TOOL])


ROLES = st.sampled_from(["system", "user", "assistant"])


@given(st.lists(st.tuples(ROLES, st.text(max_size=40)), min_size=1, max_size=5))
def test_no_prompt_of_bytes_is_longer_than_the_bound(turns: list[tuple[str, str]]) -> None:
    """The worst tokenizer makes a token of each byte, in the marks of the chat template as well."""
    opening, closing = "<|im_start|>", "<|im_end|>"
    prompt = "".join(f"{opening}{role}\n{text}{closing}\n" for role, text in turns) + f"{opening}assistant\n"
    marks = prompt.count(opening) * len(opening) + prompt.count(closing) * len(closing)
    tokens = len(prompt.encode()) - marks + prompt.count(opening) + prompt.count(closing)

    assert tokens <= upper([{"role": role, "content": text} for role, text in turns])
