"""The tables of accounts."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from tollway.kit.database import METADATA

# SQLite numbers rows by itself only for a column that is plainly INTEGER.
_ID = BigInteger().with_variant(Integer(), "sqlite")

accounts = Table(
    "accounts",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    Column("status", String(16), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
