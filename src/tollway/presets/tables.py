"""The table of presets."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text, UniqueConstraint

from tollway.kit.database import METADATA, ROW_ID

presets = Table(
    "presets",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("account_id", ROW_ID, ForeignKey("accounts.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("model", String(255), nullable=False),
    Column("settings", Text, nullable=False),
    Column("share_token", String(32), nullable=True, unique=True),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    UniqueConstraint("account_id", "name"),
)
"""``settings`` is a JSON object. ``share_token`` is kept as it is, not as a digest, because its owner is shown it
again: it opens nothing but the preset, and to signed-in people only."""
