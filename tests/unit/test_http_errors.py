import json
from typing import Any

import pytest

from tests.support.contract import validate_error
from tollway.http.errors import ErrorRenderer, MethodNotAllowedError, RenderedError
from tollway.kit.errors import (
    AuthenticationError,
    BadRequestError,
    ExpectedError,
    NotFoundError,
    PermissionDeniedError,
    TooManyRequestsError,
    UnavailableError,
)

PATH = "/v1/chat/completions"


class FixedClock:
    def now_ms(self) -> int:
        return 1_700_000_000_123

    def monotonic_s(self) -> float:
        return 0.0


def render(error: Exception) -> tuple[RenderedError, dict[str, Any]]:
    rendered = ErrorRenderer("https://llm.example.org/", FixedClock()).render(error, PATH)
    return rendered, json.loads(rendered.body)


@pytest.mark.parametrize(
    "error",
    [
        BadRequestError("wrong", param="messages[0].content", code="invalid_request_body"),
        AuthenticationError("no key"),
        PermissionDeniedError("no"),
        NotFoundError("nothing"),
        MethodNotAllowedError("PUT", ("GET", "HEAD")),
        TooManyRequestsError("slow down", retry_after_s=3),
        UnavailableError("later"),
        RuntimeError("a bug"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_failure_has_the_contracts_form(error: Exception) -> None:
    rendered, body = render(error)

    validate_error(body)
    assert body["statusCode"] == rendered.status == getattr(error, "status", 500)
    assert body["path"] == PATH
    assert body["timestamp"] == "2023-11-14T22:13:20.123Z"
    assert body["requestId"] == rendered.request_id
    assert body["message"] == body["error"]["message"]
    assert dict(rendered.headers)[b"content-length"] == str(len(rendered.body)).encode()


def test_field_and_code_are_told() -> None:
    _, body = render(BadRequestError("wrong", param="stop", code="unsupported_value"))

    assert (body["error"]["param"], body["error"]["code"]) == ("stop", "unsupported_value")
    assert body["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("reason", ["this key is disabled", "no such key"])
def test_missing_key_reads_the_same_whatever_the_reason(reason: str) -> None:
    rendered, body = render(AuthenticationError(reason))

    assert body["message"].startswith("A valid API key is required")
    assert "https://llm.example.org/app/keys" in body["message"]
    assert reason not in body["message"]
    assert dict(rendered.headers)[b"www-authenticate"] == b"Bearer"


@pytest.mark.parametrize(
    ("error", "link"),
    [
        (PermissionDeniedError("Out of credits. Top up at /app/billing."), "https://llm.example.org/app/billing."),
        (PermissionDeniedError("No.", code="scope_missing"), "https://llm.example.org/app/keys"),
        (PermissionDeniedError("No.", code="management_key"), "https://llm.example.org/app/keys"),
    ],
)
def test_refusals_link_the_page_that_helps(error: ExpectedError, link: str) -> None:
    assert render(error)[1]["message"].endswith(link)


def test_rate_limit_says_when_to_come_again() -> None:
    rendered, body = render(TooManyRequestsError("600 a minute", retry_after_s=7))

    assert body["message"] == "Too Many Requests"
    assert dict(rendered.headers)[b"retry-after"] == b"7"


def test_bug_tells_nothing_of_itself() -> None:
    rendered, body = render(RuntimeError("secret table is missing"))

    assert rendered.status == 500
    assert body["message"] == "Internal server error"
    assert b"secret" not in rendered.body


def test_method_not_allowed_names_the_allowed_ones() -> None:
    rendered, _ = render(MethodNotAllowedError("PUT", ("GET", "HEAD")))

    assert dict(rendered.headers)[b"allow"] == b"GET, HEAD"
