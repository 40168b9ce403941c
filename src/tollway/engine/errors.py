"""How the engine fails to answer, and how weights fail to be there."""

from tollway.kit.errors import ExpectedError


class EngineError(Exception):
    """The engine did not answer as it should; the upstream that wraps it turns this into its own failure."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class EngineBusyError(EngineError):
    """All slots are taken and the queue is full; ``retry_after_s`` says when to come back."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class EngineUnavailableError(EngineError):
    """The engine is not running, or not yet; ``retry_after_s`` says when to come back."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class EngineRequestError(EngineError):
    """The request cannot be answered by this engine; ``param`` is the path of the field at fault."""

    def __init__(self, message: str, *, code: str, param: str) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class EngineBrokenError(EngineError):
    """The engine broke off or answered nonsense."""


class WeightsError(ExpectedError):
    """Weights are unknown, cannot be fetched or are damaged; the message says what to do."""

    status = 503
    kind = "service_unavailable_error"
    default_code = "weights_unavailable"
