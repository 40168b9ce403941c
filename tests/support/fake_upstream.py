"""An upstream in memory that does what a test says, and keeps the promises of the port."""

import asyncio
from collections.abc import Sequence

from tollway.upstreams.port import UpstreamCall, UpstreamError
from tollway.wire.deltas import Delta, TokenUsage

Step = list[Delta] | UpstreamError
HELLO: tuple[Step, ...] = (
    [Delta(reasoning="hm")],
    [Delta(content="Hello")],
    [Delta(finish_reason="stop", usage=TokenUsage(3, 2, 1))],
)


class FakeAnswer:
    """Gives steps, raises where a step is an error, and ends."""

    is_over = False

    def __init__(self, steps: Sequence[Step]) -> None:
        """Take what `next` gives, one after another."""
        self._steps = list(steps)
        self.closed = False

    async def next(self) -> list[Delta]:
        """Give the next step, or the end."""
        await asyncio.sleep(0)
        step = self._steps.pop(0) if self._steps else []
        if isinstance(step, UpstreamError):
            raise step
        return step

    def close(self) -> None:
        """Note that the caller left."""
        self.closed = True


class FakeUpstream:
    """Answers with `steps`, or fails with `error` when there is one; both may be changed at any time."""

    def __init__(self, name: str, *, refused_fields: frozenset[str] = frozenset()) -> None:
        """Make an upstream that says hello."""
        self.id = name
        self.refused_fields = refused_fields
        self.steps: Sequence[Step] = HELLO
        self.error: UpstreamError | None = None
        self.waits_for: asyncio.Event | None = None
        self.calls: list[UpstreamCall] = []
        self.answers: list[FakeAnswer] = []
        self.closed = False

    async def open(self, call: UpstreamCall) -> FakeAnswer:
        """Answer or fail."""
        self.calls.append(call)
        if self.waits_for is not None:
            await self.waits_for.wait()
        if self.error is not None:
            raise self.error
        answer = FakeAnswer(self.steps)
        self.answers.append(answer)
        return answer

    async def close(self) -> None:
        """Note that it is over."""
        self.closed = True
