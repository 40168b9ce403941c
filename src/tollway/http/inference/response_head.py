"""The headers of inference answers, as bytes."""

import re

from tollway.flows.complete_chat.reply import AnswerHead
from tollway.http.cors import CorsPolicy
from tollway.http.errors import Headers
from tollway.http.status_lines import STATUS_LINES
from tollway.keys.errors import RateLimitState
from tollway.kit.money import usd_text

_NOT_PRINTABLE = re.compile(rb"[^ -~]")
_IGNORED_MAX_BYTES = 4096
_JSON_HEAD = STATUS_LINES[200] + b"content-type: application/json\r\n"
_STREAM_HEAD = (
    STATUS_LINES[200]
    + b"content-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\nx-accel-buffering: no\r\n"
)


class CallHeaders:
    """The headers that every answer to one call carries, refusals included."""

    __slots__ = ("_lines", "client_request_id")

    def __init__(self, inference_id: str | None, client_request_id: str | None, common: bytes) -> None:
        self.client_request_id = client_request_id
        self._lines = common
        if inference_id is not None:
            identity = inference_id.encode()
            # OpenAI's SDKs show the second as `request_id`: what a caller reports is then what the log knows.
            self._lines += b"x-inference-id: %b\r\nx-request-id: %b\r\n" % (identity, identity)
        if client_request_id is not None:
            self._lines += b"x-client-request-id: " + client_request_id.encode() + b"\r\n"

    def add_rate_limits(self, state: RateLimitState) -> None:
        """Add what is left of the caller's limits."""
        self._lines += (
            b"x-ratelimit-limit-requests: %d\r\nx-ratelimit-remaining-requests: %d\r\n"
            b"x-ratelimit-reset-requests: %d\r\nx-ratelimit-limit-concurrent: %d\r\n"
            b"x-ratelimit-remaining-concurrent: %d\r\n"
        ) % (
            state.limit_requests,
            state.remaining_requests,
            state.reset_requests_s,
            state.limit_concurrent,
            state.remaining_concurrent,
        )

    def add_overhead(self, overhead_s: float) -> None:
        """Add how long the server itself has taken so far."""
        self._lines += b"x-tollway-overhead-ms: %.3f\r\n" % max(0.0, overhead_s * 1000)

    def json(self, head: AnswerHead, body: bytes, credits_used: int, *, keep_alive: bool) -> bytes:
        """Assemble a whole JSON answer."""
        cost = b"x-aimlapi-credits-used: %d\r\nx-aimlapi-usd-spent: %b\r\ncontent-length: %d\r\n" % (
            credits_used,
            usd_text(credits_used).encode(),
            len(body),
        )
        return b"".join((_JSON_HEAD, self._lines, _answer_lines(head), cost, _end(keep_alive=keep_alive), body))

    def stream(self, head: AnswerHead, *, chunked: bool, keep_alive: bool) -> bytes:
        """Assemble the head of a stream."""
        coding = b"transfer-encoding: chunked\r\n" if chunked else b""
        return b"".join((_STREAM_HEAD, self._lines, _answer_lines(head), coding, _end(keep_alive=keep_alive)))

    def refusal(self, status: int, headers: Headers, body: bytes, *, keep_alive: bool) -> bytes:
        """Assemble a refusal."""
        lines = b"".join([name + b": " + value + b"\r\n" for name, value in headers])
        return b"".join((STATUS_LINES[status], self._lines, lines, _end(keep_alive=keep_alive), body))


def common_lines(cors: CorsPolicy, origin: bytes | None) -> bytes:
    """Write the headers that do not depend on the call itself."""
    return b"".join([name + b": " + value + b"\r\n" for name, value in cors.headers(origin)])


def _answer_lines(head: AnswerHead) -> bytes:
    lines = b"x-served-by: " + head.served_by.encode("ascii", "replace") + b"\r\n"
    return lines + b"x-ignored-params: " + _ignored(head.ignored) + b"\r\n" if head.ignored else lines


def _ignored(paths: tuple[str, ...]) -> bytes:
    """Write field names as a header value; they come from the client, so what a header cannot carry is escaped."""
    text = ", ".join(paths).encode("ascii", "backslashreplace")
    safe = _NOT_PRINTABLE.sub(b"?", text)
    return safe if len(safe) <= _IGNORED_MAX_BYTES else safe[:_IGNORED_MAX_BYTES] + b"..."


def _end(*, keep_alive: bool) -> bytes:
    return b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
