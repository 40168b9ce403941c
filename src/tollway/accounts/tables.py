"""The tables of accounts."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, false, true

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
    Column("is_operator", Boolean, nullable=False, server_default=false()),
    Column("email_is_proved", Boolean, nullable=False, server_default=true()),
    sqlite_autoincrement=True,
)
"""``is_operator`` accounts may use the operator's endpoints and pages. ``email_is_proved`` is false for those who named
an email as they liked when they signed up."""

account_identities = Table(
    "account_identities",
    METADATA,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("account_id", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
)
"""Who owns an account by the word of a provider of single sign-on."""

sessions = Table(
    "sessions",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("account_id", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("token_digest", LargeBinary(32), nullable=False, unique=True),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("last_seen_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("revoked_at_ms", BigInteger, nullable=True),
    Column("user_agent", String(255), nullable=False),
    Column("address", String(64), nullable=False),
    Index("ix_sessions_account", "account_id", "id"),
)
"""Signed-in people. Tokens are stored as their SHA-256; ``expires_at_ms`` is the absolute end."""

account_links = Table(
    "account_links",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("token_digest", LargeBinary(32), nullable=False, unique=True),
    Column("account_id", _ID, ForeignKey("accounts.id"), nullable=True),
    Column("email", String(320), nullable=True),
    Column("credits", BigInteger, nullable=True),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("used_at_ms", BigInteger, nullable=True),
    Index("ix_account_links_account", "account_id"),
)
"""Invitations and resets of passwords, each for one use. Tokens are stored as their SHA-256.

``account_id`` is whose password may be reset; ``email`` is the only one that may use an invitation, and ``credits``
what it brings in place of the usual.
"""

due_sign_up_grants = Table(
    "due_sign_up_grants",
    METADATA,
    Column("account_id", _ID, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("amount_credits", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
)
"""Welcome grants that the ledger does not have yet: written with the account, deleted when they are booked."""
