"""Turning what is remembered of an inference into its row."""

import msgspec

from tollway.usage.types import InferenceRecord

RECOVERED = "recovered"
_encode = msgspec.json.encode


def inference_row(record: InferenceRecord) -> tuple[object, ...]:
    """Return the record's values in the order of the columns of `usage.tables.inferences`."""
    *plain, attempts = msgspec.structs.astuple(record)
    return (*plain, _encode(attempts).decode())


def recovered_row(  # noqa: PLR0913 - All by keyword: they are the facts of one row.
    *,
    inference_id: str,
    account_id: int,
    key_id: int,
    key_prefix: str,
    model_id: str,
    rate_card_version: int,
    hold_credits: int,
    started_at_ms: int,
    finished_at_ms: int,
) -> tuple[object, ...]:
    """Return the row of an inference that was under way when the process died: failed, and free of charge.

    What the upstream had answered died with the process, so upstream and tokens are unknown. ``started_at_ms`` is when
    its credits were set aside, ``finished_at_ms`` the recovery.
    """
    return inference_row(
        InferenceRecord(
            inference_id=inference_id,
            account_id=account_id,
            key_id=key_id,
            key_prefix=key_prefix,
            model_id=model_id,
            upstream="",
            status="failed",
            origin="api",
            stream=False,
            input_tokens=0,
            cached_input_tokens=0,
            output_tokens=0,
            reasoning_tokens=0,
            rate_card_version=rate_card_version,
            hold_credits=hold_credits,
            charged_credits=0,
            absorbed_credits=0,
            finish_reason=None,
            estimated=False,
            client_disconnected=False,
            error_code=RECOVERED,
            client_request_id=None,
            started_at_ms=started_at_ms,
            finished_at_ms=finished_at_ms,
            ttft_ms=None,
            attempts=(),
        )
    )
