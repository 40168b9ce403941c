"""The serving parts on top of the store and the upstreams."""

import logging
from typing import TYPE_CHECKING

from tollway.accounts.passwords import PasswordHasher
from tollway.app.operator import operator_flows
from tollway.app.report import StartReport
from tollway.app.store import Store
from tollway.catalog.errors import UnknownModelError
from tollway.catalog.types import Model
from tollway.flows.begin_top_up import BeginTopUp
from tollway.flows.complete_chat.service import ChatParts, CompleteChat
from tollway.flows.first_run import FirstAccount
from tollway.flows.own_keys import OwnKeys
from tollway.flows.own_presets import OwnPresets
from tollway.flows.playground_keys import PlaygroundKeys
from tollway.flows.preview_prices import PreviewPrices
from tollway.flows.read_account_logs import CURSOR_LABEL as LOG_CURSOR_LABEL
from tollway.flows.read_account_logs import ReadAccountLogs
from tollway.flows.read_billing import CURSOR_LABEL, ReadBilling
from tollway.flows.read_logs import ReadLogs
from tollway.flows.read_month_statement import ReadMonthStatement
from tollway.flows.read_usage import ReadUsage
from tollway.flows.receive_payment_event import ReceivePaymentEvent
from tollway.flows.redeem_coupon import RedeemCoupon
from tollway.flows.set_auto_top_up import SetAutoTopUp
from tollway.flows.set_prices import SetPrices
from tollway.flows.sign_in import SignIn
from tollway.flows.single_sign_on import SIGNING_LABEL
from tollway.flows.switch_models import SwitchModels
from tollway.http.connection import ConnectionHost
from tollway.http.cors import CorsPolicy
from tollway.http.errors import ErrorRenderer
from tollway.http.inference.lane import InferenceLane, LaneParts
from tollway.http.inference.playground_door import PlaygroundDoor
from tollway.http.lazy_app import AsgiApp, LazyApp
from tollway.http.server import (
    Server,
    make_server,
)
from tollway.keys.rate_limits import InProcessRateLimits
from tollway.keys.request_rate import RequestRate
from tollway.kit.settings import Settings
from tollway.kit.settings_report import SettingsReport
from tollway.mail.outbox import Outbox
from tollway.payments.port import PaymentProvider
from tollway.single_sign_on.port import IdentityProvider
from tollway.upstreams.port import UpstreamUnavailableError
from tollway.upstreams.registry import Registry
from tollway.usage.model_metrics import ModelMetrics

if TYPE_CHECKING:
    from tollway.engine.engine import Engine
    from tollway.http.service.types import ConsoleFlows, OperatorFlows, Serving

FLAGSHIP = "baidu/ernie-x1-turbo-32k"
_log = logging.getLogger(__name__)


