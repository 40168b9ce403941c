"""The table of the catalogue: what the operator changed of the model files."""

from sqlalchemy import BigInteger, Boolean, Column, String, Table

from tollway.kit.database import METADATA

model_switches = Table(
    "model_switches",
    METADATA,
    Column("model_id", String(255), primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
)
"""Models that the operator switched off or on again; a model without a row is as its file says."""
