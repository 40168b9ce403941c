"""The way of a call to the first upstream that answers it."""

from collections import deque
from collections.abc import Iterable
from functools import partial

import msgspec
from msgspec import Struct

from tollway.kit.clock import Clock
from tollway.upstreams.breaker import DEFAULT_SETTINGS, Breaker, BreakerSettings
from tollway.upstreams.port import (
    Attempt,
    BadUpstreamError,
    LateAnswerError,
    RateLimitedError,
    Upstream,
    UpstreamAnswer,
    UpstreamCall,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
)
from tollway.upstreams.report import Pause, UpstreamConfiguration, UpstreamFailure, UpstreamHealth
from tollway.upstreams.retry_budget import RetryBudget
from tollway.upstreams.types import Opened
from tollway.wire.deltas import Delta

ATTEMPTS_MAX = 3
"""Most upstreams that are tried for one call."""
LIMITED_S_MAX = 60.0
"""Longest time that an upstream which limits us stands behind the others, whatever it asks for."""
ABANDONED = "abandoned"
"""Outcome of an attempt whose caller left before it answered."""
ABANDONED_STATUS = 499
"""The status that logs give to it by custom; no answer has it."""
LIMITED_S = 1.0
"""The same where it does not say how long."""
FAILURES_KEPT = 20
"""How many failures of an upstream are remembered, to be shown to the operator."""


class Candidate(Struct, frozen=True, kw_only=True):
    """One upstream of a model; ``model`` is its name there, ``served_by`` what ``x-served-by`` says.

    ``default_output_tokens`` is the cap of an answer whose caller names none, where the upstream wants one of its own.
    """

    upstream: Upstream
    model: str
    served_by: str
    is_stand_in: bool = False
    default_output_tokens: int | None = None


class Health:
    """What is known of the upstreams, shared by all routes: a breaker each, pauses they asked for, the retry budget."""

    def __init__(
        self, clock: Clock, *, settings: BreakerSettings = DEFAULT_SETTINGS, budget: RetryBudget | None = None
    ) -> None:
        self.clock = clock
        self.budget = budget or RetryBudget()
        self._settings = settings
        self._breakers: dict[str, Breaker] = {}
        self._limited_until_s: dict[tuple[str, str], float] = {}
        self._failures: dict[str, deque[UpstreamFailure]] = {}

    def breaker(self, upstream_id: str) -> Breaker:
        """Return the breaker of an upstream."""
        breaker = self._breakers.get(upstream_id)
        if breaker is None:
            breaker = self._breakers[upstream_id] = Breaker(self.clock, self._settings)
        return breaker

    def rank(self, candidate: Candidate) -> int:
        """Tell how willingly a candidate is asked: 0 at once, 1 when it fails now and then, 2 when it limits us.

        One whose breaker lets a single call try is asked at once, or it would never be found to be well again.
        """
        until_s = self._limited_until_s.get((candidate.upstream.id, candidate.model), 0.0)
        if until_s > self.clock.monotonic_s():
            return 2
        breaker = self.breaker(candidate.upstream.id)
        return 0 if breaker.state == "half_open" or breaker.is_healthy else 1

    def note_failure(self, candidate: Candidate, error: UpstreamError) -> None:
        """Learn from a call that failed."""
        breaker = self.breaker(candidate.upstream.id)
        if not error.try_another:
            # The content was wrong. Refused there, the upstream is well; refused before it was sent, nobody knows.
            if error.was_sent:
                breaker.succeeded()
            else:
                breaker.abandoned()
            return
        self._remember(candidate, error)
        if isinstance(error, RateLimitedError) or (
            isinstance(error, UpstreamUnavailableError) and error.retry_after_s is not None
        ):
            # It works, and says that it has enough to do.
            breaker.abandoned()
            pause_s = min(LIMITED_S_MAX, error.retry_after_s or LIMITED_S)
            key = (candidate.upstream.id, candidate.model)
            self._limited_until_s[key] = self.clock.monotonic_s() + pause_s
        else:
            is_silent = isinstance(error, UpstreamUnavailableError | UpstreamTimeoutError)
            breaker.failed(silently=is_silent and not isinstance(error, LateAnswerError))

    def report(self, configuration: UpstreamConfiguration) -> UpstreamHealth:
        """Tell how an upstream is doing."""
        breaker, now_s, now_ms = self.breaker(configuration.name), self.clock.monotonic_s(), self.clock.now_ms()
        recent_calls, recent_failures = breaker.newest
        succeeded_at_s = breaker.succeeded_at_s
        return UpstreamHealth(
            configuration=configuration,
            breaker=breaker.state,
            is_silent=breaker.is_silent,
            retry_after_s=breaker.retry_after_s if breaker.state == "open" else 0,
            recent_calls=recent_calls,
            recent_failures=recent_failures,
            paused=tuple(
                Pause(model, now_ms + round((until_s - now_s) * 1000))
                for (name, model), until_s in self._limited_until_s.items()
                if name == configuration.name and until_s > now_s
            ),
            # The way of a call reads the monotonic clock alone; the time of day follows from it here.
            succeeded_at_ms=None if succeeded_at_s is None else now_ms - round((now_s - succeeded_at_s) * 1000),
            failures=tuple(reversed(self._failures.get(configuration.name, ()))),
        )

    def _remember(self, candidate: Candidate, error: UpstreamError) -> None:
        failures = self._failures.setdefault(candidate.upstream.id, deque(maxlen=FAILURES_KEPT))
        failure = UpstreamFailure(
            at_ms=self.clock.now_ms(), model=candidate.model, status=error.status, code=error.code or error.kind
        )
        failures.append(failure)


