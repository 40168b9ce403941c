"""What usage is told of an inference whose hold the ledger had to void by itself."""

from collections.abc import Callable, Sequence

from tollway.credits.types import Companion, RecoveredHold
from tollway.flows.record_inference import origin_of, record_rows
from tollway.usage.service import recovered_record


def recovered_rows(key_prefix: Callable[[int], str]) -> Callable[[RecoveredHold], Sequence[Companion]]:
    """Return what the ledger asks for such rows; ``key_prefix`` turns the id of a key into its prefix."""

    def rows(hold: RecoveredHold) -> Sequence[Companion]:
        prefix = key_prefix(hold.key_id)
        record = recovered_record(
            inference_id=hold.inference_id,
            account_id=hold.account_id,
            key_id=hold.key_id,
            key_prefix=prefix,
            model_id=hold.model_id,
            origin=origin_of(prefix),
            rate_card_version=hold.rate_card_version,
            hold_credits=hold.amount_credits,
            started_at_ms=hold.created_at_ms,
            finished_at_ms=hold.closed_at_ms,
        )
        return record_rows(record)

    return rows
