"""From what an upstream did wrong to the errors of the port."""

import math
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from tollway.kit.clock import Clock
from tollway.kit.http_client import Aborted, ConnectFailed, ConnectionLost, HttpClientError, Timeout
from tollway.upstreams.openai_compatible.error_body import ErrorFacts, facts_of, read_error
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

_RETRY_AFTER_DIGITS_MAX = 9

# OpenAI and Azure; Qianfan's safety codes end in _unsafe; Alibaba's inspection.
_FILTER_WORDS = (
    "content_filter",
    "content_policy",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    "datainspectionfailed",
    "moderation",
)
# A 400 that says this is about our configuration, not about the caller's content.
_CONFIGURATION_WORDS = frozenset(
    ("invalid_model", "model_not_found", "model_not_exist", "invalid_api_key", "authentication_error", "invalid_appid")
)
_RATE_LIMIT_WORDS = ("rate_limit", "too_many_requests", "insufficient_quota", "throttl")
_OVERLOAD_WORDS = ("overloaded", "unavailable", "server_busy")
_REFUSAL_WORDS = ("invalid_request", "badrequest", "bad_request", "context_length", "context_size")
_TIMEOUT_WORDS = ("timeout", "timed_out")

_CONFIGURATION_MESSAGE = "The upstream refused this platform's credentials or configuration."
_FAILED_MESSAGE = "The upstream failed to answer."
_UNAVAILABLE_MESSAGE = "The upstream is unavailable at present."
_TIMEOUT_MESSAGE = "The upstream took too long to answer."
_BROKEN_MESSAGE = "The upstream broke off its answer."
_NONSENSE_MESSAGE = "The upstream's answer could not be understood."
_RATE_LIMIT_MESSAGE = "Too Many Requests"
_REFUSED_MESSAGE = "The upstream refused the request."
_FILTERED_MESSAGE = "The content was refused for safety."

_ABOUT_CONTENT = frozenset(
    (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
)
_BY_STATUS: dict[int, tuple[type[UpstreamError], str]] = {
    HTTPStatus.TOO_MANY_REQUESTS: (RateLimitedError, _RATE_LIMIT_MESSAGE),
    HTTPStatus.REQUEST_TIMEOUT: (UpstreamTimeoutError, _TIMEOUT_MESSAGE),
    HTTPStatus.GATEWAY_TIMEOUT: (UpstreamTimeoutError, _TIMEOUT_MESSAGE),
    HTTPStatus.SERVICE_UNAVAILABLE: (UpstreamUnavailableError, _UNAVAILABLE_MESSAGE),
    # In no registry; Anthropic and those who speak like it say by it that they are overloaded.
    529: (UpstreamUnavailableError, _UNAVAILABLE_MESSAGE),
}


class ErrorMapper:
    """Makes the port's errors for one upstream.

    ``secret`` is the upstream's key: some servers repeat it in what they say, and it must reach neither clients nor
    the log. Of what an upstream says the log gets status and code alone: refusals repeat prompts.
    """

    def __init__(self, clock: Clock, secret: str = "") -> None:
        self._clock = clock
        self._secret = secret

    def refused(self, status: int, retry_after: bytes | None, body: bytes) -> UpstreamError:
        """Map an answer with a status that is no success."""
        facts = read_error(body)
        return self._error(status, facts, f"status {status}", self.retry_after_s(retry_after))

    def inside(self, value: object) -> UpstreamError:
        """Map an error that came with a status of success, as a JSON body or as an event of a stream."""
        facts = facts_of(value)
        status = facts.status or _status_by_words(facts.words)
        return self._error(status, facts, f"error within an answer, taken for status {status}", None)

    def transport(self, error: HttpClientError, *, comes_whole: bool = False) -> UpstreamError:
        """Map a failure of the connection; ``comes_whole`` when the answer was not to come in pieces."""
        detail = self._redacted(str(error))
        if isinstance(error, Timeout):
            is_late = comes_whole and error.phase in {"head", "body"}
            timeout = LateAnswerError if is_late else UpstreamTimeoutError
            return timeout(_TIMEOUT_MESSAGE, was_sent=error.sent, detail=detail)
        if isinstance(error, ConnectFailed | Aborted) or (isinstance(error, ConnectionLost) and not error.sent):
            return UpstreamUnavailableError(_UNAVAILABLE_MESSAGE, was_sent=error.sent, detail=detail)
        message = _FAILED_MESSAGE if error.phase != "body" else _BROKEN_MESSAGE
        return BadUpstreamError(message, was_sent=error.sent, detail=detail)

    def nonsense(self, detail: str) -> BadUpstreamError:
        """Make the error for what cannot be read."""
        return BadUpstreamError(_NONSENSE_MESSAGE, detail=self._redacted(detail))

    def broken(self, detail: str) -> BadUpstreamError:
        """Make the error for an answer that ends before it is complete."""
        return BadUpstreamError(_BROKEN_MESSAGE, detail=self._redacted(detail))

    def retry_after_s(self, value: bytes | None) -> int | None:
        """Read a ``Retry-After`` header, seconds or an HTTP date (RFC 9110, section 10.2.3); None if malformed."""
        text = (value or b"").decode("latin-1").strip()
        if text.isascii() and text.isdigit() and len(text) <= _RETRY_AFTER_DIGITS_MAX:
            return int(text)
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0, math.ceil(moment.timestamp() - self._clock.now_ms() / 1000))

    def _error(self, status: int, facts: ErrorFacts, detail: str, retry_after_s: int | None) -> UpstreamError:
        kind, message = _classify(status, facts)
        # Why content was filtered is the upstream's affair; that it was filtered has one code for all upstreams.
        code = None if kind is ContentFilteredError or facts.code is None else self._redacted(facts.code)
        shown = self._redacted(message)
        if facts.code is not None:
            detail = f"{detail}, code {facts.code}"
        return kind(shown, code=code, retry_after_s=retry_after_s, detail=self._redacted(detail))

    def _redacted(self, text: str) -> str:
        return text.replace(self._secret, "[key]") if self._secret else text


def _classify(status: int, facts: ErrorFacts) -> tuple[type[UpstreamError], str]:
    if any(word.endswith("_unsafe") or any(part in word for part in _FILTER_WORDS) for word in facts.words):
        return ContentFilteredError, facts.message or _FILTERED_MESSAGE
    if status in _ABOUT_CONTENT and _CONFIGURATION_WORDS.isdisjoint(facts.words):
        return RequestRefusedError, facts.message or _REFUSED_MESSAGE
    known = _BY_STATUS.get(status)
    if known is not None:
        return known
    # 401, 402, 403, 404 and the like, and redirects, which are not followed: what was set up here is wrong.
    message = _CONFIGURATION_MESSAGE if status < HTTPStatus.INTERNAL_SERVER_ERROR else _FAILED_MESSAGE
    return BadUpstreamError, message


def _status_by_words(words: tuple[str, ...]) -> int:
    """Tell the status that an error without one would have had."""

    def says(parts: tuple[str, ...]) -> bool:
        return any(part in word for word in words for part in parts)

    if says(_RATE_LIMIT_WORDS):
        return HTTPStatus.TOO_MANY_REQUESTS
    if says(_OVERLOAD_WORDS):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if says(_TIMEOUT_WORDS):
        return HTTPStatus.GATEWAY_TIMEOUT
    if says(_REFUSAL_WORDS):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.INTERNAL_SERVER_ERROR
