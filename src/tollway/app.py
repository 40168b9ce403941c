"""The composition root: the one place that names concrete parts and wires them together."""

import asyncio
import gc
import logging
import resource
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from tollway import __version__
from tollway.accounts.passwords import PasswordHasher
from tollway.catalog.errors import UnknownModelError
from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.credits.measured import MeasuredLedger
from tollway.credits.rate_cards import ModelPrices, RateCards
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.flows.complete_chat.service import ChatParts, CompleteChat
from tollway.flows.first_run import FirstAccount, create_first_account
from tollway.flows.grant_credits import GrantCredits
from tollway.flows.manage_accounts import ManageAccounts
from tollway.flows.manage_keys import ManageKeys
from tollway.flows.read_keys import DatabaseKeySource, store_last_used
from tollway.flows.recover_inferences import recovered_rows
from tollway.http.admin.server import AdminCommands, AdminSocket, server_info
from tollway.http.connection import ConnectionHost
from tollway.http.cors import CorsPolicy
from tollway.http.errors import ErrorRenderer
from tollway.http.inference.lane import InferenceLane, LaneParts
from tollway.http.lazy_app import AsgiApp, LazyApp
from tollway.http.server import (
    Server,
    check_tls,
    is_readable_on_the_way,
    listen,
    make_server,
    stopping_at_signals,
    sweep_for_ever,
)
from tollway.keys.digest import KeyDigest, load_pepper
from tollway.keys.last_used import LastUsed
from tollway.keys.rate_limits import InProcessRateLimits
from tollway.keys.snapshot import InMemoryKeySnapshot
from tollway.keys.sqlite_prefix import stored_prefixes
from tollway.keys.sqlite_revision import SqliteKeyRevision
from tollway.kit.clock import SystemClock
from tollway.kit.database import Database, database_path
from tollway.kit.http_client import HttpClient
from tollway.kit.logging import LogFormatter, set_up_logging
from tollway.kit.metrics import Metrics
from tollway.kit.settings import ServerSettings, Settings, UpstreamSettings
from tollway.migrations import upgrade
from tollway.upstreams.port import UpstreamUnavailableError
from tollway.upstreams.registry import Registry, StandIn, build_registry, with_qianfan

if TYPE_CHECKING:
    from tollway.engine.engine import Engine
    from tollway.http.service.types import Serving

EMBEDDED_MODELS = frozenset({"huggingfacetb/smollm2-135m-instruct"})
FLAGSHIP = "baidu/ernie-x1-turbo-32k"
_log = logging.getLogger(__name__)
KEYS_AGE_MAX_S = 5.0
"""Keys that are older are not ready to be relied on: the poll is due four times a second, and a revocation that the
snapshot does not hear of has no effect."""
RESTART_AFTER_S = 1.0
"""Pause before background work that failed is begun again."""
_GC_THRESHOLDS = (10_000, 20, 50)
"""A request makes some hundred objects that reference counts free; collections only have to find cycles, which are
rare. Few and generational collections keep the slowest answers fast."""


class StartReport(Struct, frozen=True, kw_only=True):
    """What is told at the start.

    Attributes:
        url: where the server listens.
        public_url: where clients reach it.
        first_account: the account that the first start made, shown once; None at later starts.
        flagship_served_by: who answers for the flagship model, as in ``x-served-by``; None when nobody does.
        warnings: what the operator should know.
    """

    url: str
    public_url: str
    first_account: FirstAccount | None
    flagship_served_by: str | None
    warnings: tuple[str, ...] = ()


def serve(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    weights: Path | None,
    announce: Callable[[StartReport], None],
) -> None:
    """Run the server until SIGINT or SIGTERM, and call ``announce`` once it answers.

    ``weights`` is the GGUF file of the embedded engine; without one it does not run.

    Raises:
        PortTakenError: the address cannot be listened on.
        ExpectedError: the data folder cannot be used, for instance because another server runs on it.
        SettingsError: the settings contradict each other, or the TLS files are wrong.
        CatalogError: a model file is wrong.
    """
    log = set_up_logging(settings.log, sys.stderr)
    _raise_file_limit()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, environment, weights, announce, log))


