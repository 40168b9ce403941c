"""What is remembered of an inference."""

from msgspec import Struct

SLOT_MS = 900_000
"""Length of a roll-up's slot: every time zone's offset is a multiple of 15 minutes, so days of all zones are made of
whole slots."""

WIDE_SLOT_MS = 12 * SLOT_MS
"""Length of a wide roll-up's slot, from 00:00 UTC on: long enough that a report over three months reads few rows, and
short enough that a day of any time zone holds several."""


class UsageSums(Struct, frozen=True):
    """Sums over inferences, in the order of the columns of roll-ups.

    Attributes:
        succeeded, failed: how many ended so.
        charged: how many cost something.
        input_tokens, cached_input_tokens, output_tokens, reasoning_tokens: the disjoint meters.
        charged_credits: what their callers paid.
    """

    succeeded: int = 0
    failed: int = 0
    charged: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    charged_credits: int = 0

    def __add__(self, other: "UsageSums") -> "UsageSums":
        """Add up two groups of inferences."""
        return UsageSums(
            self.succeeded + other.succeeded,
            self.failed + other.failed,
            self.charged + other.charged,
            self.input_tokens + other.input_tokens,
            self.cached_input_tokens + other.cached_input_tokens,
            self.output_tokens + other.output_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.charged_credits + other.charged_credits,
        )


class AttemptRecord(Struct, frozen=True, kw_only=True):
    """One try of an upstream; ``outcome`` is ``answered`` or an error code."""

    upstream: str
    outcome: str
    status: int
    duration_ms: int


class InferenceRecord(Struct, frozen=True, kw_only=True):
    """One admitted inference: the row of the log and its receipt.

    Attributes:
        status: ``succeeded`` or ``failed``.
        origin: ``api`` or ``playground``.
        input_tokens, cached_input_tokens, output_tokens, reasoning_tokens: the disjoint meters; output is visible.
        rate_card_version: version of the model's rate card that priced it.
        hold_credits, charged_credits, absorbed_credits: set aside, paid by the caller, borne by the platform.
        estimated: whether token counts were estimated because the upstream gave none.
        error_code: of a failed request, else None.
        started_at_ms, finished_at_ms: Unix milliseconds.
        ttft_ms: time until the first piece of the answer left, or None.
        attempts: every upstream that was tried.
        output_limit_tokens: most output tokens that the hold paid for.
        hold_policy: how the hold was found: ``explicit`` (the caller's own limit), ``default`` (the model's cap),
            ``clamped`` (that cap, lowered to what could be paid) or ``relaxed`` (the prompt counted with its fair
            estimate, because its upper bound alone did not fit); empty where it is not known.
    """

    inference_id: str
    account_id: int
    key_id: int
    key_prefix: str
    model_id: str
    upstream: str
    status: str
    origin: str
    stream: bool
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    rate_card_version: int
    hold_credits: int
    charged_credits: int
    absorbed_credits: int
    finish_reason: str | None
    estimated: bool
    client_disconnected: bool
    error_code: str | None
    client_request_id: str | None
    started_at_ms: int
    finished_at_ms: int
    ttft_ms: int | None
    attempts: tuple[AttemptRecord, ...]
    output_limit_tokens: int = 0
    hold_policy: str = ""
