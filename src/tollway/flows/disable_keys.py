"""Disabling every key of an account."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor
from tollway.keys import repository

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


async def disable_keys(connection: "AsyncConnection", account_id: int, actor: Actor, now_ms: int) -> int:
    """Disable the account's keys, each with its entry in the audit trail, and return how many that were."""
    enabled = [key for key in await repository.list_keys(connection, account_id) if key.enabled]
    for key in enabled:
        await repository.store_changes(connection, replace(key, enabled=False, updated_at_ms=now_ms))
        entry = new_entry(
            actor=actor,
            action="key.update",
            subject=key.prefix,
            now_ms=now_ms,
            account_id=account_id,
            details={"before": {"disabled": False}, "after": {"disabled": True}},
        )
        await record(connection, entry)
    return len(enabled)
