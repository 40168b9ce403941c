"""The error body: the platform's own form and OpenAI's side by side, so that both kinds of client read it."""

from msgspec import Struct
from msgspec.json import Encoder

from tollway.kit.clock import iso_utc
from tollway.wire.sse import on_one_line

_ENCODER = Encoder()


class ErrorDetail(Struct):
    """What OpenAI SDKs read."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(Struct, rename="camel"):
    """The body of every refusal; ``statusCode`` equals the HTTP status, ``requestId`` is a UUID."""

    message: str
    path: str
    request_id: str
    status_code: int
    timestamp: str
    error: ErrorDetail


def encode_error(  # noqa: PLR0913 - the fields of the body, each named at the call
    *,
    message: str,
    path: str,
    request_id: str,
    status: int,
    now_ms: int,
    kind: str,
    param: str | None = None,
    code: str | None = None,
) -> bytes:
    """Encode a refusal as JSON; ``path`` is the path that was asked, ``kind`` becomes ``error.type``."""
    detail = ErrorDetail(message=message, type=kind, param=param, code=code)
    body = ErrorBody(message, path, request_id, status, iso_utc(now_ms), detail)
    return _ENCODER.encode(body)


def encode_error_event(body: bytes) -> bytes:
    """Wrap an error body as the in-band event of a stream that broke after its first byte."""
    return b"data: " + on_one_line(body) + b"\n\n"
