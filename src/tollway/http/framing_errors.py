"""Refusals of requests that cannot be read; the connection ends with them."""

from tollway.kit.errors import BadRequestError, ExpectedError


class MalformedRequestError(BadRequestError):
    """The bytes are no request that this server reads."""

    default_code = "malformed_request"


class HeadTooLargeError(ExpectedError):
    """The headers are longer than the limit."""

    status = 431
    kind = "invalid_request_error"
    default_code = "headers_too_large"


class RequestTimeoutError(ExpectedError):
    """The client did not send its request in time."""

    status = 408
    kind = "invalid_request_error"
    default_code = "request_timeout"
