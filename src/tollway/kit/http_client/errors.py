"""The ways in which a request to another server fails."""

from typing import Literal

Phase = Literal["connect", "send", "head", "body"]
"""Where a request was: getting a connection, writing, waiting for the response head, reading the body."""


class HttpClientError(Exception):
    """A request failed for a reason outside this process.

    Attributes:
        phase: where the request was when it failed.
        message: what happened, for logs.
        sent: whether the server may have seen any byte of the request. False means that it certainly saw none, so
            that the request can be tried again, elsewhere or here, without being processed twice.
    """

    def __init__(self, phase: Phase, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.phase: Phase = phase
        self.message = message
        self.sent = sent

    def __str__(self) -> str:
        """Name the phase and what happened."""
        return f"{self.phase}: {self.message}"


class ConnectFailed(HttpClientError):  # noqa: N818 - read as a fact at the place that catches it.
    """No connection could be made: name not resolved, address refused by policy, TCP or TLS failed."""


class ConnectionLost(HttpClientError):  # noqa: N818
    """The connection closed before the response head was complete."""


class Timeout(HttpClientError):  # noqa: N818
    """The time allowed for a phase, or for the whole request, ran out."""


class BadResponse(HttpClientError):  # noqa: N818
    """The server sent something that is not an acceptable HTTP/1.1 response."""


class IncompleteBody(HttpClientError):  # noqa: N818
    """The connection closed in the middle of the body."""


class TooLarge(HttpClientError):  # noqa: N818
    """The body is longer than the caller is willing to hold."""


class Aborted(HttpClientError):  # noqa: N818
    """This side ended the exchange: ``HttpResponse.abort()`` or ``HttpClient.close()``."""
