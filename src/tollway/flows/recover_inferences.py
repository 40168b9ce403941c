"""The usage row of an inference whose hold the ledger had to void by itself."""

from collections.abc import Callable

from tollway.credits.types import CompanionRow, RecoveredHold
from tollway.usage.service import recovered_row
from tollway.usage.tables import inferences


def recovered_companion(key_prefix: Callable[[int], str]) -> Callable[[RecoveredHold], CompanionRow]:
    """Return what the ledger asks for such a row; ``key_prefix`` turns the id of a key into its prefix."""

    def companion(hold: RecoveredHold) -> CompanionRow:
        values = recovered_row(
            inference_id=hold.inference_id,
            account_id=hold.account_id,
            key_id=hold.key_id,
            key_prefix=key_prefix(hold.key_id),
            model_id=hold.model_id,
            rate_card_version=hold.rate_card_version,
            hold_credits=hold.amount_credits,
            started_at_ms=hold.created_at_ms,
            finished_at_ms=hold.closed_at_ms,
        )
        return CompanionRow(inferences, values)

    return companion
