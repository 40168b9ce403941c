"""The service surface on a real database, a real ledger and real flows, called without a socket."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from msgspec.structs import replace

from tests.support.database import migrated_database
from tests.support.ledger import open_ledger
from tests.support.service_app import stand_in_only
from tollway.accounts.passwords import PasswordHasher
from tollway.app.background import run_beside
from tollway.app.console import console_flows
from tollway.app.operator import operator_flows
from tollway.app.settings import report_settings
from tollway.audit.types import Actor, ActorKind
from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.credits.rate_cards import RateCards
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.types import GrantType
from tollway.flows.begin_top_up import BeginTopUp
from tollway.flows.manage_accounts import ManageAccounts
from tollway.flows.own_keys import OwnKeys
from tollway.flows.own_presets import OwnPresets
from tollway.flows.preview_prices import PreviewPrices
from tollway.flows.read_account_logs import CURSOR_LABEL as LOG_CURSOR_LABEL
from tollway.flows.read_account_logs import ReadAccountLogs
from tollway.flows.read_billing import CURSOR_LABEL, ReadBilling
from tollway.flows.read_keys import DatabaseKeySource, store_last_used
from tollway.flows.read_logs import ReadLogs
from tollway.flows.read_month_statement import ReadMonthStatement
from tollway.flows.read_usage import ReadUsage
from tollway.flows.receive_payment_event import ReceivePaymentEvent
from tollway.flows.redeem_coupon import RedeemCoupon
from tollway.flows.refresh_catalog import RefreshCatalog
from tollway.flows.set_auto_top_up import SetAutoTopUp
from tollway.flows.set_prices import SetPrices, file_prices
from tollway.flows.sign_in import SignIn
from tollway.flows.switch_models import SwitchModels
from tollway.http.asgi.app import create_app
from tollway.http.console.log_routes import EXPORTS_PER_MINUTE
from tollway.http.service.log_routes import REQUESTS_PER_MINUTE
from tollway.http.service.payment_routes import CHECKOUTS_PER_MINUTE
from tollway.http.service.types import ConsoleFlows, OperatorFlows, ServiceDependencies
from tollway.keys.digest import KeyDigest
from tollway.keys.last_used import LastUsed
from tollway.keys.request_rate import RequestRate
from tollway.keys.service import KeyService
from tollway.keys.snapshot import InMemoryKeySnapshot
from tollway.keys.sqlite_revision import SqliteKeyRevision
from tollway.keys.types import KeyKind, KeyMaker, NewKey
from tollway.kit.clock import Clock, SystemClock
from tollway.kit.database import Database
from tollway.kit.metrics import Metrics
from tollway.kit.settings import Settings
from tollway.mail.outbox import Outbox
from tollway.mail.port import Mailer
from tollway.payments.port import PaymentProvider
from tollway.single_sign_on.port import IdentityProvider
from tollway.upstreams.report import UpstreamsReport
from tollway.usage.model_metrics import ModelMetrics

PUBLIC_URL = "https://llm.example.org"
PASSWORD = "a long enough pass phrase"
OWNER = "owner@example.com"
SEEDER = Actor(ActorKind.SYSTEM, "test")
ENVIRONMENT = {"TOLLWAY_STRIPE_SECRET_KEY": "sk-of-tests"}
"""What the world tells of its environment."""
_PEPPER = b"p" * 32


@dataclass(kw_only=True)
class ServiceWorld:
    """Everything behind the routes, and a client in front of them."""

    client: httpx.AsyncClient
    path: Path
    database: Database
    ledger: SqliteLedger
    clock: Clock
    digest: KeyDigest
    keys: InMemoryKeySnapshot
    deps: ServiceDependencies
    settings: Settings
    outbox: Outbox
    _ids: dict[str, int] = field(default_factory=dict)

    @property
    def accounts(self) -> ManageAccounts:
        """What the world itself does with accounts."""
        return ManageAccounts(self.database, self.clock, PasswordHasher(), SEEDER)

    async def account(self, email: str = OWNER, credit_count: int = 0, *, operator: bool = False) -> int:
        """Make an account, with credits, and return its id."""
        account, _ = await self.accounts.create(email, PASSWORD, is_operator=operator)
        self._ids[email] = account.id
        if credit_count:
            await self.ledger.grant(account.id, credit_count, GrantType.PAYMENT, f"seed-{account.id}")
        return account.id

    async def key(self, email: str = OWNER, kind: KeyKind = KeyKind.API, new: NewKey | None = None) -> str:
        """Make a key for an account, which is made too where it is missing, and return it."""
        account_id = self._ids.get(email) or await self.account(email, operator=kind is KeyKind.OPERATOR)
        wanted = replace(new or NewKey(), kind=kind)
        async with self.database.begin() as connection:
            service = KeyService(self.clock, self.digest)
            _, key = await service.create(connection, account_id, wanted, KeyMaker.OPERATOR)
        await self.keys.refresh()
        return key

    def auth(self, key: str) -> dict[str, str]:
        """Headers of a caller with a key."""
        return {"authorization": f"Bearer {key}"}

    async def sign_in(self, email: str = OWNER) -> dict[str, str]:
        """Sign in, and return the headers of that person, the token for changes included."""
        given = {"email": email, "password": PASSWORD}
        answer = await self.client.post("/console/v1/session", json=given)
        assert answer.status_code == 200, answer.text
        cookie = answer.headers["set-cookie"].partition(";")[0]
        self.client.cookies.clear()
        return {"cookie": cookie, "x-csrf-token": answer.json()["csrf_token"]}


def _billing(database: Database, ledger: SqliteLedger, digest: KeyDigest, settings: Settings) -> ReadBilling:
    return ReadBilling(
        database,
        ledger,
        cursor_key=digest.derived_key(CURSOR_LABEL),
        low_balance_credits=settings.billing.low_balance_credits,
    )


def _console(
    database: Database,
    ledger: SqliteLedger,
    clock: Clock,
    settings: Settings,
    sign_in: SignIn,
    outbox: Outbox,
    identity_provider: IdentityProvider | None,
) -> ConsoleFlows:
    return console_flows(
        database,
        ledger,
        clock,
        settings=settings,
        sign_in=sign_in,
        outbox=outbox,
        public_url=PUBLIC_URL,
        identity_provider=identity_provider,
        signing_key=_PEPPER,
    )


def _operator(
    database: Database, ledger: SqliteLedger, clock: Clock, settings: Settings, provider: PaymentProvider | None
) -> OperatorFlows:
    return operator_flows(database, ledger, clock, PasswordHasher(), provider, report_settings(settings, ENVIRONMENT))


def _client(deps: ServiceDependencies) -> httpx.AsyncClient:
    app: Any = create_app(deps)  # Each library has its own type for the same interface.
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL)


async def _key_snapshot(
    path: Path, database: Database, digest: KeyDigest, stack: AsyncExitStack
) -> InMemoryKeySnapshot:
    revision = SqliteKeyRevision(path)
    stack.callback(revision.close)
    keys = InMemoryKeySnapshot(DatabaseKeySource(database, revision), digest)
    await keys.refresh()
    return keys


@asynccontextmanager
async def service_world(
    folder: Path,
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
    provider: PaymentProvider | None = None,
    mailer: Mailer | None = None,
    identity_provider: IdentityProvider | None = None,
) -> AsyncIterator[ServiceWorld]:
    """Open a world in an empty folder."""
    clock, settings = clock or SystemClock(), settings or Settings(data_dir=str(folder))
    path = migrated_database(folder)
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(open_ledger(path, clock))
        database = Database(path)
        stack.push_async_callback(database.close)
        digest = KeyDigest(_PEPPER)
        keys = await _key_snapshot(path, database, digest, stack)
        catalog = Catalog(load_models(settings.catalog_dir))
        rate_cards = await RateCards.sync(database, file_prices(catalog), clock.now_ms())
        refresh_catalog = RefreshCatalog(database, path, clock, catalog, rate_cards)
        stack.callback(refresh_catalog.close)
        outbox, sign_in = Outbox(mailer, retry_after_s=(0.0,)), SignIn(database, clock, PasswordHasher())
        run_beside(stack, outbox.run)
        deps = ServiceDependencies(
            catalog=catalog,
            serving=stand_in_only,
            public_url=PUBLIC_URL,
            clock=clock,
            registry=Metrics().make_registry(),
            keys=keys,
            own_keys=OwnKeys(database, clock, digest, keys.refresh, keys_max=settings.limits.keys_per_account),
            own_presets=OwnPresets(database, clock),
            last_used=LastUsed(lambda used_at_ms: store_last_used(database, used_at_ms)),
            sign_in=sign_in,
            model_metrics=ModelMetrics(clock),
            usage=ReadUsage(database),
            logs=ReadLogs(database, catalog),
            account_logs=ReadAccountLogs(database, catalog, cursor_key=digest.derived_key(LOG_CURSOR_LABEL)),
            month_statement=ReadMonthStatement(database, clock),
            export_rate=RequestRate(EXPORTS_PER_MINUTE, clock),
            log_rate=RequestRate(REQUESTS_PER_MINUTE, clock),
            checkout_rate=RequestRate(CHECKOUTS_PER_MINUTE, clock),
            billing=_billing(database, ledger, digest, settings),
            auto_top_up=SetAutoTopUp(database, clock, None if provider is None else provider.name),
            begin_top_up=BeginTopUp(database, clock, provider, PUBLIC_URL),
            payment_events=ReceivePaymentEvent(database, ledger, clock, provider),
            rate_cards=rate_cards,
            set_prices=SetPrices(database, clock, catalog, rate_cards, refresh_catalog.try_refresh),
            preview_prices=PreviewPrices(database),
            switch_models=SwitchModels(database, clock, catalog, refresh_catalog.try_refresh),
            upstreams=lambda: UpstreamsReport(upstreams=(), retries_left=50),
            redeem_coupon=RedeemCoupon(database, ledger, clock),
            operator=_operator(database, ledger, clock, settings, provider),
            console=_console(database, ledger, clock, settings, sign_in, outbox, identity_provider),
        )
        yield ServiceWorld(
            client=await stack.enter_async_context(_client(deps)),
            path=path,
            database=database,
            ledger=ledger,
            clock=clock,
            digest=digest,
            keys=keys,
            deps=deps,
            settings=settings,
            outbox=outbox,
        )
