"""Accounts, keys, credits, usage."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema to this revision."""
    _create_accounts()
    _create_keys()
    _create_ledger_accounts()
    _create_holds()
    _create_transfers()
    _create_key_spend()
    _create_exposures()
    _create_rate_cards()
    _create_inferences()


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
        sqlite_autoincrement=True,
    )


def _create_keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("prefix", sa.String(8), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("deleted_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("limit_credits", sa.BigInteger(), nullable=True),
        sa.Column("limit_period", sa.String(16), nullable=False),
        sa.Column("requests_per_minute", sa.Integer(), nullable=True),
        sa.Column("concurrent_requests", sa.Integer(), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_keys_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_keys_digest")),
        sa.UniqueConstraint("prefix", name=op.f("uq_keys_prefix")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_keys_account_id"), "keys", ["account_id"])
    op.create_index("ix_keys_revision", "keys", ["revision"])
    newest = op.create_table(
        "key_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_revision")),
    )
    op.bulk_insert(newest, [{"id": 1, "value": 0}])


def _create_ledger_accounts() -> None:
    ledger_accounts = op.create_table(
        "ledger_accounts",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=True),
        sa.Column("posted_credits", sa.BigInteger(), nullable=False),
        sa.Column("held_credits", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'wallet' OR posted_credits >= held_credits", name=op.f("ck_ledger_accounts_covered")
        ),
        sa.CheckConstraint("held_credits >= 0", name=op.f("ck_ledger_accounts_held")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_ledger_accounts_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint("kind", "account_id", name=op.f("uq_ledger_accounts_kind_account_id")),
    )
    kinds = ("revenue", "payment", "bonus", "adjustment")
    op.bulk_insert(
        ledger_accounts,
        [
            {
                "id": number,
                "kind": kind,
                "account_id": None,
                "posted_credits": 0,
                "held_credits": 0,
                "created_at_ms": 0,
            }
            for number, kind in enumerate(kinds, start=1)
        ],
    )


def _create_holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("key_id", ROW_ID, nullable=False),
        sa.Column("model_id", sa.String(255), nullable=False),
        sa.Column("rate_card_version", sa.Integer(), nullable=False),
        sa.Column("amount_credits", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("key_day_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_at_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'settled', 'voided')", name=op.f("ck_holds_state")),
        sa.CheckConstraint("amount_credits >= 0", name=op.f("ck_holds_amount")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_holds_account_id_accounts")),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_holds_key_id_keys")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sqlite_with_rowid=False,
    )
    is_open = sa.text("state = 'open'")
    op.create_index("ix_holds_open", "holds", ["account_id"], sqlite_where=is_open, postgresql_where=is_open)


def _create_transfers() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("debit_id", ROW_ID, nullable=False),
        sa.Column("credit_id", ROW_ID, nullable=False),
        sa.Column("amount_credits", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("hold_id", sa.String(32), nullable=True),
        sa.Column("reference_id", sa.String(255), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_credits >= 0", name=op.f("ck_transfers_amount")),
        sa.CheckConstraint("debit_id <> credit_id", name=op.f("ck_transfers_sides")),
        sa.ForeignKeyConstraint(
            ["debit_id"], ["ledger_accounts.id"], name=op.f("fk_transfers_debit_id_ledger_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["credit_id"], ["ledger_accounts.id"], name=op.f("fk_transfers_credit_id_ledger_accounts")
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_transfers_hold_id_holds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.UniqueConstraint("hold_id", "kind", name=op.f("uq_transfers_hold_id_kind")),
    )
    op.create_index("ix_transfers_debit", "transfers", ["debit_id", "id"])
    is_grant = sa.text("hold_id IS NULL")
    op.create_index(
        "ix_transfers_credit",
        "transfers",
        ["credit_id", "id"],
        sqlite_where=is_grant,
        postgresql_where=is_grant,
    )
    has_reference = sa.text("reference_id IS NOT NULL")
    op.create_index(
        "uq_transfers_reference",
        "transfers",
        ["kind", "reference_id"],
        unique=True,
        sqlite_where=has_reference,
        postgresql_where=has_reference,
    )


def _create_key_spend() -> None:
    op.create_table(
        "key_spend",
        sa.Column("key_id", ROW_ID, nullable=False),
        sa.Column("day_ms", sa.BigInteger(), nullable=False),
        sa.Column("spent_credits", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_key_spend_key_id_keys")),
        sa.PrimaryKeyConstraint("key_id", "day_ms", name=op.f("pk_key_spend")),
        sqlite_with_rowid=False,
    )


def _create_exposures() -> None:
    op.create_table(
        "exposures",
        sa.Column("hold_id", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("amount_credits", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_exposures_hold_id_holds")),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_exposures")),
    )


def _create_rate_cards() -> None:
    op.create_table(
        "rate_cards",
        sa.Column("model_id", sa.String(255), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("input_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("cached_input_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("output_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("effective_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("model_id", "version", name=op.f("pk_rate_cards")),
    )


def _create_inferences() -> None:
    op.create_table(
        "inferences",
        sa.Column("inference_id", sa.String(32), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("key_id", ROW_ID, nullable=False),
        sa.Column("key_prefix", sa.String(8), nullable=False),
        sa.Column("model_id", sa.String(255), nullable=False),
        sa.Column("upstream", sa.String(255), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("stream", sa.Boolean(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("rate_card_version", sa.Integer(), nullable=False),
        sa.Column("hold_credits", sa.BigInteger(), nullable=False),
        sa.Column("charged_credits", sa.BigInteger(), nullable=False),
        sa.Column("absorbed_credits", sa.BigInteger(), nullable=False),
        sa.Column("finish_reason", sa.String(32), nullable=True),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("client_disconnected", sa.Boolean(), nullable=False),
        sa.Column("error_code", sa.String(255), nullable=True),
        sa.Column("client_request_id", sa.String(128), nullable=True),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("finished_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ttft_ms", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_inferences_account_id_accounts")),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_inferences_key_id_keys")),
        sa.PrimaryKeyConstraint("inference_id", name=op.f("pk_inferences")),
    )
    op.create_index("ix_inferences_account", "inferences", ["account_id", "started_at_ms"])
    op.create_index("ix_inferences_key", "inferences", ["key_id", "started_at_ms"])
