import random
from statistics import quantiles

import pytest
from msgspec.structs import replace

from tests.support.ledger import NOON_MS, HeldClock, inference_record
from tollway.usage.model_metrics import RELATIVE_ACCURACY, ModelMetrics, Percentiles
from tollway.usage.types import InferenceRecord

RECORD = replace(inference_record("a"), stream=True, ttft_ms=200, finished_at_ms=NOON_MS + 1_200, output_tokens=40)


def test_speed_of_one_stream() -> None:
    metrics = ModelMetrics(HeldClock())
    metrics.observe(replace(RECORD, reasoning_tokens=10))

    speed = metrics.speeds().models[RECORD.model_id]

    assert speed.ttft_ms is not None
    assert speed.tps is not None
    assert speed.duration_ms is not None
    assert speed.ttft_ms.p50 == pytest.approx(200, rel=RELATIVE_ACCURACY)
    # Fifty tokens, reasoning included, in the second after the first of them.
    assert speed.tps.p99 == pytest.approx(50, rel=RELATIVE_ACCURACY)
    assert speed.duration_ms.p90 == pytest.approx(1_200, rel=RELATIVE_ACCURACY)


def test_an_answer_in_one_piece_has_no_time_to_first_token() -> None:
    metrics = ModelMetrics(HeldClock())
    metrics.observe(replace(RECORD, stream=False))

    speed = metrics.speeds().models[RECORD.model_id]

    assert speed.ttft_ms is None
    assert speed.tps is not None
    assert speed.tps.p50 == pytest.approx(40 / 1.2, rel=RELATIVE_ACCURACY)


def test_an_answer_without_tokens_has_no_rate() -> None:
    metrics = ModelMetrics(HeldClock())
    metrics.observe(replace(RECORD, output_tokens=0))

    assert metrics.speeds().models[RECORD.model_id].tps is None


@pytest.mark.parametrize("record", [replace(RECORD, status="failed"), replace(RECORD, client_disconnected=True)])
def test_only_whole_answers_are_measured(record: InferenceRecord) -> None:
    metrics = ModelMetrics(HeldClock())
    metrics.observe(record)

    assert metrics.speeds().models == {}


def test_percentiles_are_those_of_the_requests() -> None:
    draw = random.Random(7)
    durations_ms = [draw.lognormvariate(7, 1) for _ in range(5_000)]
    clock = HeldClock()
    metrics = ModelMetrics(clock)
    for duration_ms in durations_ms:
        clock.moment_ms += 50
        metrics.observe(replace(RECORD, finished_at_ms=NOON_MS + round(duration_ms)))

    found = metrics.speeds().models[RECORD.model_id].duration_ms

    exact = quantiles(durations_ms, n=100, method="inclusive")
    assert found is not None
    for quantile, value in ((50, found.p50), (75, found.p75), (90, found.p90), (99, found.p99)):
        assert value == pytest.approx(exact[quantile - 1], rel=2 * RELATIVE_ACCURACY)


def ended_now(clock: HeldClock, model_id: str) -> InferenceRecord:
    """A request that took a second and has just ended."""
    now_ms = clock.now_ms()
    return replace(RECORD, model_id=model_id, started_at_ms=now_ms - 1000, finished_at_ms=now_ms)


def test_requests_leave_the_window_after_five_minutes() -> None:
    clock = HeldClock()
    metrics = ModelMetrics(clock)
    metrics.observe(ended_now(clock, RECORD.model_id))
    clock.moment_ms += 290_000
    metrics.observe(ended_now(clock, "later"))

    assert set(metrics.speeds().models) == {RECORD.model_id, "later"}
    clock.moment_ms += 20_000
    assert set(metrics.speeds().models) == {"later"}
    clock.moment_ms += 300_000
    assert metrics.speeds().models == {}


def test_a_clock_that_was_set_back_loses_nothing_for_long() -> None:
    clock = HeldClock()
    metrics = ModelMetrics(clock)
    metrics.observe(ended_now(clock, RECORD.model_id))
    assert metrics.speeds().models
    clock.moment_ms -= 3_600_000
    metrics.observe(ended_now(clock, "after"))

    assert set(metrics.speeds().models) == {"after"}


def test_the_answer_is_remembered_for_a_second_only() -> None:
    clock = HeldClock()
    metrics = ModelMetrics(clock)
    metrics.observe(RECORD)
    before = metrics.speeds()
    metrics.observe(replace(RECORD, model_id="other"))

    assert metrics.speeds() is before
    clock.moment_ms += 1_000
    assert set(metrics.speeds().models) == {RECORD.model_id, "other"}
    assert metrics.speeds().generated_at_ms == clock.moment_ms


def test_percentiles_are_in_order() -> None:
    metrics = ModelMetrics(HeldClock())
    for duration_ms in range(1, 2_000):
        metrics.observe(replace(RECORD, finished_at_ms=NOON_MS + duration_ms))

    found = metrics.speeds().models[RECORD.model_id].duration_ms

    assert isinstance(found, Percentiles)
    assert found.p50 <= found.p75 <= found.p90 <= found.p99


def test_among_few_requests_the_slowest_is_told() -> None:
    metrics = ModelMetrics(HeldClock())
    for duration_ms in (7_374, 475, 1_371):
        metrics.observe(replace(RECORD, finished_at_ms=NOON_MS + duration_ms))

    found = metrics.speeds().models[RECORD.model_id].duration_ms

    assert found is not None
    told = (found.p50, found.p75, found.p90, found.p99)
    assert told == pytest.approx((1_371, 7_374, 7_374, 7_374), rel=RELATIVE_ACCURACY)
