"""The table of the audit trail."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from tollway.kit.database import METADATA, ROW_ID

audit_entries = Table(
    "audit_entries",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor_kind", String(16), nullable=False),
    Column("actor", String(320), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(320), nullable=False),
    Column("account_id", ROW_ID, ForeignKey("accounts.id"), nullable=True),
    Column("details", Text, nullable=False),
    Index("ix_audit_entries_account", "account_id", "id"),
)
"""One row for each change, in the transaction of the change; rows are only ever added. Ids are in order of time,
``details`` is a JSON object."""
