"""Keys in the database. Every change that the snapshot must see takes a new revision."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import BigInteger, RowMapping, and_, column, func, insert, not_, select, text, update, values

from tollway.keys.tables import keys
from tollway.keys.types import KeyIdentity, KeyKind, KeyRecord, NewKey, Scope
from tollway.kit.database import ROW_ID

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_COLUMNS = [column for column in keys.c if column.name not in {"digest", "revision", "deleted_at_ms"}]
_IS_PLAYGROUND = keys.c.kind == KeyKind.PLAYGROUND
_LISTED = and_(keys.c.deleted_at_ms.is_(None), not_(_IS_PLAYGROUND))
# The row stays locked until the transaction ends, so revisions become visible in the order in which they were drawn.
_DRAW_REVISION = text(
    "INSERT INTO key_revision (id, value) VALUES (1, 1) "
    "ON CONFLICT (id) DO UPDATE SET value = key_revision.value + 1 RETURNING value"
)


async def next_revision(connection: "AsyncConnection") -> int:
    """Draw the revision for a change of this transaction."""
    return int((await connection.execute(_DRAW_REVISION)).scalar_one())


async def insert_key(
    connection: "AsyncConnection", account_id: int, identity: KeyIdentity, new: NewKey, now_ms: int
) -> KeyRecord:
    """Store a new, enabled key."""
    row = {
        "account_id": account_id,
        "prefix": identity.prefix,
        "digest": identity.digest,
        "kind": new.kind,
        "name": new.name,
        "enabled": True,
        "scopes": _scopes_text(new.scopes),
        "limit_credits": new.limit_credits,
        "limit_period": new.limit_period,
        "requests_per_minute": new.requests_per_minute,
        "concurrent_requests": new.concurrent_requests,
        "created_at_ms": now_ms,
        "updated_at_ms": now_ms,
        "revision": await next_revision(connection),
    }
    rows = (await connection.execute(insert(keys).values(row).returning(*_COLUMNS))).mappings()
    return _record(rows.one())


async def prefix_is_taken(connection: "AsyncConnection", prefix: str) -> bool:
    """Say whether any key, deleted ones included, has the prefix."""
    return (await connection.execute(select(keys.c.id).where(keys.c.prefix == prefix))).first() is not None


async def find_by_prefix(connection: "AsyncConnection", prefix: str) -> KeyRecord | None:
    """Look a key up that is not deleted, and no playground's."""
    query = select(*_COLUMNS).where(keys.c.prefix == prefix, _LISTED)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _record(row)


async def find_playground_key(connection: "AsyncConnection", account_id: int) -> KeyRecord | None:
    """Look up the key of the account's playground."""
    query = select(*_COLUMNS).where(keys.c.account_id == account_id, _IS_PLAYGROUND)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _record(row)


async def find_key_id(connection: "AsyncConnection", prefix: str, account_id: int) -> int | None:
    """Return the id of an account's key; one that was deleted is found too, for what it was used for is kept."""
    query = select(keys.c.id).where(keys.c.prefix == prefix, keys.c.account_id == account_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def list_keys(connection: "AsyncConnection", account_id: int | None) -> list[KeyRecord]:
    """Every key that is not deleted, of one account or of all, oldest first; without those of playgrounds."""
    query = select(*_COLUMNS).where(_LISTED).order_by(keys.c.id)
    if account_id is not None:
        query = query.where(keys.c.account_id == account_id)
    return [_record(row) for row in (await connection.execute(query)).mappings()]


async def count_keys(connection: "AsyncConnection", account_id: int) -> int:
    """Count the account's keys that are not deleted, without the playground's."""
    query = select(func.count()).select_from(keys).where(keys.c.account_id == account_id, _LISTED)
    return (await connection.execute(query)).scalar_one()


async def store_changes(connection: "AsyncConnection", record: KeyRecord) -> None:
    """Store what can be changed of a key, as the record has it."""
    changes = {
        "name": record.name,
        "enabled": record.enabled,
        "scopes": _scopes_text(record.scopes),
        "limit_credits": record.limit_credits,
        "limit_period": record.limit_period,
        "updated_at_ms": record.updated_at_ms,
    }
    await _change(connection, record.key_id, changes)


async def mark_deleted(connection: "AsyncConnection", key_id: int, now_ms: int) -> None:
    """Delete the key for good; its row stays, for what refers to it."""
    await _change(connection, key_id, {"deleted_at_ms": now_ms, "updated_at_ms": now_ms})


async def renew_keys_of(connection: "AsyncConnection", account_id: int) -> None:
    """Make every server read the account's keys anew, because the account itself has changed."""
    revision = await next_revision(connection)
    await connection.execute(update(keys).where(keys.c.account_id == account_id).values(revision=revision))


async def touch(connection: "AsyncConnection", used_at_ms: Sequence[tuple[int, int]]) -> None:
    """Store when keys, given by id, were last used; this takes no revision.

    One statement, because the driver gives up the interpreter lock around every execution, and beside a busy event loop
    each time would lengthen the write lock by a wait.
    """
    used = values(column("key_id", ROW_ID), column("moment_ms", BigInteger)).data(list(used_at_ms)).cte("used")
    moment_ms = select(used.c.moment_ms).where(used.c.key_id == keys.c.id).scalar_subquery()
    statement = update(keys).where(keys.c.id.in_(select(used.c.key_id))).values(last_used_at_ms=moment_ms)
    await connection.execute(statement)


async def _change(connection: "AsyncConnection", key_id: int, changes: Mapping[str, object]) -> None:
    revision = await next_revision(connection)
    await connection.execute(update(keys).where(keys.c.id == key_id).values(**changes, revision=revision))


@cache
def scopes_from_text(stored: str) -> frozenset[Scope]:
    """Read the column ``scopes``; the few different texts are read once."""
    return msgspec.json.decode(stored, type=frozenset[Scope])


def _scopes_text(scopes: frozenset[Scope] | None) -> str | None:
    return None if scopes is None else msgspec.json.encode(sorted(scopes)).decode()


def _record(row: RowMapping) -> KeyRecord:
    fields = dict(row)
    fields["key_id"] = fields.pop("id")
    fields["kind"] = KeyKind(fields["kind"])
    fields["scopes"] = None if fields["scopes"] is None else scopes_from_text(fields["scopes"])
    return KeyRecord(**fields)
