"""Upstreams as the operator sees them. Nothing here is secret: keys are no part of what is reported."""

from typing import Literal

from msgspec import Struct

from tollway.kit.clock import MomentText, iso_utc
from tollway.upstreams.report import BreakerState, UpstreamConfiguration, UpstreamHealth, UpstreamsReport


class FailureEntry(Struct):
    """A call that the upstream failed; ``model`` is the model's name there, ``status`` the one it has here."""

    at: MomentText
    model: str
    status: int
    code: str


class PauseEntry(Struct):
    """A model for which the upstream asked to be left alone for a while."""

    model: str
    until: MomentText


class HealthEntry(Struct):
    """How an upstream is doing.

    ``breaker`` is ``closed`` when every call may pass, ``open`` when none may for ``retry_after_s`` seconds, and
    ``half_open`` when a single call may try. The counts are of the last minute, and of the newest hundred at most.
    """

    breaker: BreakerState
    is_silent: bool
    retry_after_s: int
    recent_calls: int
    recent_failures: int
    last_success_at: MomentText | None
    pauses: list[PauseEntry]
    failures: list[FailureEntry]


class UpstreamEntry(Struct):
    """An upstream as it is set up; ``models`` has its name of each model of the catalogue.

    ``health`` is null where no server runs that could tell.
    """

    name: str
    kind: str
    base_url: str | None
    priority: int | None
    models: dict[str, str]
    health: HealthEntry | None


class UpstreamList(Struct):
    """Every upstream in the order of priority. ``retries_left`` is how many more attempts may be made at once."""

    object: Literal["list"]
    retries_left: int | None
    data: list[UpstreamEntry]


EXAMPLE_UPSTREAMS = UpstreamList(
    object="list",
    retries_left=50,
    data=[
        UpstreamEntry(
            name="qianfan",
            kind="qianfan",
            base_url="https://qianfan.example.com/v2",
            priority=100,
            models={"baidu/ernie-x1-turbo-32k": "ernie-x1-turbo-32k"},
            health=HealthEntry(
                breaker="closed",
                is_silent=False,
                retry_after_s=0,
                recent_calls=12,
                recent_failures=0,
                last_success_at="2026-08-01T12:00:00.000Z",
                pauses=[],
                failures=[],
            ),
        )
    ],
)


def upstream_list(report: UpstreamsReport) -> UpstreamList:
    """Show what a running server knows."""
    entries = [_entry(health.configuration, _health(health)) for health in report.upstreams]
    return UpstreamList("list", report.retries_left, entries)


def configured_list(configurations: tuple[UpstreamConfiguration, ...]) -> UpstreamList:
    """Show what is set up, where no server runs."""
    return UpstreamList("list", None, [_entry(configuration, None) for configuration in configurations])


def _entry(configuration: UpstreamConfiguration, health: HealthEntry | None) -> UpstreamEntry:
    return UpstreamEntry(
        name=configuration.name,
        kind=configuration.kind,
        base_url=configuration.base_url,
        priority=configuration.priority,
        models=configuration.models,
        health=health,
    )


def _health(health: UpstreamHealth) -> HealthEntry:
    succeeded_at_ms = health.succeeded_at_ms
    return HealthEntry(
        breaker=health.breaker,
        is_silent=health.is_silent,
        retry_after_s=health.retry_after_s,
        recent_calls=health.recent_calls,
        recent_failures=health.recent_failures,
        last_success_at=None if succeeded_at_ms is None else iso_utc(succeeded_at_ms),
        pauses=[PauseEntry(pause.model, iso_utc(pause.until_ms)) for pause in health.paused],
        failures=[FailureEntry(iso_utc(one.at_ms), one.model, one.status, one.code) for one in health.failures],
    )
