"""How the upstreams are doing, as it is reported to the operator."""

from typing import Literal

from msgspec import Struct

BreakerState = Literal["closed", "open", "half_open"]


class UpstreamFailure(Struct, frozen=True, kw_only=True):
    """A call that failed by the upstream's fault, or that it had no room for.

    Attributes:
        at_ms: when, in Unix milliseconds.
        model: the model's name at the upstream.
        status: the HTTP status that the failure has here.
        code: the stable word for it, such as ``upstream_timeout``, or the upstream's own.
    """

    at_ms: int
    model: str
    status: int
    code: str


class Pause(Struct, frozen=True):
    """A model for which an upstream asked to be left alone; ``until_ms`` is in Unix milliseconds."""

    model: str
    until_ms: int


class UpstreamConfiguration(Struct, frozen=True, kw_only=True):
    """What an upstream was set up to do; without its key.

    Attributes:
        kind: how to speak to it, such as ``openai_compatible``.
        base_url: where it is; None for the embedded engine.
        priority: lower is tried first; None for the embedded engine, which is not tried beside others.
        models: the catalogue's id of each model, with its name there.
    """

    name: str
    kind: str
    base_url: str | None
    priority: int | None
    models: dict[str, str]


class UpstreamHealth(Struct, frozen=True, kw_only=True):
    """How one upstream is doing.

    Attributes:
        breaker: ``closed`` lets every call pass, ``open`` none, ``half_open`` a single one to see whether it is well.
        is_silent: whether nothing at all has come from it lately.
        retry_after_s: seconds until an open breaker lets a call pass; 0 when it is not open.
        recent_calls, recent_failures: of the last minute, at most the newest hundred.
        paused: models for which it asked to be left alone.
        succeeded_at_ms: when it last answered, or refused what was wrong with a call itself; None when not yet.
        failures: the newest ones, newest first.
    """

    configuration: UpstreamConfiguration
    breaker: BreakerState
    is_silent: bool
    retry_after_s: int
    recent_calls: int
    recent_failures: int
    paused: tuple[Pause, ...]
    succeeded_at_ms: int | None
    failures: tuple[UpstreamFailure, ...]


class UpstreamsReport(Struct, frozen=True, kw_only=True):
    """How all upstreams are doing; ``retries_left`` is what the budget of further attempts allows at this moment."""

    upstreams: tuple[UpstreamHealth, ...]
    retries_left: int