class Gateway:
    """The serving parts on top of the store and the upstreams."""

    def __init__(  # noqa: PLR0913 - The parts that it is put together from.
        self,
        settings: Settings,
        store: Store,
        registry: Registry,
        engine: "Engine | None",
        public_url: str,
        *,
        provider: PaymentProvider | None,
        outbox: Outbox,
        identities: IdentityProvider | None,
        told_settings: SettingsReport,
    ) -> None:
        self._store = store
        self._registry = registry
        self._engine = engine
        self._provider = provider
        self._outbox = outbox
        self._identities = identities
        self._settings = settings
        self._told_settings = told_settings
        self._public_url = public_url.rstrip("/")
        self._sign_in = SignIn(store.database, store.clock, PasswordHasher())
        self._metrics = store.metrics
        self._model_metrics = ModelMetrics(store.clock)
        parts = ChatParts(
            catalog=store.catalog,
            ledger=store.ledger,
            rate_cards=store.rate_cards,
            routes=registry,
            clock=store.clock,
            metrics=self._metrics,
            model_metrics=self._model_metrics,
        )
        flow = CompleteChat(parts)
        self.under_way = flow.under_way
        self.lane = InferenceLane(
            LaneParts(
                flow=flow,
                keys=store.keys,
                playground=PlaygroundDoor(self._sign_in, PlaygroundKeys(store.database, store.clock), self._public_url),
                last_used=store.last_used,
                rate_limits=InProcessRateLimits(settings.limits, store.clock),
                errors=ErrorRenderer(self._public_url, store.clock),
                cors=CorsPolicy(settings.server.cors_origins),
                clock=store.clock,
                metrics=self._metrics,
                tells_overhead=settings.server.overhead_header,
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
            route = self._registry.route(model)
        except UpstreamUnavailableError:
            return Serving(None)
        first = route.candidates[0]
        return Serving(
            first.upstream.id, is_stand_in=first.is_stand_in, default_output_tokens=route.default_output_tokens
        )

    def report(self, url: str, first_account: FirstAccount | None, warnings: tuple[str, ...]) -> StartReport:
        """Say what is told at the start."""
        try:
            route = self._registry.route(self._store.catalog.resolve(FLAGSHIP))
        except (UpstreamUnavailableError, UnknownModelError):
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

    def _console(self) -> "ConsoleFlows":
        from tollway.app.console import console_flows  # noqa: PLC0415 - belongs to the app that is loaded later

        return console_flows(
            self._store.database,
            self._store.ledger,
            self._store.clock,
            settings=self._settings,
            sign_in=self._sign_in,
            outbox=self._outbox,
            public_url=self._public_url,
            identity_provider=self._identities,
            signing_key=self._store.digest.derived_key(SIGNING_LABEL),
        )

    def _billing(self) -> ReadBilling:
        return ReadBilling(
            self._store.database,
            self._store.ledger,
            cursor_key=self._store.digest.derived_key(CURSOR_LABEL),
            low_balance_credits=self._settings.billing.low_balance_credits,
        )

    def _operator(self) -> "OperatorFlows":
        store = self._store
        return operator_flows(
            store.database, store.ledger, store.clock, PasswordHasher(), self._provider, self._told_settings
        )

    def _make_app(self) -> AsgiApp:
        # The framework behind these imports is slow to load, and inference does not wait for it.
        from tollway.http.asgi.app import create_app  # noqa: PLC0415
        from tollway.http.console.log_routes import EXPORTS_PER_MINUTE  # noqa: PLC0415
        from tollway.http.service.built_app import BUILT_FOLDER  # noqa: PLC0415
        from tollway.http.service.log_routes import REQUESTS_PER_MINUTE  # noqa: PLC0415
        from tollway.http.service.payment_routes import CHECKOUTS_PER_MINUTE  # noqa: PLC0415
        from tollway.http.service.types import ServiceDependencies  # noqa: PLC0415

        store, limits = self._store, self._settings.limits
        return create_app(
            ServiceDependencies(
                catalog=store.catalog,
                serving=self.serving,
                public_url=self._public_url,
                clock=store.clock,
                registry=self._metrics.make_registry(),
                keys=store.keys,
                own_keys=OwnKeys(
                    store.database, store.clock, store.digest, store.keys.refresh, keys_max=limits.keys_per_account
                ),
                own_presets=OwnPresets(store.database, store.clock),
                last_used=store.last_used,
                sign_in=self._sign_in,
                model_metrics=self._model_metrics,
                usage=ReadUsage(store.database),
                logs=ReadLogs(store.database, store.catalog),
                account_logs=ReadAccountLogs(
                    store.database, store.catalog, cursor_key=store.digest.derived_key(LOG_CURSOR_LABEL)
                ),
                month_statement=ReadMonthStatement(store.database, store.clock),
                export_rate=RequestRate(EXPORTS_PER_MINUTE, store.clock),
                log_rate=RequestRate(REQUESTS_PER_MINUTE, store.clock),
                checkout_rate=RequestRate(CHECKOUTS_PER_MINUTE, store.clock),
                billing=self._billing(),
                auto_top_up=SetAutoTopUp(
                    store.database, store.clock, None if self._provider is None else self._provider.name
                ),
                begin_top_up=BeginTopUp(store.database, store.clock, self._provider, self._public_url),
                payment_events=ReceivePaymentEvent(store.database, store.ledger, store.clock, self._provider),
                rate_cards=store.rate_cards,
                set_prices=SetPrices(
                    store.database,
                    store.clock,
                    store.catalog,
                    store.rate_cards,
                    store.refresh_catalog.try_refresh,
                ),
                preview_prices=PreviewPrices(store.database),
                switch_models=SwitchModels(
                    store.database,
                    store.clock,
                    store.catalog,
                    store.refresh_catalog.try_refresh,
                ),
                upstreams=self._registry.report,
                redeem_coupon=RedeemCoupon(store.database, store.ledger, store.clock),
                operator=self._operator(),
                console=self._console(),
                cors_origins=self._settings.server.cors_origins,
                checks={
                    "database": store.database_answers,
                    "ledger": store.ledger.can_write,
                    "keys": store.keys_are_fresh,
                },
                web_app_folder=BUILT_FOLDER,
                engine_state=self._engine_state,
            )
        )
