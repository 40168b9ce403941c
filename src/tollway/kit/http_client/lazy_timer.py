"""A deadline that moves for the price of a comparison."""

import asyncio
from collections.abc import Callable

# Event loops count in milliseconds: a callback that comes this much early is on time.
_GRANULARITY_S = 0.001


class LazyTimer:
    """Calls back once its deadline has passed; the deadline may be moved at every chunk.

    Cancelling and creating a loop timer for each chunk costs more than the chunk. So the loop timer stays where it is
    when the deadline moves later; when it fires too early, it goes to sleep again until the deadline of that moment.
    """

    __slots__ = ("_deadline", "_fires_at", "_handle", "_longest_sleep_s", "_loop", "_on_expired")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, on_expired: Callable[[float], None], *, longest_sleep_s: float
    ) -> None:
        """Make a timer without a deadline; ``on_expired`` is told which deadline has passed.

        ``longest_sleep_s`` is the shortest deadline that is set habitually. Sleeping no longer than that keeps the loop
        timer from being re-created when long and short deadlines alternate.
        """
        self._loop = loop
        self._on_expired = on_expired
        self._longest_sleep_s = longest_sleep_s
        self._deadline = float("inf")
        self._fires_at = float("inf")
        self._handle: asyncio.TimerHandle | None = None

    def set(self, deadline_s: float) -> None:
        """Move the deadline, given in the loop's time."""
        self._deadline = deadline_s
        if deadline_s < self._fires_at:
            self._sleep()

    def cancel(self) -> None:
        """Never call back, unless a new deadline is set."""
        self._deadline = self._fires_at = float("inf")
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _sleep(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._fires_at = min(self._deadline, self._loop.time() + self._longest_sleep_s)
        self._handle = self._loop.call_at(self._fires_at, self._wake)

    def _wake(self) -> None:
        self._handle = None
        self._fires_at = float("inf")
        if self._loop.time() + _GRANULARITY_S >= self._deadline:
            expired, self._deadline = self._deadline, float("inf")
            self._on_expired(expired)
        else:
            self._sleep()
