"""What the web app needs: the playground's keys and its presets."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema to this revision."""
    _add_playground_keys()
    _create_presets()


def _add_playground_keys() -> None:
    is_playground = sa.text("kind = 'playground'")
    op.create_index(
        "uq_keys_playground",
        "keys",
        ["account_id"],
        unique=True,
        sqlite_where=is_playground,
        postgresql_where=is_playground,
    )


def _create_presets() -> None:
    op.create_table(
        "presets",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("model", sa.String(255), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("share_token", sa.String(32), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_presets_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presets")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_presets_account_id_name")),
        sa.UniqueConstraint("share_token", name=op.f("uq_presets_share_token")),
    )
