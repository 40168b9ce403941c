"""The bounded queue in front of the engine's slots."""

import asyncio
import collections

from tollway.engine.errors import EngineBusyError

RETRY_AFTER_S = 5
"""What a refused caller is told; an answer of the stand-in takes a few seconds."""

QUEUE_TIMEOUT_S = 120.0
"""Longest wait for a slot."""


class Slot:
    """One place at which the engine answers; it keeps the computed state of its last prompt."""

    __slots__ = ("index", "last_prompt")

    def __init__(self, index: int) -> None:
        self.index = index
        self.last_prompt = ""


class SlotLease:
    """The right to use one slot, until it is released."""

    __slots__ = ("_released", "_slots", "slot")

    def __init__(self, slots: "Slots", slot: Slot) -> None:
        self._slots = slots
        self._released = False
        self.slot = slot

    def release(self) -> None:
        """Give the slot back; may be called twice."""
        if not self._released:
            self._released = True
            self._slots._hand_on(self.slot)  # noqa: SLF001 - the two halves of one mechanism


class Slots:
    """Lets ``count`` requests run, ``queue`` more wait in order, at most ``wait_s``, and refuses the rest at once."""

    def __init__(self, count: int, queue: int, *, wait_s: float = QUEUE_TIMEOUT_S) -> None:
        self._free = [Slot(index) for index in range(count)]
        self._queue = queue
        self._wait_s = wait_s
        self._waiters: collections.deque[asyncio.Future[Slot]] = collections.deque()
        self._running = 0

    @property
    def running(self) -> int:
        """Number of requests that hold a slot."""
        return self._running

    @property
    def waiting(self) -> int:
        """Number of requests that wait for a slot."""
        return sum(not waiter.done() for waiter in self._waiters)

    async def acquire(self, prompt: str) -> SlotLease:
        """Take a slot, the one that holds the most of ``prompt`` already, waiting in order if all are taken.

        Raises:
            EngineBusyError: the queue is full, or no slot became free within ``wait_s``.
        """
        if self._free:
            slot = max(self._free, key=lambda free: _common_length(free.last_prompt, prompt))
            self._free.remove(slot)
            self._running += 1
        elif self.waiting >= self._queue:
            raise _busy()
        else:
            slot = await self._wait()
        slot.last_prompt = prompt
        return SlotLease(self, slot)

    async def _wait(self) -> Slot:
        waiter: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(self._wait_s):
                return await self._turn(waiter)
        except TimeoutError:
            raise _busy() from None

    async def _turn(self, waiter: asyncio.Future[Slot]) -> Slot:
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                # It was this request's turn already: pass it on.
                self._hand_on(waiter.result())
            raise

    def _hand_on(self, slot: Slot) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(slot)
                return
        self._free.append(slot)
        self._running -= 1


def _busy() -> EngineBusyError:
    return EngineBusyError("The embedded engine is busy; try again later.", retry_after_s=RETRY_AFTER_S)


def _common_length(left: str, right: str) -> int:
    for index, (ours, theirs) in enumerate(zip(left, right, strict=False)):
        if ours != theirs:
            return index
    return min(len(left), len(right))
