"""The audit trail in the database."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import RowMapping, insert, select

from tollway.audit.tables import audit_entries
from tollway.audit.types import ActorKind, AuditEntry

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_entry(connection: "AsyncConnection", values: Sequence[object]) -> None:
    """Store the values of one entry, in the order of the columns."""
    names = [column.name for column in audit_entries.columns]
    await connection.execute(insert(audit_entries), dict(zip(names, values, strict=True)))


async def list_entries(
    connection: "AsyncConnection", *, at_most: int, before_id: str | None = None, account_id: int | None = None
) -> list[AuditEntry]:
    """The newest entries, newest first: older than ``before_id``, and of one account where given."""
    query = select(audit_entries).order_by(audit_entries.c.id.desc()).limit(at_most)
    if before_id is not None:
        query = query.where(audit_entries.c.id < before_id)
    if account_id is not None:
        query = query.where(audit_entries.c.account_id == account_id)
    return [_entry(row) for row in (await connection.execute(query)).mappings()]


def _entry(row: RowMapping) -> AuditEntry:
    fields = dict(row)
    fields["actor_kind"] = ActorKind(fields["actor_kind"])
    fields["details"] = msgspec.json.decode(fields["details"])
    return AuditEntry(**fields)
