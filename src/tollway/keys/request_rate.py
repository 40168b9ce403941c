"""How often a key may ask a surface that is not inference."""

import math
from collections import OrderedDict, deque

from tollway.keys.errors import RequestRateError, RequestRateState
from tollway.kit.clock import Clock

_MINUTE_S = 60.0


class RequestRate:
    """One rate for all keys, of a surface that is not inference; holds in this process, each key by itself.

    No minute has more requests than the rate, wherever it begins: a moment is kept for each request that counts.
    """

    def __init__(self, requests_per_minute: int, clock: Clock) -> None:
        self._requests_per_minute = requests_per_minute
        self._clock = clock
        self._moments_s: OrderedDict[int, deque[float]] = OrderedDict()

    def take(self, key_id: int) -> RequestRateState:
        """Count one request of a key, and say what is left.

        Raises:
            RequestRateError: the key is at the limit; nothing was counted.
        """
        now_s = self._clock.monotonic_s()
        moments_s = self._moments_s.get(key_id)
        if moments_s is None:
            self._forget_idle(now_s)
            moments_s = self._moments_s[key_id] = deque()
        while moments_s and now_s - moments_s[0] >= _MINUTE_S:
            moments_s.popleft()
        if len(moments_s) >= self._requests_per_minute:
            wait_s = math.ceil(moments_s[0] + _MINUTE_S - now_s)
            raise RequestRateError(self._state(moments_s, now_s), retry_after_s=wait_s)
        moments_s.append(now_s)
        self._moments_s.move_to_end(key_id)
        return self._state(moments_s, now_s)

    def _state(self, moments_s: deque[float], now_s: float) -> RequestRateState:
        left = self._requests_per_minute - len(moments_s)
        reset_s = math.ceil(moments_s[-1] + _MINUTE_S - now_s)
        return RequestRateState(self._requests_per_minute, left, reset_s)

    def _forget_idle(self, now_s: float) -> None:
        """Forget keys whose last request counts no more; the longest idle ones come first."""
        while self._moments_s:
            key_id, moments_s = next(iter(self._moments_s.items()))
            if moments_s and now_s - moments_s[-1] < _MINUTE_S:
                break
            del self._moments_s[key_id]
