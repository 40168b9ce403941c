"""A deadline that moves often wakes the loop rarely."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tollway.kit.http_client.lazy_timer import LazyTimer


class Handle:
    def __init__(self, when_s: float, callback: Callable[[], None]) -> None:
        self.when_s = when_s
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.handles: list[Handle] = []

    def time(self) -> float:
        return self.now_s

    def call_at(self, when_s: float, callback: Callable[[], None], *_: Any) -> Handle:  # noqa: ANN401 - as the loop's.
        self.handles.append(Handle(when_s, callback))
        return self.handles[-1]

    def advance(self, to_s: float) -> None:
        while due := [handle for handle in self.handles if not handle.cancelled and handle.when_s <= to_s]:
            first = min(due, key=lambda handle: handle.when_s)
            first.cancelled = True
            self.now_s = max(self.now_s, first.when_s)
            first.callback()
        self.now_s = to_s


class Case:
    def __init__(self) -> None:
        self.loop = Loop()
        self.expired: list[tuple[float, float]] = []
        real_loop: asyncio.AbstractEventLoop = self.loop  # type: ignore[assignment] # as much of a loop as a timer needs.
        self.timer = LazyTimer(real_loop, self._note, longest_sleep_s=30)

    def _note(self, deadline_s: float) -> None:
        self.expired.append((self.loop.now_s, deadline_s))


@pytest.fixture
def case() -> Case:
    return Case()


def test_calls_back_once_at_the_deadline(case: Case) -> None:
    case.timer.set(5)
    case.loop.advance(4.99)
    assert case.expired == []
    case.loop.advance(100)
    assert case.expired == [(5, 5)]


def test_a_later_deadline_replaces_an_earlier_one(case: Case) -> None:
    for second in range(10):
        case.loop.advance(second)
        case.timer.set(second + 5)
    case.loop.advance(100)
    assert case.expired == [(14, 14)]


def test_an_earlier_deadline_replaces_a_later_one(case: Case) -> None:
    case.timer.set(50)
    case.timer.set(3)
    case.loop.advance(100)
    assert case.expired == [(3, 3)]


def test_deadlines_beyond_the_longest_sleep(case: Case) -> None:
    case.timer.set(900)
    case.loop.advance(1000)
    assert case.expired == [(900, 900)]


def test_cancelled_timers_are_silent_until_set_again(case: Case) -> None:
    case.timer.set(5)
    case.timer.cancel()
    case.loop.advance(10)
    assert case.expired == []
    case.timer.set(12)
    case.loop.advance(20)
    assert case.expired == [(12, 12)]


def test_moving_the_deadline_is_cheap(case: Case) -> None:
    for step in range(10_000):
        case.loop.advance(step / 100)
        case.timer.set(step / 100 + 120)
        case.timer.set(step / 100 + 30)
    assert case.expired == []
    # Ten thousand moves in a hundred seconds.
    assert len(case.loop.handles) <= 10
