"""What is written of an inference in the commit that ends its hold: its row, and its part of the roll-ups."""

from tollway.credits.types import Companion, CompanionRow, CompanionSum
from tollway.keys.format import is_playground_prefix
from tollway.usage.service import inference_row, rollup_amounts, rollup_key, wide_rollup_key
from tollway.usage.tables import inferences, usage_rollups, usage_wide_rollups
from tollway.usage.types import InferenceRecord


def origin_of(key_prefix: str) -> str:
    """Say where a call came from, by the prefix of its key: ``playground`` or ``api``."""
    return "playground" if is_playground_prefix(key_prefix) else "api"


def record_rows(record: InferenceRecord) -> tuple[Companion, ...]:
    """Return what `credits.types.Ledger` is to write with the settlement or the void."""
    amounts = rollup_amounts(record)
    return (
        CompanionRow(inferences, inference_row(record)),
        CompanionSum(usage_rollups, rollup_key(record), amounts),
        CompanionSum(usage_wide_rollups, wide_rollup_key(record), amounts),
    )
