"""The port to the engine that runs beside the gateway."""

from tollway.engine.engine import Engine
from tollway.engine.errors import EngineBusyError, EngineError, EngineRequestError, EngineUnavailableError
from tollway.engine.generation import Generation
from tollway.upstreams.port import (
    BadUpstreamError,
    RequestRefusedError,
    UpstreamCall,
    UpstreamError,
    UpstreamUnavailableError,
)
from tollway.wire.deltas import Delta

UPSTREAM_ID = "embedded"


class EmbeddedAnswer:
    """An answer of the engine that has begun."""

    is_over = False
    """Its end is told by ``next``."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    async def next(self) -> list[Delta]:
        """Return the next steps; an empty list is the complete end.

        Raises:
            UpstreamError: the engine broke off.
        """
        try:
            return await self._generation.next()
        except EngineError as error:
            raise upstream_error(error, was_sent=True) from error

    def close(self) -> None:
        """End the answer at once and free its slot; may be called twice."""
        self._generation.close()


class EmbeddedUpstream:
    """Answers with the embedded engine; the name of the model changes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def id(self) -> str:
        """Its name, ``embedded``."""
        return UPSTREAM_ID

    @property
    def refused_fields(self) -> frozenset[str]:
        """A predicted answer is of no use here; everything else of the schema works."""
        return frozenset({"prediction"})

    async def open(self, call: UpstreamCall) -> EmbeddedAnswer:
        """Wait for a slot and begin to answer.

        Raises:
            UpstreamError: the request does not fit, the queue is full, or the engine is not running.
        """
        try:
            return EmbeddedAnswer(await self._engine.answer(call.request, call.max_output_tokens))
        except EngineError as error:
            raise upstream_error(error, was_sent=False) from error

    async def close(self) -> None:
        """Stop the engine; running answers break off."""
        await self._engine.stop()


def upstream_error(error: EngineError, *, was_sent: bool) -> UpstreamError:
    """Say in the port's terms how the engine failed."""
    match error:
        case EngineRequestError():
            return RequestRefusedError(error.message, code=error.code, param=error.param or None, was_sent=was_sent)
        case EngineBusyError() | EngineUnavailableError():
            return UpstreamUnavailableError(error.message, retry_after_s=error.retry_after_s, was_sent=was_sent)
        case _:
            return BadUpstreamError(
                "The embedded engine broke off its answer.", was_sent=was_sent, detail=error.message
            )
