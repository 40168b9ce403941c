"""How what an upstream does wrong is told to the caller and to the operator."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.held_clock import HeldClock
from tollway.kit.http_client import (
    Aborted,
    BadResponse,
    ConnectFailed,
    ConnectionLost,
    HttpClientError,
    IncompleteBody,
    Phase,
    Timeout,
    TooLarge,
)
from tollway.upstreams.openai_compatible.errors import ErrorMapper
from tollway.upstreams.port import (
    BadUpstreamError,
    ContentFilteredError,
    LateAnswerError,
    RateLimitedError,
    RequestRefusedError,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
)

SECRET = "bce-v3/ALTAK-canary"
NAMES = st.sampled_from(["error", "message", "code", "type", "error_msg", "error_code", "detail", "object"])
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text()
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner))


def refused(status: int, error: object, retry_after: bytes | None = None) -> UpstreamError:
    body = error if isinstance(error, bytes) else msgspec.json.encode(error)
    return ErrorMapper(HeldClock(), SECRET).refused(status, retry_after, body)


def openai(code: str | int | None = None, message: str = "said by the upstream", kind: str | None = None) -> object:
    return {"error": {"message": message, "type": kind, "code": code}}


@pytest.mark.parametrize(
    ("status", "kind", "shown"),
    [
        (400, RequestRefusedError, 400),
        (413, RequestRefusedError, 400),
        (422, RequestRefusedError, 400),
        (401, BadUpstreamError, 502),
        (402, BadUpstreamError, 502),
        (403, BadUpstreamError, 502),
        (404, BadUpstreamError, 502),
        (307, BadUpstreamError, 502),
        (408, UpstreamTimeoutError, 504),
        (504, UpstreamTimeoutError, 504),
        (429, RateLimitedError, 429),
        (500, BadUpstreamError, 502),
        (502, BadUpstreamError, 502),
        (503, UpstreamUnavailableError, 503),
        (529, UpstreamUnavailableError, 503),
    ],
)
def test_statuses(status: int, kind: type[UpstreamError], shown: int) -> None:
    error = refused(status, openai("a_code"))

    assert type(error) is kind
    assert (error.status, error.code, error.was_sent) == (shown, "a_code", True)
    assert ("said by the upstream" in error.message) == (kind is RequestRefusedError)
    assert error.detail == f"status {status}, code a_code"


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (openai("tokens_too_long", "too long"), "too long", "tokens_too_long"),
        (openai(None, "too long", "invalid_request_error"), "too long", "invalid_request_error"),
        (openai(400, "too long", "BadRequestError"), "too long", "BadRequestError"),
        ({"error": "too long"}, "too long", None),
        ({"object": "error", "message": "too long", "type": "BadRequestError", "code": 400}, "too long",
         "BadRequestError"),
        ({"detail": "too long"}, "too long", None),
        ({"error_code": 336007, "error_msg": "too long"}, "too long", None),
        ([{"error": {"message": "too long", "code": 400, "status": "INVALID_ARGUMENT"}}], "too long", None),
        (b"<html>no</html>", "The upstream refused the request.", None),
        (b"\xff\xfe", "The upstream refused the request.", None),
        (b"", "The upstream refused the request.", None),
        (b"[]", "The upstream refused the request.", None),
        ({"error": {"message": {"not": "text"}, "code": "has spaces and <tags>"}}, "The upstream refused the request.",
         None),
    ],
)  # fmt: skip
def test_every_shape_of_error_is_read(body: object, message: str, code: str | None) -> None:
    error = refused(400, body)

    assert (error.message, error.code) == (message, code)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, openai("system_unsafe")),
        (403, openai("functions_unsafe")),
        (400, openai("content_filter")),
        (400, openai("content_policy_violation")),
        (400, openai(None, kind="content_filter_error")),
        (400, openai("data_inspection_failed")),
    ],
)
def test_refusals_for_safety_have_one_code(status: int, error: object) -> None:
    raised = refused(status, error)

    assert type(raised) is ContentFilteredError
    assert (raised.status, raised.code, raised.message) == (400, "content_filter", "said by the upstream")


@pytest.mark.parametrize("code", ["invalid_model", "model_not_found"])
def test_a_model_that_is_unknown_there_is_our_configuration(code: str) -> None:
    error = refused(400, openai(code))

    assert type(error) is BadUpstreamError
    assert (error.status, error.code) == (502, code)
    assert "said by" not in error.message


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(b"7", 7), (b" 0 ", 0), (b"Tue, 20 Jan 2026 20:25:00 GMT", 10), (b"Tue, 20 Jan 2026 20:24:00 GMT", 0),
     (b"", None), (None, None), (b"soon", None), (b"-5", None), (b"1.5", None), (b"9" * 30, None)],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept(status: int, header: bytes | None, seconds: int | None) -> None:
    assert refused(status, {}, header).retry_after_s == seconds


@given(st.binary(max_size=60))
def test_no_retry_after_is_too_odd(header: bytes) -> None:
    seconds = refused(429, {}, header).retry_after_s

    assert seconds is None or seconds >= 0


@given(ANY_JSON)
def test_no_error_body_is_too_odd(body: Any) -> None:  # noqa: ANN401 - any JSON value
    assert isinstance(refused(500, msgspec.json.encode(body)), UpstreamError)
    assert isinstance(ErrorMapper(HeldClock()).inside(body), UpstreamError)


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_the_key_is_never_repeated(status: int) -> None:
    error = refused(status, openai("x", f"Incorrect API key provided: {SECRET}."))

    assert SECRET not in error.message + error.detail
    assert ("[key]" in error.message) == (status == 400)


def test_a_key_that_stands_as_the_code_is_taken_out() -> None:
    error = ErrorMapper(HeldClock(), "canary_key").refused(500, None, msgspec.json.encode(openai("canary_key")))

    assert error.detail == "status 500, code [key]"


@pytest.mark.parametrize(
    "body",
    [openai("a_code", "DIARY"), openai(None, "DIARY"), openai("DIARY and more"), {"error": "DIARY"},
     {"detail": "DIARY"}, {"error_code": 1, "error_msg": "DIARY"}, ["DIARY"], b"<html>DIARY</html>", b"DIARY",
     {"message": "x", "prompt": "DIARY"}],
)  # fmt: skip
@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_what_the_upstream_says_stays_out_of_the_log(status: int, body: object) -> None:
    assert "DIARY" not in refused(status, body).detail
    if not isinstance(body, bytes):
        inside = ErrorMapper(HeldClock()).inside(body)
        assert "DIARY" not in inside.detail
        assert "error within an answer" in inside.detail


def test_a_long_message_is_cut() -> None:
    assert len(refused(400, openai("x", "y" * 10_000)).message) == 500


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (ConnectFailed("connect", "refused", sent=False), UpstreamUnavailableError),
        (Timeout("connect", "slow", sent=False), UpstreamTimeoutError),
        (Timeout("head", "slow", sent=True), UpstreamTimeoutError),
        (Timeout("body", "slow", sent=True), UpstreamTimeoutError),
        (ConnectionLost("send", "closed", sent=False), UpstreamUnavailableError),
        (ConnectionLost("head", "closed", sent=True), BadUpstreamError),
        (BadResponse("head", "nonsense", sent=True), BadUpstreamError),
        (IncompleteBody("body", "closed", sent=True), BadUpstreamError),
        (TooLarge("body", "too large", sent=True), BadUpstreamError),
        (Aborted("body", "closing", sent=True), UpstreamUnavailableError),
    ],
)
def test_failures_of_the_connection(failure: HttpClientError, kind: type[UpstreamError]) -> None:
    error = ErrorMapper(HeldClock()).transport(failure)

    assert type(error) is kind
    assert error.was_sent is failure.sent
    assert failure.message in error.detail
    assert failure.message not in error.message


@pytest.mark.parametrize(
    ("phase", "comes_whole", "kind"),
    [("head", True, LateAnswerError), ("body", True, LateAnswerError), ("connect", True, UpstreamTimeoutError),
     ("send", True, UpstreamTimeoutError), ("head", False, UpstreamTimeoutError)],
)  # fmt: skip
def test_a_whole_answer_that_is_late_is_no_silence(phase: Phase, comes_whole: bool, kind: type[UpstreamError]) -> None:
    error = ErrorMapper(HeldClock()).transport(Timeout(phase, "slow", sent=True), comes_whole=comes_whole)

    assert type(error) is kind
    assert (error.status, error.code) == (504, "upstream_timeout")
