"""Running the server, from its first setting to its last answer."""

import asyncio
import contextlib
import ctypes
import gc
import logging
import resource
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from tollway import __version__
from tollway.app.background import run_beside
from tollway.app.gateway import Gateway
from tollway.app.report import StartReport, price_warnings, start_warnings
from tollway.app.settings import report_settings
from tollway.app.store import Store
from tollway.flows.expire_credits import ExpireCredits
from tollway.flows.grant_credits import GrantCredits
from tollway.flows.keep_usage import KeepUsage
from tollway.flows.low_balance import WatchBalances
from tollway.flows.refund_payment import RefundPayment
from tollway.flows.sign_up_grants import BookSignUpGrants
from tollway.flows.top_up_accounts import TopUpAccounts
from tollway.http.admin.server import AdminCommands, AdminSocket, server_info
from tollway.http.server import (
    check_tls,
    listen,
    stopping_at_signals,
    sweep_for_ever,
)
from tollway.kit.clock import SystemClock
from tollway.kit.http_client import HttpClient
from tollway.kit.logging import LogFormatter, set_up_logging
from tollway.kit.settings import ServerSettings, Settings
from tollway.mail.configuration import smtp_mailer
from tollway.mail.outbox import Outbox
from tollway.payments.port import PaymentProvider
from tollway.payments.stripe.configuration import stripe_provider
from tollway.single_sign_on.configuration import openid_provider
from tollway.upstreams.registry import Registry, StandIn, build_registry

if TYPE_CHECKING:
    from tollway.engine.engine import Engine

EMBEDDED_MODELS = frozenset({"huggingfacetb/smollm2-135m-instruct"})
_log = logging.getLogger(__name__)
_GC_THRESHOLDS = (10_000, 20, 50)
"""A request makes some hundred objects that reference counts free; collections only have to find cycles, which are
rare. Few and generational collections keep the slowest answers fast."""


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
        # What is configured by half is refused before anything is opened.
        provider = stripe_provider(settings.payments, environment)
        outbox = Outbox(smtp_mailer(settings.mail, environment))
        public_url = (settings.server.public_url or url).rstrip("/")
        identities = openid_provider(settings.single_sign_on, environment, SystemClock(), public_url)
        store = await Store.open(settings, environment, stack)
        registry, engine = await _open_registry(settings, environment, store.clock, weights, stack)
        first_account = await store.create_first_account(settings.welcome_credits)
        gateway = Gateway(
            settings,
            store,
            registry,
            engine,
            public_url,
            provider=provider,
            outbox=outbox,
            identities=identities,
            told_settings=report_settings(settings, environment),
        )
        commands = AdminCommands(
            server_info(__version__, url, store.clock.now_ms()),
            GrantCredits(store.database, store.ledger, store.clock),
            store.keys.refresh,
            refresh_catalog=store.refresh_catalog.refresh,
            upstreams=registry.report,
            refunds=RefundPayment(store.database, store.ledger, store.clock, provider),
        )
        admin = AdminSocket(settings.data_path, commands)
        await admin.open()
        stack.push_async_callback(admin.close)
        _begin_background(settings, store, gateway, outbox, provider, public_url, stack)
        _tune_garbage_collector()
        with stopping_at_signals(gateway.stop):
            serving = asyncio.create_task(gateway.server.serve(sockets=[listener]))
            warnings = (*start_warnings(settings, environment, store.catalog), *price_warnings(store.rate_cards))
            announce(gateway.report(url, first_account, warnings))
            for warning in warnings:
                _log.warning("setting to be looked at", extra={"detail": warning})
            _log.info("server started", extra={"url": url, "version": __version__})
            await asyncio.sleep(0)
            run_beside(stack, lambda: _load_the_rest(log, gateway))
            await serving
        await gateway.lane.stop(drain_s=0.0)
        _log.info("server stopped", extra={"url": url})


async def _load_the_rest(log: LogFormatter, gateway: Gateway) -> None:
    """Load what the first answers do not wait for, and give back the memory that loading took beside it."""
    await asyncio.to_thread(log.load)
    await gateway.app.load()
    # What a framework is made of stays; no collection needs to look at it again.
    gc.freeze()
    with contextlib.suppress(AttributeError, OSError):
        # Only glibc has it, and keeps 3 MB otherwise.
        ctypes.CDLL(None).malloc_trim(0)


def _begin_background(  # noqa: PLR0913, PLR0917 - all that works beside the server
    settings: Settings,
    store: Store,
    gateway: Gateway,
    outbox: Outbox,
    provider: PaymentProvider | None,
    public_url: str,
    stack: AsyncExitStack,
) -> None:
    """Begin the work that goes on beside the answers until the server stops."""
    run_beside(
        stack,
        store.keys.run,
        store.last_used.run,
        store.refresh_catalog.run,
        store.checkpoints.run,
        lambda: sweep_for_ever(gateway.host),
        gateway.under_way.note_for_ever,
        KeepUsage(store.database, store.clock, settings.usage.keep_days).run,
        ExpireCredits(store.database, store.ledger, store.clock).run,
        BookSignUpGrants(store.database, store.ledger, store.clock).run,
        WatchBalances(store.database, store.clock, outbox, public_url).run,
        outbox.run,
    )
    stack.push_async_callback(outbox.drain)
    if provider is not None:
        run_beside(stack, TopUpAccounts(store.database, store.ledger, store.clock, provider).run)


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


def _url(settings: ServerSettings, port: int) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.tls_certificate else 'http'}://{host}:{port}"


def _tune_garbage_collector() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
