"""From the bytes of an upstream's answer to steps, without any I/O."""

import msgspec

from tollway.upstreams.openai_compatible.delta_maker import DeltaMaker
from tollway.upstreams.openai_compatible.error_body import holds_error
from tollway.upstreams.openai_compatible.errors import ErrorMapper
from tollway.upstreams.openai_compatible.event_types import AnswerEvent
from tollway.upstreams.openai_compatible.finish_reasons import BrokenAnswerError
from tollway.upstreams.openai_compatible.tool_calls import NamelessToolCallError
from tollway.upstreams.port import UpstreamError
from tollway.wire.deltas import Delta
from tollway.wire.sse import EventSplitter, EventTooLongError

_DONE = b"[DONE]"
_decode_event = msgspec.json.Decoder(AnswerEvent).decode
_decode_any = msgspec.json.Decoder().decode


def read_body(body: bytes, maker: DeltaMaker, errors: ErrorMapper) -> Delta:
    """Read a whole JSON answer.

    Raises:
        UpstreamError: it is an error, or no answer at all.
    """
    event = _decode(body, errors)
    if event.error or not event.choices:
        raise _error_in(body, errors) or errors.nonsense("the answer has no choices")
    if event.choices[0].error:
        raise errors.inside({"error": event.choices[0].error})
    try:
        return maker.of_body(event)
    except (BrokenAnswerError, NamelessToolCallError) as error:
        raise errors.broken(str(error)) from error


class EventReader:
    """Turns pieces of an event stream into steps, one for each event.

    An error does not swallow the steps before it, so that what is delivered does not depend on the borders of reads: it
    is kept in ``failure``, to be raised when those steps have been taken.
    """

    def __init__(self, maker: DeltaMaker, errors: ErrorMapper) -> None:
        self._maker = maker
        self._errors = errors
        self._splitter = EventSplitter()
        self.failure: UpstreamError | None = None
        self.is_done = False
        """Whether the end was reached, complete or not; ``failure`` tells which."""

    def feed(self, piece: bytes) -> list[Delta]:
        """Take the next piece and return the steps that it completes."""
        try:
            events = self._splitter.feed(piece)
        except EventTooLongError as error:
            self._fail(self._errors.nonsense(str(error)))
            return []
        return self._steps(events)

    def end(self) -> list[Delta]:
        """Say that the upstream closed the stream.

        A last event without the blank line is read all the same. Without ``[DONE]`` the answer is complete if a finish
        reason was seen.
        """
        deltas = self._steps(self._splitter.feed(b"\n\n")) if self._splitter.has_unfinished_event else []
        if not self.is_done:
            self._complete("the stream ended")
        return deltas

    def lose(self, failure: UpstreamError) -> None:
        """Say that the connection failed; after a finish reason nothing of the answer can be missing but its usage."""
        self.is_done = True
        self.failure = None if self._maker.is_finished else failure

    def _steps(self, events: list[bytes]) -> list[Delta]:
        deltas: list[Delta] = []
        for event in events:
            if self.is_done:
                break
            if event.strip() == _DONE:
                self._complete("the stream was declared done")
            elif event:
                try:
                    deltas.append(self._step(event))
                except UpstreamError as error:
                    self._fail(error)
        return deltas

    def _step(self, data: bytes) -> Delta:
        event = _decode(data, self._errors)
        if event.error or (event.choices is None and event.usage is None):
            failure = _error_in(data, self._errors)
            if failure is not None:
                raise failure
        if event.choices and event.choices[0].error:
            raise self._errors.inside({"error": event.choices[0].error})
        try:
            return self._maker.of_chunk(event)
        except (BrokenAnswerError, NamelessToolCallError) as error:
            raise self._errors.broken(str(error)) from error

    def _complete(self, how: str) -> None:
        self.is_done = True
        if not self._maker.is_finished:
            self.failure = self._errors.broken(f"{how} without a finish reason")

    def _fail(self, failure: UpstreamError) -> None:
        self.is_done = True
        self.failure = failure


def _decode(data: bytes, errors: ErrorMapper) -> AnswerEvent:
    try:
        return _decode_event(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        failure = _error_in(data, errors)
        raise failure or errors.nonsense(f"not a chat completion: {error}") from error


def _error_in(data: bytes, errors: ErrorMapper) -> UpstreamError | None:
    try:
        value = _decode_any(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return errors.inside(value) if holds_error(value) else None
