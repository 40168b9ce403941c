"""How often and how often at once a key and an account may call.

Requests are metered by the generic cell rate algorithm (ITU-T I.371, annex A): a bucket that holds a minute's worth of
requests and fills evenly, kept as one number, the moment at which it is full again. So a caller may spend a minute's
requests at once and then goes on at the even rate. Calls under way are counted.
"""

from collections import OrderedDict
from typing import Protocol

from tollway.keys.errors import RateLimitedError, RateLimitState
from tollway.keys.types import KeyEntry
from tollway.kit.clock import Clock
from tollway.kit.settings import LimitSettings

_SECOND_NS = 1_000_000_000
_MINUTE_NS = 60 * _SECOND_NS
_CALL_ENDS_S = 1  # Nobody knows when a call under way ends; clients are told to ask again in a second.
_SWEPT_PER_NEW = 4  # A new caller adds up to two buckets, so what is idle becomes less.


class Permit(Protocol):
    """Leave for one call."""

    @property
    def state(self) -> RateLimitState:
        """What was left after this call was admitted."""
        ...

    def release(self) -> None:
        """Say that the call has ended; the second time is a no-op."""
        ...


class RateLimits(Protocol):
    """Limits of keys and accounts, in this process or shared by several."""

    async def acquire(self, caller: KeyEntry) -> Permit:
        """Count one call; its permit is released once, when the call has ended however it did.

        Raises:
            RateLimitedError: the key or its account is at a limit; nothing was counted.
        """
        ...


class _Bucket:
    """What is remembered of one key or account.

    Time is in whole nanoseconds: an interval that is rounded down never refuses a request that the limit allows,
    where a float would, now and then.
    """

    __slots__ = ("calls", "calls_max", "full_at_ns", "interval_ns", "requests_per_minute")

    def __init__(self, requests_per_minute: int, calls_max: int) -> None:
        self.full_at_ns = 0
        self.calls = 0
        self.requests_per_minute = requests_per_minute
        self.calls_max = calls_max
        self.interval_ns = _interval_ns(requests_per_minute)

    def change(self, requests_per_minute: int, calls_max: int, now_ns: int) -> None:
        """Set other limits; the requests that were counted stay counted, as far as the new limit reaches."""
        used = max(0, self.full_at_ns - now_ns) // self.interval_ns
        self.requests_per_minute = requests_per_minute
        self.calls_max = calls_max
        self.interval_ns = _interval_ns(requests_per_minute)
        self.full_at_ns = now_ns + min(used, requests_per_minute) * self.interval_ns

    def take_call(self, now_ns: int) -> None:
        """Count one request and one call."""
        self.full_at_ns = max(now_ns, self.full_at_ns) + self.interval_ns
        self.calls += 1

    def remaining_requests(self, now_ns: int) -> int:
        """Requests that would pass now."""
        full_in_ns = self.full_at_ns - now_ns
        if full_in_ns >= _MINUTE_NS:
            return 0
        return (_MINUTE_NS - full_in_ns if full_in_ns > 0 else _MINUTE_NS) // self.interval_ns


class InProcessRateLimits:
    """Limits that hold in this process. Every step takes constant time.

    A bucket that is full and has no call under way is the same as no bucket, so each new key lets some such ones go:
    memory is bounded by the keys and accounts of the busiest minute.
    """

    def __init__(self, defaults: LimitSettings, clock: Clock) -> None:
        self._defaults = defaults
        self._clock = clock
        # Keys are positive, accounts negative numbers.
        self._buckets: OrderedDict[int, _Bucket] = OrderedDict()

    async def acquire(self, caller: KeyEntry) -> "InProcessPermit":
        """Count one call of the key and of its account.

        Raises:
            RateLimitedError: one of them is at a limit; nothing was counted.
        """
        now_ns = int(self._clock.monotonic_s() * _SECOND_NS)
        if caller.key_id not in self._buckets:
            _sweep(self._buckets, now_ns)
        defaults = self._defaults
        key = self._bucket(
            caller.key_id,
            caller.requests_per_minute or defaults.requests_per_minute,
            caller.concurrent_requests or defaults.concurrent_requests,
            now_ns,
        )
        account = self._bucket(
            -caller.account_id, defaults.account_requests_per_minute, defaults.account_concurrent_requests, now_ns
        )
        wait_ns = max(key.full_at_ns + key.interval_ns, account.full_at_ns + account.interval_ns) - now_ns - _MINUTE_NS
        if wait_ns > 0:
            raise RateLimitedError(_state(key, account, now_ns), retry_after_s=_whole_seconds(wait_ns))
        if key.calls >= key.calls_max or account.calls >= account.calls_max:
            raise RateLimitedError(_state(key, account, now_ns), retry_after_s=_CALL_ENDS_S)
        key.take_call(now_ns)
        account.take_call(now_ns)
        return InProcessPermit(_state(key, account, now_ns), key, account)

    @property
    def remembered(self) -> int:
        """How many keys and accounts take memory."""
        return len(self._buckets)

    def _bucket(self, number: int, requests_per_minute: int, calls_max: int, now_ns: int) -> _Bucket:
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._buckets[number] = _Bucket(requests_per_minute, calls_max)
        elif bucket.requests_per_minute != requests_per_minute or bucket.calls_max != calls_max:
            bucket.change(requests_per_minute, calls_max, now_ns)
        return bucket


class InProcessPermit:
    """Leave for one call of `InProcessRateLimits`."""

    __slots__ = ("_account", "_key", "_released", "state")

    def __init__(self, state: RateLimitState, key: _Bucket, account: _Bucket) -> None:
        self.state = state
        self._key = key
        self._account = account
        self._released = False

    def release(self) -> None:
        """Say that the call has ended; the second time is a no-op."""
        if not self._released:
            self._released = True
            self._key.calls -= 1
            self._account.calls -= 1


def _sweep(buckets: OrderedDict[int, _Bucket], now_ns: int) -> None:
    for _ in range(min(_SWEPT_PER_NEW, len(buckets))):
        number, bucket = buckets.popitem(last=False)
        if bucket.calls or bucket.full_at_ns > now_ns:
            buckets[number] = bucket


def _reset_s(bucket: _Bucket, now_ns: int) -> int:
    return _whole_seconds(bucket.full_at_ns - now_ns) if bucket.full_at_ns > now_ns else 0


def _state(key: _Bucket, account: _Bucket, now_ns: int) -> RateLimitState:
    """Describe, for requests and for calls each, the one of the two limits that leaves less."""
    rate, remaining = key, key.remaining_requests(now_ns)
    account_remaining = account.remaining_requests(now_ns)
    if account_remaining < remaining:
        rate, remaining = account, account_remaining
    calls, calls_left = key, key.calls_max - key.calls
    account_calls_left = account.calls_max - account.calls
    if account_calls_left < calls_left:
        calls, calls_left = account, account_calls_left
    return RateLimitState(
        rate.requests_per_minute,
        remaining,
        _reset_s(rate, now_ns),
        calls.calls_max,
        max(0, calls_left),
    )


def _interval_ns(requests_per_minute: int) -> int:
    """Time from one request to the next at an even rate; rates beyond one a nanosecond are as good as none."""
    return max(1, _MINUTE_NS // requests_per_minute)


def _whole_seconds(duration_ns: int) -> int:
    """Round up, so that nobody is asked to come back too early."""
    return -(-duration_ns // _SECOND_NS)
