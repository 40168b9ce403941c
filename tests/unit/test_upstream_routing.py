"""Which upstream answers a call, and what the caller hears when none does."""

import asyncio

import pytest

from tests.support.fake_upstream import HELLO, FakeUpstream
from tests.support.held_clock import HeldClock
from tollway.upstreams.port import (
    BadUpstreamError,
    ContentFilteredError,
    LateAnswerError,
    RateLimitedError,
    RequestRefusedError,
    UpstreamAnswer,
    UpstreamCall,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
)
from tollway.upstreams.retry_budget import RetryBudget
from tollway.upstreams.routing import Candidate, Health, UpstreamRoute
from tollway.wire.chat_request import ChatRequest, UserMessage
from tollway.wire.deltas import Delta

CALL = UpstreamCall(
    request=ChatRequest(model="m", messages=[UserMessage(content="hi")]), model="", max_output_tokens=9, stream=True
)
FAILURES = [
    BadUpstreamError("bad"),
    UpstreamUnavailableError("down", was_sent=False),
    UpstreamTimeoutError("slow"),
    RateLimitedError("limited", retry_after_s=5),
]


class Setup:
    """Upstreams a, b and so on of one model, on a clock that is held."""

    def __init__(self, count: int = 2, budget: RetryBudget | None = None) -> None:
        self.clock = HeldClock()
        self.upstreams = [FakeUpstream(name) for name in "abcd"[:count]]
        candidates = [
            Candidate(upstream=upstream, model=f"at-{upstream.id}", served_by=f"by-{upstream.id}")
            for upstream in self.upstreams
        ]
        self.health = Health(self.clock, budget=budget)
        self.route = UpstreamRoute(tuple(candidates), self.health)

    async def served_by(self) -> str:
        return (await self.route.open_first(CALL)).upstream_id

    async def failure(self) -> UpstreamError:
        with pytest.raises(UpstreamError) as failed:
            await self.route.open_first(CALL)
        return failed.value


async def drain(answer: UpstreamAnswer) -> list[Delta]:
    deltas: list[Delta] = []
    while steps := await answer.next():
        deltas += steps
    return deltas


async def test_the_first_upstream_answers_under_its_own_name_of_the_model() -> None:
    setup = Setup()

    opened = await setup.route.open_first(CALL)

    assert (opened.upstream_id, opened.served_by) == ("a", "by-a")
    assert [call.model for call in setup.upstreams[0].calls] == ["at-a"]
    assert setup.upstreams[1].calls == []
    assert [(one.upstream, one.outcome, one.status) for one in opened.attempts] == [("a", "answered", 200)]
    assert opened.first + await drain(opened.answer) == [delta for step in HELLO for delta in step]  # type: ignore[union-attr]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
async def test_the_next_one_answers_when_the_first_fails(error: UpstreamError) -> None:
    setup = Setup()
    setup.upstreams[0].error = error

    opened = await setup.route.open_first(CALL)

    assert opened.upstream_id == "b"
    assert [(one.upstream, one.outcome, one.status) for one in opened.attempts] == [
        ("a", error.code, error.status),
        ("b", "answered", 200),
    ]


@pytest.mark.parametrize("error", [RequestRefusedError("no", code="x"), ContentFilteredError("no")])
async def test_what_is_wrong_with_the_content_is_wrong_everywhere(error: UpstreamError) -> None:
    setup = Setup()
    setup.upstreams[0].error = error

    for _ in range(20):
        assert await setup.failure() is error

    assert setup.upstreams[1].calls == []
    assert setup.health.breaker("a").is_healthy


@pytest.mark.parametrize("before", [(), ([Delta()],), ([Delta(upstream_id="x")], [Delta()])])
async def test_an_answer_that_breaks_before_it_shows_anything_falls_back(before: tuple[list[Delta], ...]) -> None:
    setup = Setup()
    setup.upstreams[0].steps = (*before, BadUpstreamError("broke"))

    opened = await setup.route.open_first(CALL)

    assert opened.upstream_id == "b"
    assert setup.upstreams[0].answers[0].closed


