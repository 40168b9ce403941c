"""How keys and their limits refuse."""

from msgspec import Struct

from tollway.kit.errors import (
    BadRequestError,
    ConflictError,
    ExpectedError,
    NotFoundError,
    PermissionDeniedError,
    TooManyRequestsError,
    UnavailableError,
)


class UnknownKeyError(NotFoundError):
    """No key of that prefix exists, or it was deleted, or it belongs to another account."""

    default_code = "key_not_found"


class WrongKeyFieldError(BadRequestError):
    """A field of a new or changed key is out of range; ``field`` is its path, such as ``limit.threshold``."""

    default_code = "invalid_key_field"

    def __init__(self, field: str, expected: str, received: str) -> None:
        super().__init__(f"{field}: expected {expected}, received {received}", param=field)
        self.field = field
        self.expected = expected
        self.received = received


class ManagementKeyRefusedError(PermissionDeniedError):
    """Management keys are made and changed by the operator or the signed-in owner, never through another key."""

    default_code = "management_key_refused"


class OperatorKeyRefusedError(PermissionDeniedError):
    """Operator keys are made and changed by the command line, and for accounts of operators alone."""

    default_code = "operator_key_refused"


class PlaygroundKeyRefusedError(PermissionDeniedError):
    """The key of an account's playground is made by the playground itself, and by nobody else."""

    default_code = "playground_key_refused"


class TooManyKeysError(ConflictError):
    """The account has as many keys as it may have."""

    default_code = "too_many_keys"


class PepperError(ExpectedError):
    """The server's pepper cannot be read or made, so that no key can be checked."""

    default_code = "pepper_unusable"


class RequestRateState(Struct, frozen=True):
    """What the headers of a surface with a request rate say.

    Attributes:
        limit_requests: requests a minute.
        remaining_requests: requests that would pass right now.
        reset_requests_s: whole seconds until all of ``limit_requests`` would pass.
    """

    limit_requests: int
    remaining_requests: int
    reset_requests_s: int


class RateLimitState(RequestRateState, frozen=True):
    """The same for the tighter of the key's and the account's limit, with the calls under way.

    Attributes:
        limit_concurrent: calls that may be under way at once.
        remaining_concurrent: calls that could begin right now.
    """

    limit_concurrent: int
    remaining_concurrent: int


class RequestRateError(TooManyRequestsError):
    """A request came too early after others; ``state`` is for the headers of the refusal."""

    def __init__(self, state: RequestRateState, *, retry_after_s: int) -> None:
        super().__init__("Too Many Requests", retry_after_s=retry_after_s)
        self.state = state


class RateLimitedError(RequestRateError):
    """A call came too early or beside too many others."""

    state: RateLimitState

    def __init__(self, state: RateLimitState, *, retry_after_s: int) -> None:
        super().__init__(state, retry_after_s=retry_after_s)


class KeySourceError(UnavailableError):
    """The stored keys cannot be read at present."""

    default_code = "keys_unreadable"
