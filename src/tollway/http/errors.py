"""Turning failures into answers, in the one form that every surface shares."""

import re

from msgspec import Struct

from tollway.kit.clock import Clock
from tollway.kit.errors import AuthenticationError, ExpectedError
from tollway.kit.ids import request_id
from tollway.wire.errors import encode_error

Headers = tuple[tuple[bytes, bytes], ...]
KEYS_PAGE = "/app/keys"
TOO_MANY_REQUESTS = "Too Many Requests"
INTERNAL_ERROR = "Internal server error"
_PAGE_OF_APP = re.compile(r"(?<!\S)/app/")
_CODES_ABOUT_KEYS = frozenset({"scope_missing", "management_key", "management_key_required", "api_key_required"})


class MethodNotAllowedError(ExpectedError):
    """The path does not take this method; ``allowed`` are those that it takes."""

    status = 405
    kind = "invalid_request_error"
    default_code = "method_not_allowed"

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} is not allowed here. Allowed: {', '.join(allowed)}.")
        self.allowed = allowed


class BodyTooLargeError(ExpectedError):
    """The body has more bytes than the server takes."""

    status = 413
    kind = "invalid_request_error"
    default_code = "request_too_large"


class UnsupportedMediaTypeError(ExpectedError):
    """The body is not announced as JSON."""

    status = 415
    kind = "invalid_request_error"
    default_code = "unsupported_media_type"


class RenderedError(Struct, frozen=True):
    """An answer to send; ``request_id`` is the one in the body, for the log."""

    status: int
    headers: Headers
    body: bytes
    request_id: str


class ErrorRenderer:
    """Renders failures; ``public_url`` is the server's own address, for links in messages."""

    def __init__(self, public_url: str, clock: Clock) -> None:
        self._public_url = public_url.rstrip("/")
        self._clock = clock

    def render(self, error: Exception, path: str) -> RenderedError:
        """Make the answer to a request for ``path`` that failed; anything but an ExpectedError is a bug, so a 500."""
        expected = error if isinstance(error, ExpectedError) else None
        identifier = request_id()
        body = encode_error(
            message=self._message(expected),
            path=path,
            request_id=identifier,
            status=expected.status if expected else 500,
            now_ms=self._clock.now_ms(),
            kind=expected.kind if expected else ExpectedError.kind,
            param=expected.param if expected else None,
            code=expected.code if expected else "internal_error",
        )
        return RenderedError(expected.status if expected else 500, _headers(expected, body), body, identifier)

    def _message(self, error: ExpectedError | None) -> str:
        """Write the message in the words that the contract's section on errors asks for.

        Features name pages of the web app by their path; here the path becomes a link.
        """
        if error is None or error.status == 500:  # noqa: PLR2004 - no internals, whatever the message says
            return INTERNAL_ERROR
        if error.status == 401 and error.code == AuthenticationError.default_code:  # noqa: PLR2004
            # One answer for missing, unknown, disabled and deleted keys.
            return f"A valid API key is required. Create or enable one at {self._public_url}{KEYS_PAGE}"
        if error.status == 429:  # noqa: PLR2004 - the contract gives the words
            return TOO_MANY_REQUESTS
        message = f"{error.message} See {KEYS_PAGE}" if error.code in _CODES_ABOUT_KEYS else error.message
        return _PAGE_OF_APP.sub(f"{self._public_url}/app/", message)


def _headers(error: ExpectedError | None, body: bytes) -> Headers:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if error is None:
        return tuple(headers)
    if error.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % error.retry_after_s))
    if error.status == 401:  # noqa: PLR2004 - RFC 9110 asks for the challenge with this status alone
        headers.append((b"www-authenticate", b"Bearer"))
    if isinstance(error, MethodNotAllowedError):
        headers.append((b"allow", ", ".join(error.allowed).encode()))
    return tuple(headers)
