"""The caller's end of a request, as the flow sees it."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable
from enum import Enum
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")


class Interruption(Enum):
    """Why a request ends before its answer does."""

    CLIENT_LEFT = "client_disconnected"
    SHUTTING_DOWN = "shutting_down"


class InterruptedRequestError(Exception):
    """The request was interrupted while it waited; says why."""

    def __init__(self, reason: Interruption) -> None:
        super().__init__(reason.value)
        self.reason = reason


class AnswerHead(Struct, frozen=True, kw_only=True):
    """What is known of an answer when its head leaves.

    Attributes:
        ignored: paths of fields that had no effect.
        served_by: which upstream answers, and whether it is a stand-in.
    """

    ignored: tuple[str, ...]
    served_by: str


class Reply(ABC):
    """Takes the answer of one request, and tells when nobody waits for it any more.

    The request has one owner task. An interruption comes from outside that task: it ends a running ``wait`` at once,
    and nothing else, so that ledger operations always run to their end.

    Attributes:
        owner: the task that ``wait`` is called by, None until it is known.
        interruption: why the request is to end, once it is.
        waited_s: time spent in ``wait``, for upstream or client.
    """

    def __init__(self) -> None:
        self.interruption: Interruption | None = None
        self.waited_s = 0.0
        self.owner: asyncio.Task[object] | None = None
        self._is_waiting = False

    def interrupt(self, reason: Interruption) -> None:
        """Note that the request is to end; the first reason stays."""
        if self.interruption is None:
            self.interruption = reason
            if self._is_waiting and self.owner is not None:
                self.owner.cancel()

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """Await something that an interruption ends.

        Raises:
            InterruptedRequestError: the request was interrupted; what was awaited has been cancelled.
        """
        self._raise_if_interrupted(awaitable)
        task = self.owner or asyncio.current_task()
        self.owner, self._is_waiting = task, True
        started_s = time.monotonic()
        try:
            return await awaitable
        except asyncio.CancelledError:
            if self.interruption is None or (task is not None and task.cancelling() > 1):
                # Somebody else cancelled the task (too): a hard stop wins.
                raise
            raise InterruptedRequestError(self.interruption) from None
        finally:
            self._is_waiting = False
            if self.interruption is not None and task is not None:
                # Taken back however the wait ended, so that ledger operations after it are not disturbed.
                task.uncancel()
            self.waited_s += time.monotonic() - started_s

    def _raise_if_interrupted(self, unused: Awaitable[object]) -> None:
        if self.interruption is not None:
            # A coroutine that never ran is closed, so that it leaves no warning.
            if asyncio.iscoroutine(unused):
                unused.close()
            elif isinstance(unused, asyncio.Future):
                unused.cancel()
            raise InterruptedRequestError(self.interruption)

    @property
    @abstractmethod
    def is_congested(self) -> bool:
        """Whether the client reads more slowly than the answer arises."""

    @abstractmethod
    async def drained(self) -> None:
        """Wait until the client has read enough."""

    @abstractmethod
    def send_json(self, head: AnswerHead, body: bytes, credits_used: int) -> None:
        """Send a whole answer and its cost."""

    @abstractmethod
    def start_stream(self, head: AnswerHead) -> None:
        """Send the head of a stream; nothing but ``write`` and ``finish`` may follow."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send a piece of the stream, never an empty one: in chunked coding that would be the end."""

    @abstractmethod
    def cut(self) -> None:
        """Break the connection off, because the answer cannot be brought to an honest end or nobody takes it."""

    @abstractmethod
    def finish(self, data: bytes) -> None:
        """Send the last piece and end the stream."""
