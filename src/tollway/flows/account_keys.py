"""The keys of an account that its usage and its log are read by: deleted ones and the playground's belong to them."""

from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import exists, not_, select

from tollway.keys.errors import UnknownKeyError
from tollway.keys.format import prefix_of
from tollway.keys.tables import keys
from tollway.keys.types import KeyKind
from tollway.usage.slots import Span
from tollway.usage.tables import usage_wide_rollups
from tollway.usage.types import WIDE_SLOT_MS

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class UsedKey(Struct, frozen=True):
    """A key as reports name it; ``kind`` is one of `keys.types.KeyKind`."""

    prefix: str
    name: str
    kind: str


async def used_keys(
    connection: "AsyncConnection", account_id: int, span: Span, *, prefix: str | None = None, origin: str | None = None
) -> dict[int, UsedKey]:
    """Return an account's keys that may have been used within a span, by id: all, or those of a prefix or an origin.

    Keys that were not used are left out, because every key makes a report longer to read.

    Raises:
        UnknownKeyError: the account never had a key of that prefix.
    """
    row, slot_ms = keys.c, usage_wide_rollups.c.slot_ms
    query = select(row.id, row.prefix, row.name, row.kind).where(row.account_id == account_id)
    if prefix is not None:
        query = query.where(row.prefix == prefix)
        if (await connection.execute(query)).first() is None:
            # A whole key may have been given in place of its prefix, and must not end up on a screen or in a log.
            raise UnknownKeyError(f"The account has no key with the prefix '{prefix_of(prefix)}'.", param="key_prefix")
    if origin is not None:
        # The playground's calls are counted under a key of its own kind, which has the name of their origin.
        is_playgrounds = row.kind == KeyKind.PLAYGROUND
        query = query.where(is_playgrounds if origin == KeyKind.PLAYGROUND else not_(is_playgrounds))
    first_slot_ms = span.from_ms - span.from_ms % WIDE_SLOT_MS
    is_used = exists().where(usage_wide_rollups.c.key_id == row.id, slot_ms >= first_slot_ms, slot_ms < span.to_ms)
    found = await connection.execute(query.where(is_used))
    return {key_id: UsedKey(prefix, name, kind) for key_id, prefix, name, kind in found}
