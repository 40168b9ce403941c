"""The breaker of one upstream: whether it is asked at all, and whether others are asked before it."""

import collections
import math

from msgspec import Struct

from tollway.kit.clock import Clock
from tollway.upstreams.report import BreakerState


class BreakerSettings(Struct, frozen=True, kw_only=True):
    """When a breaker opens and closes.

    Attributes:
        consecutive_failures: so many in a row open it.
        failure_ratio: this part of the outcomes in the window opens it, once there are ``window_min``.
        unhealthy_ratio: from this part on others are asked first, once there were ``unhealthy_failures``.
        window: newest outcomes that count.
        window_s: age at which an outcome counts no more.
        open_s: how long it stays open before a single call may try the upstream again.
        open_s_max: the same after several tries that failed, each of which doubles the time.
        probe_successes: so many calls must succeed, one after another, before it closes.
    """

    consecutive_failures: int = 5
    failure_ratio: float = 0.5
    window_min: int = 20
    unhealthy_ratio: float = 0.1
    unhealthy_failures: int = 2
    window: int = 100
    window_s: float = 60.0
    open_s: float = 1.0
    open_s_max: float = 30.0
    probe_successes: int = 2


DEFAULT_SETTINGS = BreakerSettings()


class Breaker:
    """Counts outcomes and opens on too many failures.

    Closed, every call passes. Open, none does. After ``open_s`` one call at a time may try (half open): enough
    successes close it, a failure opens it for longer.
    """

    def __init__(self, clock: Clock, settings: BreakerSettings = DEFAULT_SETTINGS) -> None:
        self._clock = clock
        self._settings = settings
        self._outcomes: collections.deque[tuple[float, bool]] = collections.deque()
        self._failures = 0
        self._consecutive_failures = 0
        self._consecutive_silences = 0
        self._state: BreakerState = "closed"
        self._open_until_s = 0.0
        self._open_s = settings.open_s
        self._probe_is_out = False
        self._probe_successes = 0
        self.succeeded_at_s: float | None = None
        """When it last heard of a success, by the monotonic clock; None when it never did."""

    @property
    def state(self) -> BreakerState:
        """Its state at this moment; an open one whose time is over counts as half open."""
        if self._state == "open" and self._clock.monotonic_s() >= self._open_until_s:
            return "half_open"
        return self._state

    @property
    def is_healthy(self) -> bool:
        """Whether it is closed and few of the newest calls failed."""
        if self._state != "closed":
            return False
        if self._failures < self._settings.unhealthy_failures:
            return True
        self._forget_old()
        few, total = self._settings.unhealthy_failures, len(self._outcomes)
        return self._failures < few or self._failures < self._settings.unhealthy_ratio * total

    @property
    def newest(self) -> tuple[int, int]:
        """How many of the newest calls are known to have ended, and how many of those failed."""
        self._forget_old()
        return len(self._outcomes), self._failures

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all came from the upstream lately, so that asking it costs its caller a long wait."""
        return self._consecutive_silences >= self._settings.consecutive_failures

    @property
    def retry_after_s(self) -> int:
        """Whole seconds until it may be tried again, at least 1."""
        return max(1, math.ceil(self._open_until_s - self._clock.monotonic_s()))

    def try_acquire(self) -> bool:
        """Whether a call may pass; one that does must end in exactly one of the three methods below."""
        state = self.state
        if state == "closed":
            return True
        if state == "open" or self._probe_is_out:
            return False
        self._state, self._probe_is_out = "half_open", True
        return True

    def succeeded(self) -> None:
        """The upstream answered, or refused what was wrong with the call itself."""
        self._consecutive_failures = self._consecutive_silences = 0
        self.succeeded_at_s = self._note(failed=False)
        if self._state == "half_open":
            self._probe_is_out = False
            self._probe_successes += 1
            if self._probe_successes >= self._settings.probe_successes:
                self._close()

    def failed(self, *, silently: bool) -> None:
        """The upstream failed; also said of an answer that had begun and broke.

        ``silently`` when it could not be reached or did not begin to answer in time, as against an answer that was
        wrong or, asked for as a whole, too long.
        """
        self._consecutive_failures += 1
        self._consecutive_silences = self._consecutive_silences + 1 if silently else 0
        self._note(failed=True)
        if self._state == "half_open":
            self._open_s = min(2 * self._open_s, self._settings.open_s_max)
            self._open()
        elif self._state == "closed" and self._is_too_much():
            self._open()

    def abandoned(self) -> None:
        """Nobody knows what would have become of the call: its caller left, or the upstream limits us."""
        self._probe_is_out = False

    def _is_too_much(self) -> bool:
        if self._consecutive_failures >= self._settings.consecutive_failures:
            return True
        total = len(self._outcomes)
        return total >= self._settings.window_min and self._failures >= self._settings.failure_ratio * total

    def _note(self, *, failed: bool) -> float:
        now_s = self._forget_old()
        if len(self._outcomes) == self._settings.window:
            self._forget_one()
        self._outcomes.append((now_s, failed))
        self._failures += failed
        return now_s

    def _forget_old(self) -> float:
        now_s = self._clock.monotonic_s()
        oldest_s = now_s - self._settings.window_s
        while self._outcomes and self._outcomes[0][0] < oldest_s:
            self._forget_one()
        return now_s

    def _forget_one(self) -> None:
        self._failures -= self._outcomes.popleft()[1]

    def _open(self) -> None:
        self._state, self._probe_is_out, self._probe_successes = "open", False, 0
        self._open_until_s = self._clock.monotonic_s() + self._open_s

    def _close(self) -> None:
        self._state = "closed"
        self._open_s = self._settings.open_s
        self._outcomes.clear()
        self._failures = 0
