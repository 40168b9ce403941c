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
