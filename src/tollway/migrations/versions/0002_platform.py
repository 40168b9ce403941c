"""What the platform's own endpoints need: roll-ups, audit trail, payments, coupons, sessions, prices with dates."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema to this revision."""
    _change_accounts()
    _change_inferences()
    _create_rollups()
    _change_transfers()
    _create_expiring_credits()
    _create_audit_entries()
    _create_payments()
    _create_payment_methods()
    _create_coupons()
    op.create_table(
        "model_switches",
        sa.Column("model_id", sa.String(255), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_model_switches")),
    )
    op.add_column("rate_cards", sa.Column("source", sa.String(16), nullable=False, server_default="catalog"))


def _change_accounts() -> None:
    op.add_column("accounts", sa.Column("is_operator", sa.Boolean(), nullable=False, server_default=sa.false()))
    # The account that the first start makes for whoever runs the server; any other may be a customer's.
    op.execute("UPDATE accounts SET is_operator = TRUE WHERE email = 'owner@example.com'")
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("token_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("user_agent", sa.String(255), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sessions_token_digest")),
    )
    op.create_index("ix_sessions_account", "sessions", ["account_id", "id"])


def _change_inferences() -> None:
    op.add_column("inferences", sa.Column("output_limit_tokens", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("inferences", sa.Column("hold_policy", sa.String(16), nullable=False, server_default=""))
    # Pages of the log are in order of time and, within one millisecond, of id.
    op.drop_index("ix_inferences_key", "inferences")
    op.create_index("ix_inferences_key", "inferences", ["key_id", "started_at_ms", "inference_id"])


def _create_rollups() -> None:
    op.create_table(
        "usage_rollups",
        sa.Column("key_id", ROW_ID, nullable=False),
        sa.Column("slot_ms", sa.BigInteger(), nullable=False),
        sa.Column("model_id", sa.String(255), nullable=False),
        sa.Column("succeeded", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("charged_credits", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_usage_rollups_key_id_keys")),
        sa.PrimaryKeyConstraint("key_id", "slot_ms", "model_id", name=op.f("pk_usage_rollups")),
        sqlite_with_rowid=False,
    )
    # Slots of 15 minutes, in milliseconds.
    op.execute(
        "INSERT INTO usage_rollups (key_id, slot_ms, model_id, succeeded, failed, charged, input_tokens, "
        "cached_input_tokens, output_tokens, reasoning_tokens, charged_credits) "
        "SELECT key_id, started_at_ms - started_at_ms % 900000, model_id, "
        "sum(CASE WHEN status = 'failed' THEN 0 ELSE 1 END), sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), "
        "sum(CASE WHEN charged_credits > 0 THEN 1 ELSE 0 END), sum(input_tokens), sum(cached_input_tokens), "
        "sum(output_tokens), sum(reasoning_tokens), sum(charged_credits) "
        "FROM inferences GROUP BY 1, 2, 3"
    )
    op.create_table(
        "usage_wide_rollups",
        sa.Column("key_id", ROW_ID, nullable=False),
        sa.Column("slot_ms", sa.BigInteger(), nullable=False),
        sa.Column("model_id", sa.String(255), nullable=False),
        sa.Column("succeeded", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("charged_credits", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_usage_wide_rollups_key_id_keys")),
        sa.PrimaryKeyConstraint("key_id", "slot_ms", "model_id", name=op.f("pk_usage_wide_rollups")),
        sqlite_with_rowid=False,
    )
    # Slots of three hours, in milliseconds.
    op.execute(
        "INSERT INTO usage_wide_rollups (key_id, slot_ms, model_id, succeeded, failed, charged, input_tokens, "
        "cached_input_tokens, output_tokens, reasoning_tokens, charged_credits) "
        "SELECT key_id, slot_ms - slot_ms % 10800000, model_id, sum(succeeded), sum(failed), sum(charged), "
        "sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(reasoning_tokens), sum(charged_credits) "
        "FROM usage_rollups GROUP BY 1, 2, 3"
    )
    horizon = op.create_table(
        "usage_horizon",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kept_from_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_horizon")),
    )
    op.bulk_insert(horizon, [{"id": 1, "kept_from_ms": 0}])


def _change_transfers() -> None:
    op.drop_index("ix_transfers_debit", "transfers")
    op.drop_index("ix_transfers_credit", "transfers")
    is_paid_charge = sa.text("hold_id IS NOT NULL AND amount_credits > 0")
    is_other = sa.text("hold_id IS NULL")
    for name, side, condition in (
        ("ix_transfers_charges", "debit_id", is_paid_charge),
        ("ix_transfers_debits", "debit_id", is_other),
        ("ix_transfers_credits", "credit_id", is_other),
    ):
        op.create_index(
            name, "transfers", [side, "created_at_ms", "id"], sqlite_where=condition, postgresql_where=condition
        )


def _create_expiring_credits() -> None:
    op.create_table(
        "expiring_credits",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("amount_credits", sa.BigInteger(), nullable=False),
        sa.Column("granted_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expired_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_expiring_credits_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expiring_credits")),
    )
    is_due = sa.text("expired_at_ms IS NULL")
    op.create_index(
        "ix_expiring_credits_due", "expiring_credits", ["expires_at_ms"], sqlite_where=is_due, postgresql_where=is_due
    )


def _create_audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(320), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(320), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_audit_entries_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_account", "audit_entries", ["account_id", "id"])


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("amount_credits", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("provider_session", sa.String(255), nullable=True),
        sa.Column("provider_payment", sa.String(255), nullable=True),
        sa.Column("customer", sa.String(255), nullable=True),
        sa.Column("method", sa.String(255), nullable=True),
        sa.Column("refunded_cents", sa.BigInteger(), nullable=False),
        sa.Column("unrecovered_credits", sa.BigInteger(), nullable=False),
        sa.Column("refund_key", sa.String(96), nullable=True),
        sa.Column("refund_cents", sa.BigInteger(), nullable=True),
        sa.Column("refund_asked_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.String(255), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_credits > 0 AND amount_cents > 0", name=op.f("ck_payments_amount")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_payments_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("provider_payment", name=op.f("uq_payments_provider_payment")),
        sa.UniqueConstraint("provider_session", name=op.f("uq_payments_provider_session")),
    )
    op.create_index("ix_payments_account", "payments", ["account_id", "id"])
    op.create_index("ix_payments_status", "payments", ["status", "id"])
    is_under_way = sa.text("kind = 'auto' AND status = 'open'")
    op.create_index(
        "ix_payments_under_way",
        "payments",
        ["account_id"],
        unique=True,
        sqlite_where=is_under_way,
        postgresql_where=is_under_way,
    )
    op.create_table(
        "payment_refunds",
        sa.Column("payment_id", sa.String(32), nullable=False),
        sa.Column("from_cents", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_cents", sa.BigInteger(), nullable=False),
        sa.Column("wanted_credits", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("to_cents > from_cents AND wanted_credits > 0", name=op.f("ck_payment_refunds_order")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_payment_refunds_payment_id_payments")),
        sa.PrimaryKeyConstraint("payment_id", "from_cents", name=op.f("pk_payment_refunds")),
    )
    op.create_table(
        "payment_events",
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("event_id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "event_id", name=op.f("pk_payment_events")),
    )


def _create_payment_methods() -> None:
    op.create_table(
        "payment_methods",
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("customer", sa.String(255), nullable=False),
        sa.Column("method", sa.String(255), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_payment_methods_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_payment_methods")),
    )
    op.create_table(
        "auto_top_ups",
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("threshold_credits", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_auto_top_ups_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_auto_top_ups")),
    )


def _create_coupons() -> None:
    op.create_table(
        "coupons",
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("amount_credits", sa.BigInteger(), nullable=False),
        sa.Column("uses_max", sa.Integer(), nullable=True),
        sa.Column("valid_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("valid_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("credits_last_days", sa.Integer(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(255), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_credits > 0", name=op.f("ck_coupons_amount")),
        sa.CheckConstraint("uses_max IS NULL OR uses_max > 0", name=op.f("ck_coupons_uses")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_coupons")),
    )
    op.create_table(
        "coupon_redemptions",
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("use_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("redeemed_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_coupon_redemptions_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["code"], ["coupons.code"], name=op.f("fk_coupon_redemptions_code_coupons")),
        sa.PrimaryKeyConstraint("code", "use_number", name=op.f("pk_coupon_redemptions")),
        sa.UniqueConstraint("code", "account_id", name=op.f("uq_coupon_redemptions_code_account_id")),
    )
