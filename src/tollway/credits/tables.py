"""The tables of credits."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from tollway.kit.database import METADATA, ROW_ID, partial_index

ledger_accounts = Table(
    "ledger_accounts",
    METADATA,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("account_id", ROW_ID, ForeignKey("accounts.id"), nullable=True),
    Column("posted_credits", BigInteger, nullable=False),
    Column("held_credits", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    UniqueConstraint("kind", "account_id"),
    CheckConstraint("held_credits >= 0", name="held"),
    CheckConstraint("kind <> 'wallet' OR posted_credits >= held_credits", name="covered"),
)
"""The sides of every transfer. A wallet belongs to an account; the platform's own accounts (`PlatformAccount`) have
fixed ids and no owner. ``posted_credits`` is what was received less what was given, so all of them add up to zero."""

holds = Table(
    "holds",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("account_id", ROW_ID, ForeignKey("accounts.id"), nullable=False),
    Column("key_id", ROW_ID, ForeignKey("keys.id"), nullable=False),
    Column("model_id", String(255), nullable=False),
    Column("rate_card_version", Integer, nullable=False),
    Column("amount_credits", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),
    Column("key_day_ms", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("closed_at_ms", BigInteger, nullable=True),
    CheckConstraint("amount_credits >= 0", name="amount"),
    CheckConstraint("state IN ('open', 'settled', 'voided')", name="state"),
    partial_index("ix_holds_open", "account_id", where="state = 'open'"),
    sqlite_with_rowid=False,
)
"""Money set aside; the id is the inference's. ``key_day_ms`` is the start of the UTC day that its charge counts in."""

transfers = Table(
    "transfers",
    METADATA,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("debit_id", ROW_ID, ForeignKey("ledger_accounts.id"), nullable=False),
    Column("credit_id", ROW_ID, ForeignKey("ledger_accounts.id"), nullable=False),
    Column("amount_credits", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("hold_id", String(32), ForeignKey("holds.id"), nullable=True),
    Column("reference_id", String(255), nullable=True),
    Column("created_at_ms", BigInteger, nullable=False),
    UniqueConstraint("hold_id", "kind"),
    CheckConstraint("amount_credits >= 0", name="amount"),
    CheckConstraint("debit_id <> credit_id", name="sides"),
    # A wallet's charges, and those alone that moved something: calls of free models would only lengthen every page.
    partial_index(
        "ix_transfers_charges",
        "debit_id",
        "created_at_ms",
        "id",
        where="hold_id IS NOT NULL AND amount_credits > 0",
    ),
    # All other movements, which are few, from both sides.
    partial_index(
        "ix_transfers_debits",
        "debit_id",
        "created_at_ms",
        "id",
        where="hold_id IS NULL",
    ),
    partial_index(
        "ix_transfers_credits",
        "credit_id",
        "created_at_ms",
        "id",
        where="hold_id IS NULL",
    ),
    partial_index(
        "uq_transfers_reference",
        "kind",
        "reference_id",
        unique=True,
        where="reference_id IS NOT NULL",
    ),
)
"""Every movement of credits, from the debit account to the credit account; rows are only ever added. The reference of
a charge is its hold's id, so ``reference_id`` is for grants alone."""

key_spend = Table(
    "key_spend",
    METADATA,
    Column("key_id", ROW_ID, ForeignKey("keys.id"), primary_key=True),
    Column("day_ms", BigInteger, primary_key=True),
    Column("spent_credits", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""What each key was charged on each UTC day. Every period of a limit is a row of days, so a limit that is set or
changed in the middle of a period counts what was spent before."""

exposures = Table(
    "exposures",
    METADATA,
    Column("hold_id", String(32), ForeignKey("holds.id"), primary_key=True),
    Column("reason", String(64), nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("amount_credits", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
)
"""What voided holds may have cost the platform."""

rate_cards = Table(
    "rate_cards",
    METADATA,
    Column("model_id", String(255), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("input_nanousd", BigInteger, nullable=False),
    Column("cached_input_nanousd", BigInteger, nullable=False),
    Column("output_nanousd", BigInteger, nullable=False),
    Column("reasoning_nanousd", BigInteger, nullable=False),
    Column("effective_from_ms", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("source", String(16), nullable=False, server_default="catalog"),
)
"""Prices by model and version. Rows never change: another price is another version. ``source`` is ``catalog`` for a
price of the model's file, or ``operator``."""

expiring_credits = Table(
    "expiring_credits",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("account_id", ROW_ID, ForeignKey("accounts.id"), nullable=False),
    Column("amount_credits", BigInteger, nullable=False),
    Column("granted_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("expired_at_ms", BigInteger, nullable=True),
    partial_index(
        "ix_expiring_credits_due",
        "expires_at_ms",
        where="expired_at_ms IS NULL",
    ),
)
"""Granted credits that can be spent for a while only, written in the commit of their grant."""

low_balance_notices = Table(
    "low_balance_notices",
    METADATA,
    Column("account_id", ROW_ID, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("threshold_credits", BigInteger, nullable=False),
    Column("low_since_ms", BigInteger, nullable=True),
    CheckConstraint("threshold_credits > 0", name="threshold"),
)
"""Whose owners want to be told when their balance falls below a threshold. ``low_since_ms`` is when it was found there,
which is when they were told; it is empty while the balance is not low."""
