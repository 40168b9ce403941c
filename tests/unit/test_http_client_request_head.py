"""What is written before a body, and what never is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kit.http_client import Origin, RequestHead

ORIGIN = Origin("https", "api.example.com", 443)


def test_head_with_body() -> None:
    head = RequestHead("POST", ORIGIN, "/v1/x?a=b", [(b"Authorization", b"Bearer k")])

    assert head.encode(12) == (
        b"POST /v1/x?a=b HTTP/1.1\r\nhost: api.example.com\r\nAuthorization: Bearer k\r\ncontent-length: 12\r\n\r\n"
    )


def test_headers_of_one_request_follow_the_fixed_ones() -> None:
    head = RequestHead(b"POST", ORIGIN, "/", [(b"a", b"1")])

    assert head.encode(0, [(b"b", b"2")]).endswith(b"\r\na: 1\r\nb: 2\r\ncontent-length: 0\r\n\r\n")
    assert b"b: 2" not in head.encode(0)


@pytest.mark.parametrize(("method", "length"), [("GET", False), ("HEAD", False), ("POST", True), ("PUT", True)])
def test_length_of_no_body(method: str, length: bool) -> None:
    assert (b"content-length: 0" in RequestHead(method, ORIGIN, "/").encode(0)) == length


@pytest.mark.parametrize("target", ["", "x", "http://x/", "/a b", "/a\r\nx: y", "/\n", "/a\x00", "/\x7f", "/é"])
def test_bad_target(target: str) -> None:
    with pytest.raises(ValueError, match="target"):
        RequestHead("GET", ORIGIN, target)


@pytest.mark.parametrize("method", ["", "GET ", "G\r\nET", b"GET\n"])
def test_bad_method(method: str | bytes) -> None:
    with pytest.raises(ValueError, match="method"):
        RequestHead(method, ORIGIN, "/")


@pytest.mark.parametrize("name", [b"", b"a b", b"a:", b"a\r\n", b"\xc3\xa9", b"a\n"])
def test_bad_header_name(name: bytes) -> None:
    with pytest.raises(ValueError, match="header name"):
        RequestHead("GET", ORIGIN, "/", [(name, b"1")])


@pytest.mark.parametrize(
    "name", [b"Content-Length", b"TRANSFER-ENCODING", b"host", b"connection", b"expect", b"upgrade", b"te", b"trailer"]
)
def test_header_that_the_client_sets_itself(name: bytes) -> None:
    with pytest.raises(ValueError, match="client alone"):
        RequestHead("POST", ORIGIN, "/").encode(0, [(name, b"1")])


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\n", b"\r", b"a\x00", b"\x1b[0m", b"a\x7f"])
def test_bad_header_value_is_refused_and_not_repeated(value: bytes) -> None:
    with pytest.raises(ValueError, match="control characters") as caught:
        RequestHead("POST", ORIGIN, "/", [(b"authorization", b"secret" + value)])
    assert "secret" not in str(caught.value)


@given(name=st.binary(max_size=8), value=st.binary(max_size=12), target=st.text(max_size=8))
def test_no_input_adds_a_line(name: bytes, value: bytes, target: str) -> None:
    try:
        written = RequestHead("POST", ORIGIN, "/" + target, [(name, value)]).encode(3)
    except ValueError:
        return
    assert written.count(b"\r\n") == 5
    assert len(re.findall(rb"[\r\n\x00]", written)) == 10
    assert written.endswith(b"\r\n%b: %b\r\ncontent-length: 3\r\n\r\n" % (name, value))