async def test_an_answer_without_any_step_falls_back() -> None:
    setup = Setup()
    setup.upstreams[0].steps = ()

    assert await setup.served_by() == "b"


async def test_an_answer_that_breaks_later_fails_and_is_noted() -> None:
    setup = Setup()
    setup.upstreams[0].steps = ([Delta(content="H")], BadUpstreamError("broke"))

    for _ in range(3):
        opened = await setup.route.open_first(CALL)
        assert opened.upstream_id == "a"
        with pytest.raises(BadUpstreamError) as broke:
            await drain(opened.answer)
        opened.note_failure(broke.value)
        setup.upstreams[0].steps = ([Delta(content="H")], BadUpstreamError("broke"))
        if not setup.health.breaker("a").is_healthy:
            break

    assert await setup.served_by() == "b"


async def test_too_many_requests_only_when_nobody_else_failed_otherwise() -> None:
    setup = Setup()
    setup.upstreams[0].error = RateLimitedError("limited", retry_after_s=5)
    setup.upstreams[1].error = RateLimitedError("limited", retry_after_s=3, code="rpm")
    limited = await setup.failure()
    setup.upstreams[1].error = BadUpstreamError("bad", code="oops")
    failed = await setup.failure()

    assert (limited.status, limited.retry_after_s, limited.code) == (429, 3, "rpm")
    assert [one.status for one in limited.attempts] == [429, 429]
    assert (failed.status, failed.code) == (502, "oops")
    assert len(failed.attempts) == 2


async def test_one_that_limits_us_stands_behind_for_as_long_as_it_says() -> None:
    setup = Setup()
    setup.upstreams[0].error = RateLimitedError("limited", retry_after_s=5)
    assert await setup.served_by() == "b"
    setup.upstreams[0].error = None

    setup.clock.advance(4.9)
    assert await setup.served_by() == "b"
    assert len(setup.upstreams[0].calls) == 1
    setup.clock.advance(0.2)
    assert await setup.served_by() == "a"


@pytest.mark.parametrize("error", [RateLimitedError("l"), UpstreamUnavailableError("busy", retry_after_s=1)])
async def test_a_busy_upstream_is_never_cut_off(error: UpstreamError) -> None:
    setup = Setup(count=1)
    setup.upstreams[0].error = error

    for _ in range(30):
        assert await setup.failure() is error
    setup.upstreams[0].error = None

    assert await setup.served_by() == "a"


async def test_a_failing_upstream_is_left_alone_and_found_again() -> None:
    setup = Setup()
    setup.upstreams[0].error = BadUpstreamError("bad")
    for _ in range(200):
        assert await setup.served_by() == "b"
    asked_while_failing = len(setup.upstreams[0].calls)
    setup.upstreams[0].error = None
    setup.clock.advance(61)

    assert asked_while_failing <= 5
    assert [await setup.served_by() for _ in range(3)] == ["a", "a", "a"]


async def test_an_opened_breaker_lets_the_first_choice_back_in() -> None:
    setup = Setup()
    for _ in range(5):
        setup.health.breaker("a").failed(silently=True)
    assert await setup.served_by() == "b"

    setup.clock.advance(1)

    assert [await setup.served_by() for _ in range(3)] == ["a", "a", "a"]


async def test_amplification_stays_within_its_bound_when_all_fail_at_random() -> None:
    setup = Setup(count=3)
    calls = 2000
    served = 0
    for number in range(calls):
        for place, upstream in enumerate(setup.upstreams):
            upstream.error = BadUpstreamError("bad") if (number * 7 + place * 3) % 10 < 3 else None
        setup.clock.advance(0.01)
        try:
            await setup.route.open_first(CALL)
            served += 1
        except UpstreamError:
            pass

    assert sum(len(upstream.calls) for upstream in setup.upstreams) <= 1.1 * calls


