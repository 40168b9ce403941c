"""Accounts, keys and their snapshot on a real database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from tests.support.database import migrated_database
from tollway.accounts.passwords import PasswordHasher
from tollway.audit.types import Actor, ActorKind
from tollway.flows.manage_accounts import ManageAccounts
from tollway.flows.manage_keys import ManageKeys
from tollway.flows.read_keys import DatabaseKeySource
from tollway.keys.digest import KeyDigest, load_pepper
from tollway.keys.snapshot import InMemoryKeySnapshot
from tollway.keys.sqlite_revision import SqliteKeyRevision
from tollway.kit.clock import SystemClock
from tollway.kit.database import Database, database_path

OPERATOR = Actor(ActorKind.COMMAND_LINE, "root")


class QuickHasher(PasswordHasher):
    """Stands in where a test is not about passwords: hashing is slow on purpose."""

    async def hash(self, password: str) -> str:
        return f"quick:{len(password)}"


class KeyRing(Struct, frozen=True):
    """What a server and a command have of keys."""

    path: Path
    database: Database
    digest: KeyDigest
    accounts: ManageAccounts
    keys: ManageKeys
    source: DatabaseKeySource
    snapshot: InMemoryKeySnapshot


@asynccontextmanager
async def open_key_ring(folder: Path) -> AsyncIterator[KeyRing]:
    """Open the folder's database, made first if it is not there; two rings on one folder are like two processes."""
    path = database_path(folder)
    if not path.exists():
        migrated_database(folder)
    database, clock, revision = Database(path), SystemClock(), SqliteKeyRevision(path)
    digest = KeyDigest(load_pepper(folder, {}))
    source = DatabaseKeySource(database, revision)
    try:
        yield KeyRing(
            path,
            database,
            digest,
            ManageAccounts(database, clock, QuickHasher(), OPERATOR),
            ManageKeys(database, clock, digest, OPERATOR),
            source,
            InMemoryKeySnapshot(source, digest),
        )
    finally:
        revision.close()
        await database.close()
