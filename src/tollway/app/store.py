"""What is kept in the data folder, opened: the database, the books, the keys, the prices."""

from collections.abc import Mapping
from contextlib import AsyncExitStack

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from tollway.accounts.passwords import PasswordHasher
from tollway.audit.types import Actor, ActorKind
from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.credits.rate_cards import RateCards
from tollway.credits.sqlite.checkpoints import Checkpoints
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.flows.first_run import FirstAccount, create_first_account
from tollway.flows.grant_credits import GrantCredits
from tollway.flows.manage_accounts import ManageAccounts
from tollway.flows.manage_keys import ManageKeys
from tollway.flows.read_keys import DatabaseKeySource, store_last_used
from tollway.flows.recover_inferences import recovered_rows
from tollway.flows.refresh_catalog import RefreshCatalog
from tollway.flows.set_prices import file_prices
from tollway.keys.digest import KeyDigest, load_pepper
from tollway.keys.last_used import LastUsed
from tollway.keys.snapshot import InMemoryKeySnapshot
from tollway.keys.sqlite_prefix import stored_prefixes
from tollway.keys.sqlite_revision import SqliteKeyRevision
from tollway.kit.clock import SystemClock
from tollway.kit.database import Database, database_path
from tollway.kit.metrics import Metrics
from tollway.kit.settings import Settings
from tollway.migrations import upgrade

KEYS_AGE_MAX_S = 5.0
"""Keys that are older are not ready to be relied on: the poll is due four times a second, and a revocation that the
snapshot does not hear of has no effect."""


class Store(Struct, frozen=True, kw_only=True):
    """What is kept in the data folder, opened."""

    clock: SystemClock
    metrics: Metrics
    database: Database
    ledger: SqliteLedger
    checkpoints: Checkpoints
    catalog: Catalog
    rate_cards: RateCards
    refresh_catalog: RefreshCatalog
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
        metrics = Metrics()
        ledger = await SqliteLedger.open(
            path, clock=clock, recovered_rows=recovered_rows(stored_prefixes(path)), metrics=metrics
        )
        stack.push_async_callback(ledger.close)
        checkpoints = Checkpoints.open(path, lambda: ledger.commits)
        stack.callback(checkpoints.close)
        database = Database(path)
        stack.push_async_callback(database.close)
        digest = KeyDigest(load_pepper(settings.data_path, environment))
        revision = SqliteKeyRevision(path)
        stack.callback(revision.close)
        keys = InMemoryKeySnapshot(DatabaseKeySource(database, revision), digest)
        await keys.refresh()
        rate_cards = await RateCards.sync(database, file_prices(catalog), clock.now_ms())
        refresh_catalog = RefreshCatalog(database, path, clock, catalog, rate_cards)
        stack.callback(refresh_catalog.close)
        await refresh_catalog.refresh()
        return cls(
            clock=clock,
            metrics=metrics,
            database=database,
            ledger=ledger,
            checkpoints=checkpoints,
            catalog=catalog,
            rate_cards=rate_cards,
            refresh_catalog=refresh_catalog,
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
        actor = Actor(ActorKind.SYSTEM, "first run")
        accounts = ManageAccounts(self.database, self.clock, PasswordHasher(), actor)
        keys = ManageKeys(self.database, self.clock, self.digest, actor)
        grants = GrantCredits(self.database, self.ledger, self.clock)
        first = await create_first_account(accounts, keys, grants, actor, welcome_credits=welcome_credits)
        await self.keys.refresh()
        return first
