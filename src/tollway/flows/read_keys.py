"""Feeds the key snapshot from the database, where a key counts only as long as its account does."""

import logging
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.exc import SQLAlchemyError

from tollway.accounts.tables import accounts
from tollway.accounts.types import AccountStatus
from tollway.keys import repository
from tollway.keys.errors import KeySourceError
from tollway.keys.snapshot import KeyChange
from tollway.keys.sqlite_revision import SqliteKeyRevision
from tollway.keys.tables import keys
from tollway.keys.types import LIMIT_PERIODS, KeyEntry, KeyKind
from tollway.kit.database import Database

_log = logging.getLogger("tollway.keys")

_QUERY = select(
    keys.c.revision,
    keys.c.id,
    keys.c.digest,
    and_(
        keys.c.enabled,
        keys.c.kind != KeyKind.PLAYGROUND,
        keys.c.deleted_at_ms.is_(None),
        accounts.c.status == AccountStatus.ACTIVE,
        or_(keys.c.kind != KeyKind.OPERATOR, accounts.c.is_operator),
    ).label("usable"),
    keys.c.account_id,
    keys.c.prefix,
    keys.c.kind,
    keys.c.scopes,
    keys.c.limit_credits,
    keys.c.limit_period,
    keys.c.requests_per_minute,
    keys.c.concurrent_requests,
).join(accounts, accounts.c.id == keys.c.account_id)


class DatabaseKeySource:
    """Reads keys together with the state of their accounts."""

    def __init__(self, database: Database, newest_revision: SqliteKeyRevision) -> None:
        self._database = database
        self._newest_revision = newest_revision

    async def revision(self) -> int:
        """Return the newest revision of any key.

        Raises:
            KeySourceError: it cannot be read at present.
        """
        return await self._newest_revision.read()

    async def changes(self, after_revision: int, after_key_id: int, at_most: int) -> Sequence[KeyChange]:
        """Return keys that changed after the position, in the order of revision and id.

        Raises:
            KeySourceError: they cannot be read at present.
        """
        newer = tuple_(keys.c.revision, keys.c.id) > (after_revision, after_key_id)
        query = _QUERY.where(newer).order_by(keys.c.revision, keys.c.id)
        try:
            async with self._database.connect() as connection:
                rows = (await connection.execute(query.limit(at_most))).all()
        except SQLAlchemyError as error:
            raise KeySourceError(f"Cannot read the keys: {error}") from error
        return [_change(row) for row in rows]


async def store_last_used(database: Database, used_at_ms: Sequence[tuple[int, int]]) -> None:
    """Store when keys, given by id, were last used.

    Raises:
        KeySourceError: it cannot be stored at present.
    """
    try:
        async with database.begin() as connection:
            await repository.touch(connection, used_at_ms)
    except SQLAlchemyError as error:
        raise KeySourceError(f"Cannot store when keys were used: {error}") from error


def _change(row: Any) -> KeyChange:  # noqa: ANN401 - A row of _QUERY.
    """Read a row. One that makes no sense is a key that nobody can use: it must not keep the others from changing."""
    revision, key_id, digest, usable, *rest = row
    entry = None
    if usable:
        try:
            entry = _entry(key_id, rest)
        except (ValueError, TypeError, msgspec.MsgspecError) as error:
            _log.error("key cannot be read and is not usable", extra={"key_id": key_id, "reason": str(error)})
    return KeyChange(revision, key_id, digest, entry)


def _entry(key_id: int, columns: Sequence[Any]) -> KeyEntry:
    account_id, prefix, kind, scopes, credits_max, period, rate, calls = columns
    if period not in LIMIT_PERIODS:
        raise ValueError(f"there is no limit period {period!r}")
    return KeyEntry(
        key_id=key_id,
        account_id=account_id,
        prefix=prefix,
        kind=KeyKind(kind),
        scopes=None if scopes is None else repository.scopes_from_text(scopes),
        limit_credits=credits_max,
        limit_period=period,
        requests_per_minute=rate,
        concurrent_requests=calls,
    )
