"""What people do with their accounts: links, welcome credits, notices of a low balance, identities elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema to this revision."""
    _create_account_identities()
    _create_account_links()
    _create_due_sign_up_grants()
    _create_low_balance_notices()


def _create_account_identities() -> None:
    # Every account until now was made by an operator.
    op.add_column("accounts", sa.Column("email_is_proved", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "account_identities",
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_identities_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_account_identities")),
    )


def _create_account_links() -> None:
    op.create_table(
        "account_links",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=True),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("credits", sa.BigInteger(), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_account_links_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_links")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_account_links_token_digest")),
    )
    op.create_index("ix_account_links_account", "account_links", ["account_id"])


def _create_due_sign_up_grants() -> None:
    op.create_table(
        "due_sign_up_grants",
        sa.Column("account_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("amount_credits", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_due_sign_up_grants_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_due_sign_up_grants")),
    )


def _create_low_balance_notices() -> None:
    op.create_table(
        "low_balance_notices",
        sa.Column("account_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("threshold_credits", sa.BigInteger(), nullable=False),
        sa.Column("low_since_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("threshold_credits > 0", name=op.f("ck_low_balance_notices_threshold")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_low_balance_notices_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_low_balance_notices")),
    )
