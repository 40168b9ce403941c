"""How often, and how often at once, keys and accounts may call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.keys.errors import RateLimitedError, RateLimitState
from tollway.keys.rate_limits import InProcessPermit, InProcessRateLimits
from tollway.keys.types import KeyEntry, KeyKind
from tollway.kit.settings import LimitSettings

PLENTY = 1_000_000


class SteppedClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment_s = 1_000.0

    def now_ms(self) -> int:
        return int(self.moment_s * 1000)

    def monotonic_s(self) -> float:
        return self.moment_s


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


def caller(key_id: int = 1, account_id: int = 1, *, rate: int | None = None, calls: int | None = None) -> KeyEntry:
    return KeyEntry(
        key_id=key_id,
        account_id=account_id,
        prefix=f"twk{key_id:05d}",
        kind=KeyKind.API,
        scopes=None,
        limit_credits=None,
        limit_period="no_reset",
        requests_per_minute=rate,
        concurrent_requests=calls,
    )


def limits(
    clock: SteppedClock,
    *,
    rate: int = PLENTY,
    calls: int = PLENTY,
    account_rate: int = PLENTY,
    account_calls: int = PLENTY,
) -> InProcessRateLimits:
    settings = LimitSettings(
        requests_per_minute=rate,
        concurrent_requests=calls,
        account_requests_per_minute=account_rate,
        account_concurrent_requests=account_calls,
    )
    return InProcessRateLimits(settings, clock)


async def admitted(limited: InProcessRateLimits, who: KeyEntry, attempts: int) -> int:
    """How many of the attempts pass, each call ending at once."""
    passed = 0
    for _ in range(attempts):
        try:
            (await limited.acquire(who)).release()
        except RateLimitedError:
            continue
        passed += 1
    return passed


async def refusal(limited: InProcessRateLimits, who: KeyEntry) -> RateLimitedError:
    with pytest.raises(RateLimitedError) as caught:
        await limited.acquire(who)
    return caught.value


async def test_a_minutes_requests_pass_at_once_and_the_next_is_told_when(clock: SteppedClock) -> None:
    limited = limits(clock, rate=6)
    assert await admitted(limited, caller(), 6) == 6

    refused = await refusal(limited, caller())

    assert refused.message == "Too Many Requests"
    assert refused.status == 429
    assert refused.retry_after_s == 10
    assert (refused.state.limit_requests, refused.state.remaining_requests) == (6, 0)
    assert refused.state.reset_requests_s == 60


async def test_coming_back_when_told_is_enough(clock: SteppedClock) -> None:
    limited = limits(clock, rate=7)
    await admitted(limited, caller(), 7)
    refused = await refusal(limited, caller())

    clock.moment_s += refused.retry_after_s or 0

    assert await admitted(limited, caller(), 2) == 1


async def test_the_state_counts_down_and_recovers(clock: SteppedClock) -> None:
    limited = limits(clock, rate=60, calls=5)

    first = (await limited.acquire(caller())).state
    second = (await limited.acquire(caller())).state
    clock.moment_s += 30
    later = (await limited.acquire(caller())).state

    assert first == RateLimitState(60, 59, 1, 5, 4)
    assert second == RateLimitState(60, 58, 2, 5, 3)
    assert later == RateLimitState(60, 59, 1, 5, 2)


async def test_a_keys_own_limits_replace_the_defaults_and_changes_hold_at_once(clock: SteppedClock) -> None:
    limited = limits(clock, rate=2, calls=1)

    assert await admitted(limited, caller(), 10) == 2
    assert await admitted(limited, caller(key_id=2, rate=4, calls=3), 10) == 4
    assert await admitted(limited, caller(key_id=1, rate=10), 10) == 8
    assert await admitted(limited, caller(key_id=1, rate=3), 10) == 0
    clock.moment_s += 60
    assert await admitted(limited, caller(key_id=1, rate=3), 10) == 3


async def test_calls_under_way_are_limited_until_one_ends(clock: SteppedClock) -> None:
    limited = limits(clock, calls=2)
    first = await limited.acquire(caller())
    await limited.acquire(caller())

    refused = await refusal(limited, caller())
    first.release()
    third = await limited.acquire(caller())

    assert refused.retry_after_s == 1
    assert (refused.state.limit_concurrent, refused.state.remaining_concurrent) == (2, 0)
    assert third.state.remaining_concurrent == 0


async def test_a_second_release_frees_nothing(clock: SteppedClock) -> None:
    limited = limits(clock, calls=2)
    first = await limited.acquire(caller())
    await limited.acquire(caller())

    first.release()
    first.release()
    await limited.acquire(caller())

    await refusal(limited, caller())


async def test_the_keys_of_an_account_share_its_limits(clock: SteppedClock) -> None:
    limited = limits(clock, account_rate=5)

    assert await admitted(limited, caller(key_id=1), 3) == 3
    assert await admitted(limited, caller(key_id=2), 3) == 2
    assert (await refusal(limited, caller(key_id=3))).state.limit_requests == 5


async def test_an_account_limits_its_calls_under_way(clock: SteppedClock) -> None:
    limited = limits(clock, account_calls=2)
    await limited.acquire(caller(key_id=1))
    await limited.acquire(caller(key_id=2))

    assert (await refusal(limited, caller(key_id=3))).state.limit_concurrent == 2
    assert await admitted(limited, caller(key_id=4, account_id=2), 1) == 1


async def test_a_key_that_hammers_leaves_the_account_to_its_other_keys(clock: SteppedClock) -> None:
    limited = limits(clock, rate=10, account_rate=20)

    assert await admitted(limited, caller(key_id=1), 1_000) == 10
    assert await admitted(limited, caller(key_id=2), 1_000) == 10


async def test_one_account_cannot_slow_another(clock: SteppedClock) -> None:
    limited = limits(clock, account_rate=3)

    assert await admitted(limited, caller(key_id=1, account_id=1), 100) == 3
    assert await admitted(limited, caller(key_id=2, account_id=2), 100) == 3


async def test_a_refusal_for_calls_under_way_costs_no_request(clock: SteppedClock) -> None:
    limited = limits(clock, rate=10, calls=1)
    permit = await limited.acquire(caller())
    for _ in range(50):
        await refusal(limited, caller())
    permit.release()

    assert await admitted(limited, caller(), 50) == 9


async def test_the_rate_is_even_over_a_long_time(clock: SteppedClock) -> None:
    limited = limits(clock, rate=90)
    passed = 0
    for _ in range(3_600):
        clock.moment_s += 0.25
        passed += await admitted(limited, caller(), 1)

    # Fifteen minutes at the limit, and the minute's worth that was there at the start.
    assert 15 * 90 <= passed <= 15 * 90 + 90


@given(st.integers(1, 100_000))
async def test_every_rate_lets_exactly_its_number_pass_at_once(rate: int) -> None:
    clock = SteppedClock()
    limited = limits(clock, rate=rate)
    bucket = await limited.acquire(caller())

    assert bucket.state.remaining_requests == rate - 1
    clock.moment_s += 60
    assert (await limited.acquire(caller())).state.remaining_requests == rate - 1


async def test_a_rate_beyond_counting_is_no_limit(clock: SteppedClock) -> None:
    limited = limits(clock, rate=10**15)

    assert await admitted(limited, caller(), 1_000) == 1_000


async def test_memory_follows_the_callers_of_the_last_minute(clock: SteppedClock) -> None:
    limited = limits(clock)
    for number in range(1, 2_001):
        await admitted(limited, caller(key_id=number, account_id=number), 1)
    clock.moment_s += 61
    for number in range(3_001, 7_001):
        await admitted(limited, caller(key_id=number, account_id=number), 1)
        clock.moment_s += 1

    assert limited.remembered < 10


async def test_a_call_under_way_is_never_forgotten(clock: SteppedClock) -> None:
    limited = limits(clock, calls=1)
    running: InProcessPermit = await limited.acquire(caller())
    for number in range(2, 1_000):
        clock.moment_s += 61
        await admitted(limited, caller(key_id=number, account_id=number), 1)

    await refusal(limited, caller())
    running.release()
    assert await admitted(limited, caller(), 1) == 1
