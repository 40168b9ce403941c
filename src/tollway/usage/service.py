"""Turning what is remembered of an inference into its row."""

import msgspec

from tollway.usage.types import SLOT_MS, WIDE_SLOT_MS, InferenceRecord

RECOVERED = "recovered"
_encode = msgspec.json.Encoder().encode
_ATTEMPTS = InferenceRecord.__struct_fields__.index("attempts")


def inference_row(record: InferenceRecord) -> tuple[object, ...]:
    """Return the record's values in the order of the columns of `usage.tables.inferences`."""
    values = msgspec.structs.astuple(record)
    return (*values[:_ATTEMPTS], _encode(record.attempts).decode(), *values[_ATTEMPTS + 1 :])


def rollup_key(record: InferenceRecord) -> tuple[object, ...]:
    """Return the primary key of the row of `usage.tables.usage_rollups` that the inference counts in."""
    started_at_ms = record.started_at_ms
    return (record.key_id, started_at_ms - started_at_ms % SLOT_MS, record.model_id)


def wide_rollup_key(record: InferenceRecord) -> tuple[object, ...]:
    """Return the primary key of the row of `usage.tables.usage_wide_rollups` that the inference counts in."""
    started_at_ms = record.started_at_ms
    return (record.key_id, started_at_ms - started_at_ms % WIDE_SLOT_MS, record.model_id)


def rollup_amounts(record: InferenceRecord) -> tuple[int, ...]:
    """Return what the inference adds to each of those rows, in the order of their columns."""
    has_failed = record.status == "failed"
    return (
        0 if has_failed else 1,
        1 if has_failed else 0,
        1 if record.charged_credits else 0,
        record.input_tokens,
        record.cached_input_tokens,
        record.output_tokens,
        record.reasoning_tokens,
        record.charged_credits,
    )


def recovered_record(  # noqa: PLR0913 - All by keyword: they are the facts of one row.
    *,
    inference_id: str,
    account_id: int,
    key_id: int,
    key_prefix: str,
    model_id: str,
    origin: str,
    rate_card_version: int,
    hold_credits: int,
    started_at_ms: int,
    finished_at_ms: int,
) -> InferenceRecord:
    """Return the record of an inference that was under way when the process died: failed, and free of charge.

    What the upstream had answered died with the process, so upstream and tokens are unknown. ``started_at_ms`` is when
    its credits were set aside, ``finished_at_ms`` the recovery.
    """
    return InferenceRecord(
        inference_id=inference_id,
        account_id=account_id,
        key_id=key_id,
        key_prefix=key_prefix,
        model_id=model_id,
        upstream="",
        status="failed",
        origin=origin,
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
