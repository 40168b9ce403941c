"""The tables of payments."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from tollway.kit.database import METADATA, ROW_ID, partial_index

payments = Table(
    "payments",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("account_id", ROW_ID, ForeignKey("accounts.id"), nullable=False),
    Column("provider", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status", String(24), nullable=False),
    Column("amount_credits", BigInteger, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("provider_session", String(255), nullable=True, unique=True),
    Column("provider_payment", String(255), nullable=True, unique=True),
    Column("customer", String(255), nullable=True),
    Column("method", String(255), nullable=True),
    Column("refunded_cents", BigInteger, nullable=False),
    Column("unrecovered_credits", BigInteger, nullable=False),
    Column("refund_key", String(96), nullable=True),
    Column("refund_cents", BigInteger, nullable=True),
    Column("refund_asked_at_ms", BigInteger, nullable=True),
    Column("failure", String(255), nullable=True),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    CheckConstraint("amount_credits > 0 AND amount_cents > 0", name="amount"),
    Index("ix_payments_account", "account_id", "id"),
    Index("ix_payments_status", "status", "id"),
    partial_index(
        "ix_payments_under_way",
        "account_id",
        unique=True,
        where="kind = 'auto' AND status = 'open'",
    ),
)
"""One row for each payment that was begun; the id is in order of time and is the reference of its ledger movement.
``kind`` is ``checkout`` or ``auto``; ``status`` is ``open``, ``paid``, ``failed``, ``expired``, ``refunded`` or
``partially_refunded``. An account has at most one open automatic payment at a time; ``customer`` and ``method`` are the
saved method that it uses, so that asking for it again asks for the same. ``unrecovered_credits`` is what refunds could
not take back because it was spent. ``refund_key``, ``refund_cents`` and ``refund_asked_at_ms`` are of a refund that was
asked for and of which nobody knows what became."""

payment_refunds = Table(
    "payment_refunds",
    METADATA,
    Column("payment_id", String(32), ForeignKey("payments.id"), primary_key=True),
    Column("from_cents", BigInteger, primary_key=True, autoincrement=False),
    Column("to_cents", BigInteger, nullable=False),
    Column("wanted_credits", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    CheckConstraint("to_cents > from_cents AND wanted_credits > 0", name="order"),
)
"""One row for each time that a refund took credits back, in the commit of that movement. It goes from the cents that
were refunded before to those that are refunded then, so that no cent is taken back twice: two that come at once would
begin at the same place, and only one of them can."""

payment_events = Table(
    "payment_events",
    METADATA,
    Column("provider", String(16), primary_key=True),
    Column("event_id", String(255), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("received_at_ms", BigInteger, nullable=False),
)
"""The provider's events that were dealt with, so that a repeated one changes nothing."""

payment_methods = Table(
    "payment_methods",
    METADATA,
    Column("account_id", ROW_ID, ForeignKey("accounts.id"), primary_key=True),
    Column("provider", String(16), nullable=False),
    Column("customer", String(255), nullable=False),
    Column("method", String(255), nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
)
"""The saved method that off-session payments of an account use; only the provider's names of it are kept.
``updated_at_ms`` is when the payment began that saved it."""

auto_top_ups = Table(
    "auto_top_ups",
    METADATA,
    Column("account_id", ROW_ID, ForeignKey("accounts.id"), primary_key=True),
    Column("is_enabled", Boolean, nullable=False),
    Column("threshold_credits", BigInteger, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("not_before_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
)
"""When an account is topped up by itself, and by how much. ``failures`` counts attempts that failed in a row,
``not_before_ms`` is when the next one may be made."""
