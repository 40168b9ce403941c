"""The tables of keys."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from tollway.kit.database import METADATA, partial_index

# SQLite numbers rows by itself only for a column that is plainly INTEGER.
_ID = BigInteger().with_variant(Integer(), "sqlite")

keys = Table(
    "keys",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("account_id", _ID, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("prefix", String(8), nullable=False, unique=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(255), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("deleted_at_ms", BigInteger, nullable=True),
    Column("scopes", Text, nullable=True),
    Column("limit_credits", BigInteger, nullable=True),
    Column("limit_period", String(16), nullable=False),
    Column("requests_per_minute", Integer, nullable=True),
    Column("concurrent_requests", Integer, nullable=True),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    Column("last_used_at_ms", BigInteger, nullable=True),
    Column("revision", BigInteger, nullable=False),
    Index("ix_keys_revision", "revision"),
    partial_index(
        "uq_keys_playground",
        "account_id",
        unique=True,
        where="kind = 'playground'",
    ),
    sqlite_autoincrement=True,
)
"""``revision`` is drawn from ``key_revision`` by every change that the snapshot must see, so that a server reads only
the rows that are newer than what it has. ``scopes`` is a JSON list, null for all. Deleted keys keep their row.
An account has one key of kind ``playground`` at most."""

key_revision = Table(
    "key_revision",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""One row: the newest revision of any key."""