class UpstreamRoute:
    """The upstreams of one model in the operator's order, from which health may depart."""

    def __init__(self, candidates: tuple[Candidate, ...], health: Health) -> None:
        assert candidates, "a model without upstreams has no route"
        self._candidates = candidates
        self._health = health
        self._may_refuse = frozenset[str]().union(*(candidate.upstream.refused_fields for candidate in candidates))
        wanted = [one.default_output_tokens for one in candidates if one.default_output_tokens is not None]
        self._default_output_tokens = min(wanted, default=None)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The upstreams in the operator's order."""
        return self._candidates

    @property
    def default_output_tokens(self) -> int | None:
        """The least cap that an upstream wants for answers whose caller names none; None when none wants one."""
        return self._default_output_tokens

    def may_refuse(self, field: str) -> bool:
        """Whether one of the upstreams refuses a field of the chat schema."""
        return field in self._may_refuse

    async def open_first(self, call: UpstreamCall) -> Opened:
        """Call the upstreams in turn until one begins to answer, each with its own name of the model.

        An answer has begun when its first step with any text, tool call or end is there: until then the client has seen
        nothing, so that the next upstream can be tried. A further attempt is made only where another one may help, at
        most ``ATTEMPTS_MAX`` of them, and within the retry budget unless the failed one had not been sent.

        Raises:
            UpstreamError: none answered; a 429 only when all that were tried limit us, else the last other error. Has
                the attempts.
        """
        health = self._health
        health.budget.deposit()
        failed = _FailedAttempts()
        for candidate in self._in_order():
            breaker = health.breaker(candidate.upstream.id)
            if failed.errors and not self._may_try_again(failed):
                breaker.abandoned()
                break
            started_s = health.clock.monotonic_s()
            try:
                answer, first = await self._begin(candidate, call)
            except UpstreamError as error:
                health.note_failure(candidate, error)
                failed.add(candidate, error, health.clock.monotonic_s() - started_s)
                call.attempts.append(failed.attempts[-1])
                continue
            except BaseException:
                # The caller left, or there is a bug: neither says anything of the upstream.
                breaker.abandoned()
                duration_s = health.clock.monotonic_s() - started_s
                call.attempts.append(_attempt(candidate, ABANDONED, ABANDONED_STATUS, duration_s))
                raise
            breaker.succeeded()
            last = _attempt(candidate, "answered", 200, health.clock.monotonic_s() - started_s)
            call.attempts.append(last)
            return Opened(
                answer=answer,
                first=first,
                upstream_id=candidate.upstream.id,
                served_by=candidate.served_by,
                refused_fields=candidate.upstream.refused_fields,
                attempts=(*failed.attempts, last),
                note_failure=partial(health.note_failure, candidate),
            )
        raise failed.verdict() or self._all_silent()

    def _in_order(self) -> Iterable[Candidate]:
        """Yield candidates that their breakers let pass, then, since nobody else can serve, those that answer wrongly.

        One that was silent is not asked again before its breaker allows it: its callers would wait for nothing.
        """
        if len(self._candidates) == 1:
            ordered: Iterable[Candidate] = self._candidates
        else:
            ordered = sorted(self._candidates, key=self._health.rank)
        held_back = []
        for candidate in ordered:
            if self._health.breaker(candidate.upstream.id).try_acquire():
                yield candidate
            else:
                held_back.append(candidate)
        for candidate in held_back:
            if not self._health.breaker(candidate.upstream.id).is_silent:
                yield candidate

    def _may_try_again(self, failed: "_FailedAttempts") -> bool:
        last = failed.errors[-1]
        if not last.try_another or len(failed.errors) >= ATTEMPTS_MAX:
            return False
        return not last.was_sent or self._health.budget.withdraw()

    def _all_silent(self) -> UpstreamError:
        wait_s = min(self._health.breaker(candidate.upstream.id).retry_after_s for candidate in self._candidates)
        return UpstreamUnavailableError(
            "The upstreams of this model cannot be reached at present.", retry_after_s=wait_s, was_sent=False
        )

    async def _begin(self, candidate: Candidate, call: UpstreamCall) -> tuple[UpstreamAnswer, list[Delta]]:
        answer = await candidate.upstream.open(msgspec.structs.replace(call, model=candidate.model))
        first: list[Delta] = []
        try:
            while not any(map(_is_visible, first)):
                first += await _some_steps(answer)
        except BaseException:
            answer.close()
            raise
        return answer, first


class _FailedAttempts:
    """What was tried in vain for one call."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.errors: list[UpstreamError] = []

    def add(self, candidate: Candidate, error: UpstreamError, duration_s: float) -> None:
        self.errors.append(error)
        self.attempts.append(_attempt(candidate, error.code or error.kind, error.status, duration_s))

    def verdict(self) -> UpstreamError | None:
        """Pick the error that the caller gets; None when nothing was tried."""
        if not self.errors:
            return None
        others = [error for error in self.errors if not isinstance(error, RateLimitedError)]
        verdict = others[-1] if others else min(self.errors, key=_retry_after_s)
        verdict.attempts = tuple(self.attempts)
        verdict.was_sent = any(error.was_sent for error in self.errors)
        return verdict


async def _some_steps(answer: UpstreamAnswer) -> list[Delta]:
    steps = await answer.next()
    if not steps:
        raise BadUpstreamError("The upstream's answer was empty.", detail="the answer ended without a visible step")
    return steps


def _attempt(candidate: Candidate, outcome: str, status: int, duration_s: float) -> Attempt:
    return Attempt(upstream=candidate.upstream.id, outcome=outcome, status=status, duration_ms=round(duration_s * 1000))


def _retry_after_s(error: UpstreamError) -> int:
    return error.retry_after_s or 0


def _is_visible(step: Delta) -> bool:
    return bool(step.reasoning or step.content or step.tool_calls or step.finish_reason)
