from pathlib import Path

import pytest
from prometheus_client import generate_latest

from tollway.kit.metrics import Histogram, Metrics


def test_scrape_shows_what_was_observed() -> None:
    metrics = Metrics()
    metrics.requests.increment("chat", "200")
    metrics.requests.increment("chat", "200")
    metrics.requests.increment("chat", "429")
    metrics.upstream_attempts.increment("embedded", "answered")
    metrics.hold_latency.observe(0.0002)
    metrics.hold_latency.observe(5.0)
    metrics.inference_duration.observe(0.3, "baidu/ernie-x1-turbo-32k")
    metrics.open_streams.value += 3

    text = generate_latest(metrics.make_registry()).decode()

    assert 'tollway_requests_total{endpoint="chat",status="200"} 2.0' in text
    assert 'tollway_requests_total{endpoint="chat",status="429"} 1.0' in text
    assert 'tollway_upstream_attempts_total{outcome="answered",upstream="embedded"} 1.0' in text
    assert 'tollway_ledger_hold_seconds_bucket{le="0.0001"} 0.0' in text
    assert 'tollway_ledger_hold_seconds_bucket{le="0.00025"} 1.0' in text
    assert 'tollway_ledger_hold_seconds_bucket{le="+Inf"} 2.0' in text
    assert "tollway_ledger_hold_seconds_count 2.0" in text
    assert "tollway_ledger_hold_seconds_sum 5.0002" in text
    assert 'tollway_inference_duration_seconds_count{model="baidu/ernie-x1-turbo-32k"} 1.0' in text
    assert "tollway_open_streams 3.0" in text
    assert "process_cpu_seconds_total" in text


def test_every_metric_is_told_of() -> None:
    told = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()

    names = [metric.name + "_total" * (metric.type == "counter") for metric in Metrics().collect()]
    assert [name for name in names if f"`{name}`" not in told] == []


def test_a_bound_includes_its_own_value() -> None:
    histogram = Histogram("h", "About.", (0.1, 1.0))
    histogram.observe(0.1)
    histogram.observe(1.5)

    buckets = {sample.labels["le"]: sample.value for sample in histogram.collect().samples if "le" in sample.labels}
    assert buckets == {"0.1": 1, "1.0": 1, "+Inf": 2}


def test_two_servers_do_not_share_numbers() -> None:
    first, second = Metrics(), Metrics()
    first.requests.increment("chat", "200")

    assert "tollway_requests_total{" not in generate_latest(second.make_registry()).decode()


@pytest.mark.benchmark
def test_observations_are_cheap() -> None:
    import timeit  # noqa: PLC0415 - of no use to the other tests

    metrics = Metrics()
    count = 100_000
    seconds = min(timeit.repeat(lambda: metrics.hold_latency.observe(0.0003), number=count, repeat=3))

    assert seconds / count < 2e-6