async def test_one_healthy_upstream_is_enough() -> None:
    setup = Setup()
    setup.upstreams[0].error = BadUpstreamError("bad")
    served = 0
    for number in range(3000):
        setup.clock.advance(0.01)
        kind = FAILURES[number // 100 % len(FAILURES)]
        setup.upstreams[0].error = kind if number // 400 % 2 == 0 else None
        served += await setup.served_by() in {"a", "b"}

    assert served == 3000
    assert sum(len(upstream.calls) for upstream in setup.upstreams) <= 1.1 * 3000


async def test_the_budget_ends_further_attempts() -> None:
    setup = Setup(budget=RetryBudget(ratio=0, reserve=1))
    setup.upstreams[0].error = BadUpstreamError("bad")

    assert await setup.served_by() == "b"
    assert await setup.failure() is setup.upstreams[0].error


async def test_what_was_never_sent_costs_no_budget() -> None:
    setup = Setup(budget=RetryBudget(ratio=0, reserve=0))
    setup.upstreams[0].error = UpstreamUnavailableError("refused", was_sent=False)

    assert await setup.served_by() == "b"


async def test_a_lone_upstream_that_answers_wrongly_is_asked_again() -> None:
    setup = Setup(count=1)
    setup.upstreams[0].error = BadUpstreamError("bad")
    for _ in range(10):
        assert (await setup.failure()).status == 502
    setup.upstreams[0].error = None

    assert await setup.served_by() == "a"


async def test_a_lone_upstream_that_is_silent_is_spared_its_callers() -> None:
    setup = Setup(count=1)
    setup.upstreams[0].error = UpstreamTimeoutError("slow")
    for _ in range(5):
        assert (await setup.failure()).status == 504
    spared = await setup.failure()
    asked = len(setup.upstreams[0].calls)
    setup.upstreams[0].error = None
    setup.clock.advance(1)

    assert (spared.status, spared.retry_after_s, spared.attempts) == (503, 1, ())
    assert asked == 5
    assert await setup.served_by() == "a"


async def test_a_lone_upstream_whose_whole_answers_are_late_is_asked_again() -> None:
    setup = Setup(count=1)
    setup.upstreams[0].error = LateAnswerError("slow")
    for _ in range(10):
        assert (await setup.failure()).status == 504
    setup.upstreams[0].error = None

    assert await setup.served_by() == "a"


async def test_at_most_three_are_tried() -> None:
    setup = Setup(count=4)
    for upstream in setup.upstreams:
        upstream.error = BadUpstreamError("bad")

    assert [one.upstream for one in (await setup.failure()).attempts] == ["a", "b", "c"]


async def test_a_caller_that_leaves_closes_the_answer_and_counts_for_nothing() -> None:
    setup = Setup()
    setup.upstreams[0].waits_for = asyncio.Event()
    task = asyncio.create_task(setup.route.open_first(CALL))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert setup.upstreams[1].calls == []
    assert setup.health.breaker("a").is_healthy


async def test_a_try_that_the_budget_forbids_leaves_room_for_the_next() -> None:
    setup = Setup(budget=RetryBudget(ratio=0, reserve=0))
    for _ in range(5):
        setup.health.breaker("b").failed(silently=True)
    setup.clock.advance(1)
    setup.upstreams[0].error = BadUpstreamError("bad")
    assert await setup.failure() is setup.upstreams[0].error

    setup.upstreams[0].error = UpstreamUnavailableError("refused", was_sent=False)

    assert await setup.served_by() == "b"


def test_a_route_knows_what_may_be_refused() -> None:
    upstreams = FakeUpstream("a", refused_fields=frozenset({"seed"})), FakeUpstream("b")
    candidates = tuple(Candidate(upstream=upstream, model="m", served_by=upstream.id) for upstream in upstreams)
    route = UpstreamRoute(candidates, Health(HeldClock()))

    assert route.may_refuse("seed")
    assert not route.may_refuse("stop")
