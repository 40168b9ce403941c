"""How the receipt of one inference is printed."""

from typing import TYPE_CHECKING, Any

import msgspec

from tollway.cli.output import day_and_time, print_fields, print_json, print_table
from tollway.kit.clock import iso_utc
from tollway.kit.money import usd_text

if TYPE_CHECKING:
    from tollway.flows.show_books import Receipt

_METERS = ("input", "cached_input", "output", "reasoning")


def print_receipt(receipt: "Receipt", *, as_json: bool) -> None:
    """Print what an inference used, what it cost and whom."""
    if as_json:
        print_json(_document(receipt))
        return
    inference, exposure = receipt.inference, receipt.exposure
    fields: list[tuple[str, object]] = [
        ("account", inference.account_id),
        ("key", inference.key_prefix),
        ("model", f"{inference.model_id}, rate card {inference.rate_card_version}"),
        ("answered by", inference.upstream or "nobody"),
        ("status", f"{inference.status} {inference.error_code or inference.finish_reason or ''}".rstrip()),
        ("finished", day_and_time(inference.finished_at_ms)),
        *((f"{name.replace('_', ' ')} tokens", f"{getattr(inference, f'{name}_tokens'):,}") for name in _METERS),
        ("estimated", "yes" if inference.estimated else "no"),
        ("hold", _credits(inference.hold_credits)),
        ("hold policy", inference.hold_policy or "not known"),
        ("output limit", f"{inference.output_limit_tokens:,} tokens" if inference.output_limit_tokens else "not known"),
        ("charged", _credits(inference.charged_credits)),
        ("absorbed", _credits(inference.absorbed_credits)),
    ]
    if exposure is not None:
        fields.append(("exposure", f"{_credits(exposure.amount_credits)}: {exposure.reason}"))
    print_fields(inference.inference_id, fields)
    rows = [(one.upstream, one.outcome, one.status, f"{one.duration_ms:,} ms") for one in inference.attempts]
    print_table(("attempt", "outcome", "status", "took"), rows, "No upstream was tried.")


def _document(receipt: "Receipt") -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(receipt.inference)
    for name in ("started_at", "finished_at"):
        fields[name] = iso_utc(fields.pop(f"{name}_ms"))
    exposure = receipt.exposure
    if exposure is None:
        return {**fields, "exposure": None}
    received = {f"{name}_tokens": getattr(exposure.received, name) for name in _METERS}
    return {
        **fields,
        "exposure": {"reason": exposure.reason, "amount_credits": exposure.amount_credits, **received},
    }


def _credits(amount_credits: int) -> str:
    return f"{amount_credits:,} (${usd_text(amount_credits)})"
