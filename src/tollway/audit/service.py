"""Making entries of the audit trail."""

from typing import TYPE_CHECKING, Any

import msgspec

from tollway.audit import repository
from tollway.audit.types import Actor, AuditEntry
from tollway.kit.ids import inference_id

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


def new_entry(  # noqa: PLR0913 - All by keyword: they are the facts of one entry.
    *,
    actor: Actor,
    action: str,
    subject: str,
    now_ms: int,
    account_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """Make the entry of a change by an actor; ``details`` must be free of secrets."""
    return AuditEntry(
        id=inference_id(),  # Any id in order of time will do.
        at_ms=now_ms,
        actor_kind=actor.kind,
        actor=actor.name,
        action=action,
        subject=subject,
        account_id=account_id,
        details=details or {},
    )


def audit_row(entry: AuditEntry) -> tuple[object, ...]:
    """Return the entry's values in the order of the columns of `audit.tables.audit_entries`."""
    *plain, details = msgspec.structs.astuple(entry)
    return (*plain, msgspec.json.encode(details).decode())


async def record(connection: "AsyncConnection", entry: AuditEntry) -> None:
    """Store an entry in the transaction of its change."""
    await repository.insert_entry(connection, audit_row(entry))
