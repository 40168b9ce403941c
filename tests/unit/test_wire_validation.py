"""Bodies that are no JSON, or JSON that no chat request can be: always a clear 400, never anything else."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kit.errors import BadRequestError
from tollway.wire.validation import MAX_NESTING, InvalidBodyError, decode_chat_request, decode_json

VALID = b'{"model":"m","messages":[{"role":"user","content":"Hi"}],"x":%b}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"Hi",
        b"{",
        b'{"model":"m",}',
        b'{"model":"m"} {}',
        b"{'model':'m'}",
        b'{"model":"a\nb"}',
        b'\xef\xbb\xbf{"model":"m"}',
        b'{"model":"\xff"}',
        b'{"model":"\xed\xa0\x80"}',
        b'{"model":"\\ud800"}',
        b'{"model":"\\udc00"}',
        b'{"model":"\\ud800\\u0061"}',
        b'{"model":"\\x"}',
        b"\x00",
        '{"model":"m"}'.encode("utf-16"),
        VALID % b"NaN",
        VALID % b"Infinity",
        VALID % b"-Infinity",
        VALID % b"01",
    ],
)
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(InvalidBodyError) as caught:
        decode_chat_request(body)

    assert caught.value.message.startswith(
        "Body validation error: body: expected valid JSON, received malformed JSON ("
    )
    assert (caught.value.status, caught.value.param) == (400, None)


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 100_000, b"9" * 100_000 + b".5", b"1e99999999999"])
def test_numbers_that_are_too_large(number: bytes) -> None:
    with pytest.raises(InvalidBodyError, match="expected numbers within the range of JSON"):
        decode_chat_request(VALID % number)


@pytest.mark.parametrize("field", ["temperature", "top_p", "seed", "max_completion_tokens", "frequency_penalty"])
def test_a_long_number_in_a_field(field: str) -> None:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}], field: -(10**400)}).encode()

    with pytest.raises(InvalidBodyError, match=f"Body validation error: {field}: "):
        decode_chat_request(body)


@pytest.mark.parametrize(("body", "kind"), [(b"[]", "array of length 0"), (b"null", "null"), (b'"Hi"', "string 'Hi'")])
def test_json_that_is_no_object(body: bytes, kind: str) -> None:
    with pytest.raises(InvalidBodyError) as caught:
        decode_chat_request(body)

    assert caught.value.message == f"Body validation error: body: expected object, received {kind}"


@pytest.mark.parametrize(
    ("opener", "closer", "most"),
    [("[", "]", MAX_NESTING), ('{"a":', "}", MAX_NESTING), ('[{"a":', "}]", MAX_NESTING // 2)],
)
def test_nesting(opener: str, closer: str, most: int) -> None:
    def nested(times: int) -> bytes:
        return (opener * times + "1" + closer * times).encode()

    decode_json(nested(most))
    for times in (most + 1, 1000, 100_000):
        with pytest.raises(InvalidBodyError, match="expected at most 64 levels of nesting"):
            decode_json(nested(times))


def test_brackets_in_strings_and_side_by_side_are_no_nesting() -> None:
    decode_json(json.dumps({"a": "[{" * 1000, "b": [[]] * 1000, "c": '\\"[' * 100}).encode())


def test_what_never_ends_is_refused_at_once() -> None:
    with pytest.raises(InvalidBodyError, match="levels of nesting"):
        decode_json(b"[" * 4_000_000)


def test_of_a_repeated_key_the_last_one_counts_everywhere() -> None:
    body = b'{"model":5,"messages":[{"role":"system","content":"Hi","role":"user"}],"model":"m"}'

    request, raw = decode_chat_request(body)

    assert request.model == raw["model"] == "m"
    assert type(request.messages[0]).__name__ == "UserMessage"
    assert raw["messages"][0]["role"] == "user"


def test_text_arrives_as_it_was_written() -> None:
    text = 'a\u2028\u2029\x7f😀"\\\n\u0000é'
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()

    assert decode_chat_request(body)[0].messages[0].content == text


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_and_nothing_else(body: bytes) -> None:
    with pytest.raises(BadRequestError):
        decode_chat_request(body)


@given(st.data())
def test_any_damage_to_a_body_is_answered(data: st.DataObject) -> None:
    body = bytearray(VALID % b'{"tools":[1,2.5,null,true,"\\ud83d\\ude00"]}')
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    with contextlib.suppress(BadRequestError):
        decode_chat_request(bytes(body))
