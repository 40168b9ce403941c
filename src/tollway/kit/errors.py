"""The base of every expected failure: a class that carries its HTTP status and rendering facts."""

from typing import ClassVar


class ExpectedError(Exception):
    """A failure that the product foresees and a surface renders; anything else that is raised is a bug.

    Attributes:
        status: HTTP status of the answer.
        kind: the ``error.type`` that OpenAI clients read.
        code: a stable word for programs, or None.
        param: the path of the field at fault, or None.
        retry_after_s: whole seconds for ``Retry-After``, or None.
    """

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "server_error"
    default_code: ClassVar[str | None] = None

    def __init__(
        self, message: str, *, code: str | None = None, param: str | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.param = param
        self.retry_after_s = retry_after_s


class BadRequestError(ExpectedError):
    """The request itself is wrong."""

    status = 400
    kind = "invalid_request_error"


class AuthenticationError(ExpectedError):
    """No valid key or session came with the request."""

    status = 401
    kind = "authentication_error"
    default_code = "invalid_api_key"


class PermissionDeniedError(ExpectedError):
    """The caller is known and may not do this."""

    status = 403
    kind = "permission_error"


class NotFoundError(ExpectedError):
    """The named thing does not exist."""

    status = 404
    kind = "not_found_error"
    default_code = "not_found"


class ConflictError(ExpectedError):
    """The change contradicts what is there."""

    status = 409
    kind = "conflict_error"


class TooManyRequestsError(ExpectedError):
    """A rate or concurrency limit was reached."""

    status = 429
    kind = "rate_limit_error"
    default_code = "rate_limit_exceeded"


class UnavailableError(ExpectedError):
    """Nothing can serve the request at present."""

    status = 503
    kind = "service_unavailable_error"
    default_code = "service_unavailable"
