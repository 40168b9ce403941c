"""When an upstream is left alone, and when it is tried again."""

import pytest

from tests.support.held_clock import HeldClock
from tollway.upstreams.breaker import Breaker, BreakerSettings

SETTINGS = BreakerSettings(consecutive_failures=3, window_min=10, window=20, open_s=1.0, open_s_max=3.0)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def breaker(clock: HeldClock) -> Breaker:
    return Breaker(clock, SETTINGS)


def fail(breaker: Breaker, times: int = 1, *, silently: bool = False) -> None:
    for _ in range(times):
        breaker.failed(silently=silently)


def state_of(breaker: Breaker) -> str:
    return breaker.state


def test_failures_in_a_row_open_it(breaker: Breaker) -> None:
    fail(breaker, 2)
    assert breaker.try_acquire()

    fail(breaker)

    assert state_of(breaker) == "open"
    assert not breaker.try_acquire()
    assert breaker.retry_after_s == 1


def test_a_success_between_keeps_it_closed(breaker: Breaker) -> None:
    for _ in range(2):
        fail(breaker, 2)
        breaker.succeeded()
        breaker.succeeded()
        breaker.succeeded()

    assert state_of(breaker) == "closed"


def test_a_ratio_of_failures_opens_it(breaker: Breaker) -> None:
    for _ in range(4):
        breaker.succeeded()
        fail(breaker)
    assert state_of(breaker) == "closed"

    breaker.succeeded()
    fail(breaker)

    assert state_of(breaker) == "open"


def test_old_failures_do_not_count(breaker: Breaker, clock: HeldClock) -> None:
    for _ in range(4):
        breaker.succeeded()
        fail(breaker)
    clock.advance(61)

    breaker.succeeded()
    fail(breaker)

    assert state_of(breaker) == "closed"
    assert breaker.is_healthy


def test_one_call_at_a_time_tries_after_a_while(breaker: Breaker, clock: HeldClock) -> None:
    fail(breaker, 3)
    clock.advance(1)

    assert state_of(breaker) == "half_open"
    assert breaker.try_acquire()
    assert not breaker.try_acquire()


def test_successful_tries_close_it(breaker: Breaker, clock: HeldClock) -> None:
    fail(breaker, 3)
    clock.advance(1)

    for _ in range(2):
        assert breaker.try_acquire()
        breaker.succeeded()

    assert state_of(breaker) == "closed"
    assert breaker.is_healthy


def test_a_failed_try_opens_it_for_longer_up_to_a_limit(breaker: Breaker, clock: HeldClock) -> None:
    fail(breaker, 3)

    for open_s in (1, 2, 3, 3):
        clock.advance(open_s - 0.01)
        assert not breaker.try_acquire()
        clock.advance(0.01)
        assert breaker.try_acquire()
        fail(breaker)


def test_a_try_whose_caller_left_makes_room_for_another(breaker: Breaker, clock: HeldClock) -> None:
    fail(breaker, 3)
    clock.advance(1)
    assert breaker.try_acquire()

    breaker.abandoned()

    assert breaker.try_acquire()


def test_few_failures_make_it_second_choice(breaker: Breaker) -> None:
    for _ in range(8):
        breaker.succeeded()
    fail(breaker)
    before = breaker.is_healthy

    fail(breaker)

    assert (before, breaker.is_healthy) == (True, False)
    assert state_of(breaker) == "closed"


def test_silence_is_told_from_wrong_answers(breaker: Breaker) -> None:
    fail(breaker, 2, silently=True)
    fail(breaker)
    assert not breaker.is_silent


def test_silence_in_a_row_is_told(breaker: Breaker) -> None:
    fail(breaker, 3, silently=True)

    assert breaker.is_silent


def test_the_window_forgets_the_oldest(breaker: Breaker) -> None:
    fail(breaker, 2)
    for _ in range(20):
        breaker.succeeded()
    fail(breaker)

    assert breaker.is_healthy
