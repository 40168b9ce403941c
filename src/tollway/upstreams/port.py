"""The port to whatever answers a chat request, and the failures it may report."""

from typing import Any, ClassVar, Protocol

from msgspec import Struct, field

from tollway.kit.errors import ExpectedError
from tollway.wire.chat_request import ChatRequest
from tollway.wire.deltas import Delta


class Attempt(Struct, frozen=True, kw_only=True):
    """One try of an upstream: ``outcome`` is ``answered`` or an error code, ``status`` the HTTP status of that."""

    upstream: str
    outcome: str
    status: int
    duration_ms: int


class UpstreamCall(Struct, frozen=True, kw_only=True):
    """One call of an upstream.

    Attributes:
        request: the caller's request, valid and within what the model takes.
        model: the model's name at the upstream.
        max_output_tokens: limit of reasoning and visible tokens together; always sent.
        stream: whether steps are wanted as they arise; without it the whole answer may come as one step.
        extras: fields beyond the schema that the catalogue entry passes on, by name.
        attempts: filled in by routing with what was tried for this call, also when it is cancelled.
    """

    request: ChatRequest
    model: str
    max_output_tokens: int
    stream: bool
    extras: dict[str, Any] = {}
    attempts: list[Attempt] = field(default_factory=list)


class UpstreamAnswer(Protocol):
    """An answer that has begun: the upstream accepted the call."""

    @property
    def is_over(self) -> bool:
        """Whether the complete end is known already, so that ``next`` need not be asked for it."""
        ...

    async def next(self) -> list[Delta]:
        """Return the steps that arrived with the next read, at least one; an empty list is the complete end.

        An answer that ends before its last step was complete is a failure, never an empty list. Cancelling the
        await closes the connection to the upstream at once.

        Raises:
            UpstreamError: the answer broke.
        """
        ...

    def close(self) -> None:
        """End the answer at once, if it is not over; the upstream sees its caller leave. May be called twice."""
        ...


class Upstream(Protocol):
    """Something that answers chat requests."""

    @property
    def id(self) -> str:
        """The name by which operators and ``x-served-by`` know it, such as ``qianfan`` or ``embedded``."""
        ...

    @property
    def refused_fields(self) -> frozenset[str]:
        """Fields of the chat schema that this upstream must never be sent.

        ``stop`` and ``response_format`` among them are emulated by the caller of the port, the others are named to
        the client as ignored. The upstream leaves all of them out by itself.
        """
        ...

    async def open(self, call: UpstreamCall) -> UpstreamAnswer:
        """Send the call and return once the upstream has begun to answer.

        Cancelling the await closes the connection at once.

        Raises:
            UpstreamError: it refused, or could not be reached.
        """
        ...

    async def close(self) -> None:
        """Release what is held; running answers are closed."""
        ...


class UpstreamError(ExpectedError):
    """An upstream did not answer as it should.

    Attributes:
        try_another: whether another upstream may be tried before the client has seen a byte.
        was_sent: whether the upstream may have begun work, for the record of exposure.
        detail: what was seen, for the operator's log; never shown to clients.
        attempts: every upstream that was tried, set where the last of them failed.
    """

    try_another: ClassVar[bool] = True
    kind = "upstream_error"

    def __init__(  # noqa: PLR0913 - what a failure may carry, each named at the place that raises it
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after_s: int | None = None,
        was_sent: bool = True,
        detail: str = "",
    ) -> None:
        super().__init__(message, code=code, param=param, retry_after_s=retry_after_s)
        self.was_sent = was_sent
        self.detail = detail
        self.attempts: tuple[Attempt, ...] = ()


class RequestRefusedError(UpstreamError):
    """The upstream says that the caller's content is wrong; it stays a 400 with the upstream's message."""

    status = 400
    kind = "invalid_request_error"
    try_another = False


class ContentFilteredError(UpstreamError):
    """The upstream refused the content for safety."""

    status = 400
    kind = "invalid_request_error"
    default_code = "content_filter"
    try_another = False


class RateLimitedError(UpstreamError):
    """The upstream limits us; 429 when no other one can serve."""

    status = 429
    kind = "rate_limit_error"
    default_code = "rate_limit_exceeded"


class BadUpstreamError(UpstreamError):
    """The upstream answered nonsense, broke off, or refused our credentials or our configuration."""

    status = 502
    default_code = "bad_gateway"


class UpstreamUnavailableError(UpstreamError):
    """The upstream could not be reached, is overloaded, or none is configured."""

    status = 503
    kind = "service_unavailable_error"
    default_code = "upstream_unavailable"


class UpstreamTimeoutError(UpstreamError):
    """The upstream was too slow."""

    status = 504
    default_code = "upstream_timeout"


class LateAnswerError(UpstreamTimeoutError):
    """An answer that comes as a whole was not complete in the time that a whole answer has.

    Until it is complete nothing of it is heard, so that this silence does not tell that the upstream is silent.
    """
