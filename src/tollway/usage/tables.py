"""The tables of usage."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from tollway.kit.database import METADATA, ROW_ID

inferences = Table(
    "inferences",
    METADATA,
    Column("inference_id", String(32), primary_key=True),
    Column("account_id", ROW_ID, ForeignKey("accounts.id"), nullable=False),
    Column("key_id", ROW_ID, ForeignKey("keys.id"), nullable=False),
    Column("key_prefix", String(8), nullable=False),
    Column("model_id", String(255), nullable=False),
    Column("upstream", String(255), nullable=False),
    Column("status", String(16), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("stream", Boolean, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("rate_card_version", Integer, nullable=False),
    Column("hold_credits", BigInteger, nullable=False),
    Column("charged_credits", BigInteger, nullable=False),
    Column("absorbed_credits", BigInteger, nullable=False),
    Column("finish_reason", String(32), nullable=True),
    Column("estimated", Boolean, nullable=False),
    Column("client_disconnected", Boolean, nullable=False),
    Column("error_code", String(255), nullable=True),
    Column("client_request_id", String(128), nullable=True),
    Column("started_at_ms", BigInteger, nullable=False),
    Column("finished_at_ms", BigInteger, nullable=False),
    Column("ttft_ms", BigInteger, nullable=True),
    Column("attempts", Text, nullable=False),
    Column("output_limit_tokens", BigInteger, nullable=False, server_default="0"),
    Column("hold_policy", String(16), nullable=False, server_default=""),
    Index("ix_inferences_account", "account_id", "started_at_ms"),
    Index("ix_inferences_key", "key_id", "started_at_ms", "inference_id"),
)
"""One row for each admitted inference: its log entry and its receipt. ``attempts`` is a JSON list of objects, in the
order of the tries. ``hold_policy`` says how the hold was made to fit, see `usage.types.InferenceRecord`."""

usage_rollups = Table(
    "usage_rollups",
    METADATA,
    Column("key_id", ROW_ID, ForeignKey("keys.id"), primary_key=True),
    Column("slot_ms", BigInteger, primary_key=True),
    Column("model_id", String(255), primary_key=True),
    Column("succeeded", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("charged", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("charged_credits", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Sums over the inferences of one key and model that started within 15 minutes from ``slot_ms``, kept for ever and
changed in the commit that adds the inference. ``charged`` counts those that cost something."""

usage_wide_rollups = Table(
    "usage_wide_rollups",
    METADATA,
    Column("key_id", ROW_ID, ForeignKey("keys.id"), primary_key=True),
    Column("slot_ms", BigInteger, primary_key=True),
    Column("model_id", String(255), primary_key=True),
    Column("succeeded", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("charged", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("charged_credits", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The same sums over three hours from ``slot_ms``: a report reads these for the inside of its days, and the slots of
15 minutes at their borders only."""

usage_horizon = Table(
    "usage_horizon",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kept_from_ms", BigInteger, nullable=False),
)
"""One row: inferences that started earlier may be gone. Always the start of a rollup's 15 minutes."""
