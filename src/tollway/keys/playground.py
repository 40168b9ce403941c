"""The key that an account's calls from the playground are counted under. Callers own the transaction.

It is a row like any other key's, so that limits, usage, log and receipts know it; but its digest is random and no
key's, so nobody can call with it. It does not count towards an account's keys, stands in no list, and cannot be changed
or deleted.
"""

import secrets
from typing import TYPE_CHECKING

from tollway.keys import repository
from tollway.keys.format import new_playground_prefix
from tollway.keys.types import KeyEntry, KeyIdentity, KeyKind, KeyRecord, NewKey

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

PLAYGROUND = "playground"
"""Name of the key."""
_DIGEST_BYTES = 32


async def find_playground_key(connection: "AsyncConnection", account_id: int) -> KeyEntry | None:
    """Return the key of the account's playground; None before its first call."""
    record = await repository.find_playground_key(connection, account_id)
    return None if record is None else _entry(record)


async def find_or_create_playground_key(connection: "AsyncConnection", account_id: int, now_ms: int) -> KeyEntry:
    """Return the key of the account's playground, made now if there was none; the transaction may write."""
    found = await find_playground_key(connection, account_id)
    if found is not None:
        return found
    prefix = new_playground_prefix()
    while await repository.prefix_is_taken(connection, prefix):
        prefix = new_playground_prefix()
    identity = KeyIdentity(prefix, secrets.token_bytes(_DIGEST_BYTES))
    new = NewKey(kind=KeyKind.PLAYGROUND, name=PLAYGROUND)
    return _entry(await repository.insert_key(connection, account_id, identity, new, now_ms))


def _entry(record: KeyRecord) -> KeyEntry:
    return KeyEntry(
        key_id=record.key_id,
        account_id=record.account_id,
        prefix=record.prefix,
        kind=record.kind,
        scopes=record.scopes,
        limit_credits=record.limit_credits,
        limit_period=record.limit_period,
        requests_per_minute=record.requests_per_minute,
        concurrent_requests=record.concurrent_requests,
    )
