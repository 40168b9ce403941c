"""The upstreams that settings and environment name, and which of them serve which model."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from tollway.kit.clock import Clock
from tollway.kit.http_client import AddressPolicy, HttpClient, Resolver, Timeouts
from tollway.kit.settings import SettingsError, UpstreamSettings
from tollway.upstreams.openai_compatible.upstream import OpenAICompatibleUpstream, UpstreamOptions
from tollway.upstreams.port import Upstream, UpstreamUnavailableError
from tollway.upstreams.qianfan.upstream import APP_ID_VARIABLE, BASE_URL, KEY_VARIABLE, qianfan_upstream
from tollway.upstreams.report import UpstreamConfiguration, UpstreamsReport
from tollway.upstreams.routing import Candidate, Health, UpstreamRoute

QIANFAN_ID = "qianfan"
QIANFAN_MODELS = {"baidu/ernie-x1-turbo-32k": "ernie-x1-turbo-32k"}
"""What the upstream serves that a key alone brings about; more models are served by one that is written down."""


class RoutedModel(Protocol):
    """What is asked of a model to find its way."""

    @property
    def id(self) -> str:
        """Its name in the catalogue."""
        ...

    @property
    def stand_in(self) -> bool:
        """Whether the embedded engine may answer for it while it has no upstream of its own."""
        ...


class StandIn(Struct, frozen=True, kw_only=True):
    """The embedded engine as one that answers for models without an upstream of their own.

    Attributes:
        upstream: the engine.
        model: the name of what really answers, such as ``smollm2-135m-instruct``.
        own_models: catalogue ids under which it answers honestly.
        default_output_tokens: cap of an answer when the caller names none: it is slow, and rambles.
    """

    upstream: Upstream
    model: str
    own_models: frozenset[str] = frozenset()
    default_output_tokens: int = 1024


class Registry:
    """All upstreams; made inside the event loop that will use them."""

    def __init__(
        self,
        upstreams: Mapping[str, Upstream],
        models: Mapping[str, list[tuple[str, str]]],
        *,
        clock: Clock,
        stand_in: StandIn | None = None,
        configurations: Sequence[UpstreamConfiguration] = (),
    ) -> None:
        """Make the routes.

        Args:
            upstreams: by id.
            models: for each catalogue id the ids of its upstreams with the model's name there, first choice first.
            clock: time for breakers.
            stand_in: the embedded engine, if it runs.
            configurations: what the upstreams were set up to do, to be shown to the operator.
        """
        self.upstreams = dict(upstreams)
        self._configurations = tuple(configurations)
        self._stand_in = stand_in
        self._health = Health(clock)
        self._routes = {
            model_id: UpstreamRoute(
                tuple(Candidate(upstream=upstreams[name], model=model, served_by=name) for name, model in served),
                self._health,
            )
            for model_id, served in models.items()
        }

    def route(self, model: RoutedModel) -> UpstreamRoute:
        """Return the way to a model's upstreams; the stand-in has its turn only where there are none.

        Raises:
            UpstreamUnavailableError: nothing is configured for it; names the setting that configures something.
        """
        route = self._routes.get(model.id)
        if route is not None:
            return route
        stand_in = self._stand_in
        if stand_in is None or not (model.stand_in or model.id in stand_in.own_models):
            raise UpstreamUnavailableError(
                f"No upstream is configured for the model '{model.id}'. Configure one in [upstreams.NAME] of"
                f" tollway.toml, with \"{model.id}\" in its table 'models'.",
                code="no_upstream_configured",
                was_sent=False,
            )
        honest = model.id in stand_in.own_models
        served_by = stand_in.upstream.id if honest else f"{stand_in.upstream.id}; stand-in={stand_in.model}"
        candidate = Candidate(
            upstream=stand_in.upstream,
            model=stand_in.model,
            served_by=served_by,
            is_stand_in=not honest,
            default_output_tokens=stand_in.default_output_tokens,
        )
        return self._routes.setdefault(model.id, UpstreamRoute((candidate,), self._health))

    def report(self) -> UpstreamsReport:
        """Tell how every upstream is doing, in the order of their priority; the embedded engine comes last."""
        configurations = self._configurations
        if self._stand_in is not None:
            configurations = (*configurations, _stand_in_configuration(self._stand_in))
        return UpstreamsReport(
            upstreams=tuple(map(self._health.report, configurations)),
            retries_left=self._health.budget.attempts_left,
        )

    async def close(self) -> None:
        """Close all upstreams, the stand-in too; running answers are ended."""
        for upstream in self.upstreams.values():
            await upstream.close()
        if self._stand_in is not None:
            await self._stand_in.upstream.close()


def build_registry(
    settings: Mapping[str, UpstreamSettings],
    environment: Mapping[str, str],
    *,
    clock: Clock,
    stand_in: StandIn | None = None,
) -> Registry:
    """Build the upstreams that the settings name, and Qianfan where the environment has its key.

    An upstream named ``qianfan`` in the settings replaces the one that the key alone brings about.

    Raises:
        SettingsError: a base URL is malformed, or the variable that should hold a key does not.
    """
    upstreams: dict[str, Upstream] = {}
    served: dict[str, list[tuple[int, str, str]]] = {}
    for name, one in with_qianfan(settings, environment).items():
        upstreams[name] = _build(name, one, environment, clock)
        for model_id, model in one.models.items():
            served.setdefault(model_id, []).append((one.priority, name, model))
    models = {model_id: [(name, model) for _, name, model in sorted(ways)] for model_id, ways in served.items()}
    configurations = configured_upstreams(settings, environment)
    return Registry(upstreams, models, clock=clock, stand_in=stand_in, configurations=configurations)


def configured_upstreams(
    settings: Mapping[str, UpstreamSettings], environment: Mapping[str, str]
) -> tuple[UpstreamConfiguration, ...]:
    """Say what the upstreams are set up to do, without anything that is secret, in the order of their priority.

    Raises:
        SettingsError: a base URL is malformed.
    """
    ordered = sorted(with_qianfan(settings, environment).items(), key=lambda named: (named[1].priority, named[0]))
    return tuple(
        UpstreamConfiguration(
            name=name,
            kind=one.kind,
            base_url=_without_secrets(name, one.base_url),
            priority=one.priority,
            models=dict(one.models),
        )
        for name, one in ordered
    )


def with_qianfan(
    settings: Mapping[str, UpstreamSettings], environment: Mapping[str, str]
) -> Mapping[str, UpstreamSettings]:
    """Add the upstream that ``TOLLWAY_QIANFAN_API_KEY`` brings about, unless one of its name is written down."""
    if QIANFAN_ID in settings or not environment.get(KEY_VARIABLE):
        return settings
    implied = UpstreamSettings(kind="qianfan", base_url=BASE_URL, key_env=KEY_VARIABLE, models=QIANFAN_MODELS)
    return {**settings, QIANFAN_ID: implied}


def _stand_in_configuration(stand_in: StandIn) -> UpstreamConfiguration:
    return UpstreamConfiguration(
        name=stand_in.upstream.id,
        kind="embedded",
        base_url=None,
        priority=None,
        models=dict.fromkeys(sorted(stand_in.own_models), stand_in.model),
    )


def _without_secrets(name: str, base_url: str) -> str:
    """Leave out where an address may carry a name with a password, or a key."""
    try:
        parts = urlsplit(base_url)
    except ValueError as error:
        raise SettingsError(f"upstreams.{name}: base_url: {error}") from error
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _build(name: str, one: UpstreamSettings, environment: Mapping[str, str], clock: Clock) -> Upstream:
    api_key = _key(name, one, environment)
    client = HttpClient(
        timeouts=Timeouts(
            connect_s=one.connect_timeout_s,
            first_byte_s=one.first_byte_timeout_s,
            idle_s=one.idle_timeout_s,
            total_s=one.total_timeout_s,
        ),
        resolver=Resolver(AddressPolicy(allow_private=one.allow_private_addresses)),
    )
    try:
        if one.kind == "qianfan":
            return qianfan_upstream(
                upstream_id=name,
                api_key=api_key,
                client=client,
                clock=clock,
                app_id=environment.get(APP_ID_VARIABLE, ""),
                base_url=one.base_url,
                reasoning=one.reasoning,
                refused_fields=frozenset(one.refused_fields),
                output_limit_field=one.output_limit_field,
            )
        options = UpstreamOptions(
            id=name,
            base_url=one.base_url,
            api_key=api_key,
            reasoning=one.reasoning,
            refused_fields=frozenset(one.refused_fields),
            output_limit_field=one.output_limit_field,
        )
        return OpenAICompatibleUpstream(options, client, clock)
    except ValueError as error:
        raise SettingsError(f"upstreams.{name}: {error}") from error


def _key(name: str, one: UpstreamSettings, environment: Mapping[str, str]) -> str:
    variable = one.key_env or (KEY_VARIABLE if one.kind == "qianfan" else None)
    if variable is None:
        return ""
    key = environment.get(variable, "").strip()
    if not key:
        raise SettingsError(f"upstreams.{name}: the environment variable {variable}, which holds its key, is not set")
    return key