def _raise_file_limit() -> None:
    """Take as many open files as the system allows: each stream needs two, and the usual soft limit is 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _run(
    settings: Settings,
    environment: Mapping[str, str],
    weights: Path | None,
    announce: Callable[[StartReport], None],
    log: LogFormatter,
) -> None:
    async with AsyncExitStack() as stack:
        listener = listen(settings.server)
        stack.callback(listener.close)
        check_tls(settings.server)
        url = _url(settings.server, listener.getsockname()[1])
        store = await Store.open(settings, environment, stack)
        registry, engine = await _open_registry(settings, environment, store.clock, weights, stack)
        first_account = await store.create_first_account(settings.welcome_credits)
        gateway = Gateway(settings, store, registry, engine, settings.server.public_url or url)
        commands = AdminCommands(
            server_info(__version__, url, store.clock.now_ms()),
            GrantCredits(store.database, store.ledger),
            store.keys.refresh,
        )
        admin = AdminSocket(settings.data_path, commands)
        await admin.open()
        stack.push_async_callback(admin.close)
        _run_beside(
            stack,
            store.keys.run,
            store.last_used.run,
            lambda: sweep_for_ever(gateway.host),
            gateway.under_way.note_for_ever,
        )
        _tune_garbage_collector()
        with stopping_at_signals(gateway.stop):
            serving = asyncio.create_task(gateway.server.serve(sockets=[listener]))
            warnings = start_warnings(settings, environment, store.catalog)
            announce(gateway.report(url, first_account, warnings))
            for warning in warnings:
                _log.warning("setting to be looked at", extra={"detail": warning})
            _log.info("server started", extra={"url": url, "version": __version__})
            await asyncio.sleep(0)
            _run_beside(stack, lambda: asyncio.to_thread(log.load), gateway.app.load)
            await serving
        await gateway.lane.stop(drain_s=0.0)
        _log.info("server stopped", extra={"url": url})


class Store(Struct, frozen=True, kw_only=True):
    """What is kept in the data folder, opened."""

    clock: SystemClock
    database: Database
    ledger: SqliteLedger
    catalog: Catalog
    rate_cards: RateCards
    digest: KeyDigest
    keys: InMemoryKeySnapshot
    last_used: LastUsed

    @classmethod
    async def open(cls, settings: Settings, environment: Mapping[str, str], stack: AsyncExitStack) -> "Store":
        """Open the data folder, making or migrating what is missing; ``stack`` closes it again."""
        settings.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        clock, path = SystemClock(), database_path(settings.data_path)
        catalog = Catalog(load_models(settings.catalog_dir))
        upgrade(path)
        ledger = await SqliteLedger.open(path, clock=clock, recovered_rows=recovered_rows(stored_prefixes(path)))
        stack.push_async_callback(ledger.close)
        database = Database(path)
        stack.push_async_callback(database.close)
        digest = KeyDigest(load_pepper(settings.data_path, environment))
        revision = SqliteKeyRevision(path)
        stack.callback(revision.close)
        keys = InMemoryKeySnapshot(DatabaseKeySource(database, revision), digest)
        await keys.refresh()
        return cls(
            clock=clock,
            database=database,
            ledger=ledger,
            catalog=catalog,
            rate_cards=await RateCards.sync(database, _prices(catalog), clock.now_ms()),
            digest=digest,
            keys=keys,
            last_used=LastUsed(lambda used_at_ms: store_last_used(database, used_at_ms)),
        )

    async def database_answers(self) -> bool:
        """Say whether the database can be read."""
        try:
            async with self.database.connect() as connection:
                await connection.execute(select(1))
        except SQLAlchemyError:
            return False
        return True

    async def keys_are_fresh(self) -> bool:
        """Say whether the snapshot of keys has kept up with the database."""
        return self.keys.age_s <= KEYS_AGE_MAX_S

    async def create_first_account(self, welcome_credits: int) -> FirstAccount | None:
        """Give an empty database its first account."""
        accounts = ManageAccounts(self.database, self.clock, PasswordHasher())
        keys = ManageKeys(self.database, self.clock, self.digest)
        first = await create_first_account(accounts, keys, self.ledger, welcome_credits=welcome_credits)
        await self.keys.refresh()
        return first


class Gateway:
    """The serving parts on top of the store and the upstreams."""

    def __init__(
        self, settings: Settings, store: Store, registry: Registry, engine: "Engine | None", public_url: str
    ) -> None:
        self._store = store
        self._registry = registry
        self._engine = engine
        self._settings = settings
        self._public_url = public_url.rstrip("/")
        self._metrics = Metrics()
        parts = ChatParts(
            catalog=store.catalog,
            ledger=MeasuredLedger(store.ledger, self._metrics, store.clock),
            rate_cards=store.rate_cards,
            routes=registry,
            clock=store.clock,
            metrics=self._metrics,
        )
        flow = CompleteChat(parts)
        self.under_way = flow.under_way
        self.lane = InferenceLane(
            LaneParts(
                flow=flow,
                keys=store.keys,
                last_used=store.last_used,
                rate_limits=InProcessRateLimits(settings.limits, store.clock),
                errors=ErrorRenderer(self._public_url, store.clock),
                cors=CorsPolicy(settings.server.cors_origins),
                clock=store.clock,
                metrics=self._metrics,
            )
        )
        self.host = ConnectionHost(lane=self.lane, limits=settings.limits)
        self.app = LazyApp(self._make_app)
        self.server: Server = make_server(self.app, self.host, settings.server)

    def stop(self) -> None:
        """Begin to stop; the second call does not wait for answers under way."""
        if not self.server.should_exit and self.lane.open_calls:
            facts = {"open_calls": self.lane.open_calls, "at_most_s": self._settings.server.drain_s}
            _log.info("waiting for answers under way; stop again to end them now", extra=facts)
        self.server.stop()

    def serving(self, model: Model) -> "Serving":
        """Say who answers for a model."""
        from tollway.http.service.types import Serving  # noqa: PLC0415 - belongs to the app that is loaded later

        try:
            candidate = self._registry.route(model).candidates[0]
        except UpstreamUnavailableError:
            return Serving(None)
        return Serving(candidate.upstream.id, is_stand_in=candidate.is_stand_in)

    def report(self, url: str, first_account: FirstAccount | None, warnings: tuple[str, ...]) -> StartReport:
        """Say what is told at the start."""
        try:
            route = self._registry.route(self._store.catalog.resolve(FLAGSHIP))
        except UpstreamUnavailableError:
            served_by = None
        else:
            served_by = route.candidates[0].served_by
        return StartReport(
            url=url,
            public_url=self._public_url,
            first_account=first_account,
            flagship_served_by=served_by,
            warnings=warnings,
        )

    def _engine_state(self) -> str:
        if self._engine is None:
            return "disabled"
        return "ready" if self._engine.ready else "loading"

    def _make_app(self) -> AsgiApp:
        # The framework behind these imports is slow to load, and inference does not wait for it.
        from tollway.http.service.app import create_app  # noqa: PLC0415
        from tollway.http.service.types import ServiceDependencies  # noqa: PLC0415

        return create_app(
            ServiceDependencies(
                catalog=self._store.catalog,
                serving=self.serving,
                public_url=self._public_url,
                clock=self._store.clock,
                registry=self._metrics.make_registry(),
                cors_origins=self._settings.server.cors_origins,
                checks={
                    "database": self._store.database_answers,
                    "ledger": self._store.ledger.can_write,
                    "keys": self._store.keys_are_fresh,
                },
                engine_state=self._engine_state,
            )
        )


def start_warnings(settings: Settings, environment: Mapping[str, str], catalog: Catalog) -> tuple[str, ...]:
    """Say what is probably wrong with settings that a server can start with."""
    public_url = settings.server.public_url
    warnings = [
        f"upstreams.{name}.models: {fault}"
        for name, upstream in with_qianfan(settings.upstreams, environment).items()
        for fault in unknown_models(upstream, catalog)
    ]
    if public_url is not None and is_readable_on_the_way(public_url):
        warnings.append(f"server.public_url: keys and cookies travel readable to {public_url}; use https")
    return tuple(warnings)


def unknown_models(upstream: UpstreamSettings, catalog: Catalog) -> Iterator[str]:
    """Say what is wrong with model ids of an upstream that no request will ever be sent to it for."""
    for model_id in upstream.models:
        try:
            offered = catalog.resolve(model_id)
        except UnknownModelError as error:
            yield error.message
        else:
            if offered.id != model_id:
                yield f"'{model_id}' is another name of '{offered.id}', which is to be written here."


def _prices(catalog: Catalog) -> Iterator[ModelPrices]:
    for model in catalog.all():
        price = model.price
        if price is not None:
            cached_nanousd = price.cached_input_nanousd
            yield ModelPrices(
                model_id=model.id,
                input_nanousd=price.input_nanousd,
                cached_input_nanousd=price.input_nanousd if cached_nanousd is None else cached_nanousd,
                output_nanousd=price.output_nanousd,
                reasoning_nanousd=price.reasoning_nanousd,
            )


async def _open_registry(
    settings: Settings, environment: Mapping[str, str], clock: SystemClock, weights: Path | None, stack: AsyncExitStack
) -> tuple[Registry, "Engine | None"]:
    """Build the upstreams, and begin to start the embedded engine where there are weights for it."""
    stand_in = engine = None
    if weights is not None:
        # Imported only where an engine runs.
        from tollway.engine.engine import make_engine  # noqa: PLC0415
        from tollway.engine.weights import DEFAULT_WEIGHTS  # noqa: PLC0415
        from tollway.upstreams.embedded.upstream import EmbeddedUpstream  # noqa: PLC0415

        engine = make_engine(weights, settings.engine, settings.data_path, HttpClient(), on_event=_log_engine)
        engine.start()
        is_default = weights.name == DEFAULT_WEIGHTS.file_name
        stand_in = StandIn(
            upstream=EmbeddedUpstream(engine),
            model=DEFAULT_WEIGHTS.name if is_default else weights.stem,
            own_models=EMBEDDED_MODELS if is_default else frozenset(),
        )
    registry = build_registry(settings.upstreams, environment, clock=clock, stand_in=stand_in)
    stack.push_async_callback(registry.close)
    return registry, engine


def _log_engine(event: str, detail: str) -> None:
    _log.info(event.replace("_", " "), extra={"detail": detail})


def _run_beside(stack: AsyncExitStack, *work: Callable[[], Awaitable[object]]) -> None:
    """Run background work until it ends or the stack unwinds."""
    for one in work:
        task = asyncio.create_task(supervise(one))
        stack.push_async_callback(_cancel, task)


async def supervise(work: Callable[[], Awaitable[object]]) -> None:
    """Do the work, and begin again when it fails: a server whose loops have died silently would obey revoked keys."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - Whatever went wrong is logged, and the work must go on.
            _log.exception("background work failed")
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                return
            await asyncio.sleep(RESTART_AFTER_S)
        else:
            return


async def _cancel(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.wait([task])


def _url(settings: ServerSettings, port: int) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.tls_certificate else 'http'}://{host}:{port}"


def _tune_garbage_collector() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
