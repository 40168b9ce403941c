"""The shapes of the log: its pages, and the receipt of one inference."""

from typing import Literal

from msgspec import Struct

from tollway.credits.pricing import RateCard
from tollway.flows.read_logs import OwnReceipt, price_nanousd
from tollway.kit.clock import iso_utc
from tollway.kit.money import NANOUSD_PER_CREDIT, credits_from_nanousd, usd_number
from tollway.usage.log import LogPage
from tollway.usage.types import InferenceRecord

Status = Literal["succeeded", "failed"]
Origin = Literal["api", "playground"]


class LogCost(Struct):
    """What an inference was charged."""

    usd: float
    credits: int


class LogTokens(Struct):
    """Tokens of an inference: input with the cached ones, output with those of reasoning."""

    input: int
    output: int
    total: int


class LogEntry(Struct, kw_only=True):
    """One inference. ``request_id`` is what the answer's header ``x-request-id`` said."""

    created: str
    status: Status
    origin: Origin
    model: str
    cost: LogCost
    tokens: LogTokens
    request_id: str | None
    inference_id: str
    client_request_id: str | None


class LogPaging(Struct):
    """Where the page stands among all rows that match."""

    limit: int
    offset: int
    total: int
    has_more: bool


class LogAnswer(Struct):
    """A page of the log, newest first."""

    data: list[LogEntry]
    pagination: LogPaging


class ReceiptMeters(Struct):
    """What was counted, in tokens; the four are disjoint, and ``output`` is the visible part."""

    input: int
    cached_input: int
    output: int
    reasoning: int


class ReceiptPrices(Struct):
    """The version of the model's rate card, and its prices in nano-USD per token."""

    version: int
    input_nanousd: int
    cached_input_nanousd: int
    output_nanousd: int
    reasoning_nanousd: int


class ReceiptRounding(Struct):
    """How the exact price became whole credits: once, up; one credit is 500 nano-USD."""

    exact_nanousd: int
    nanousd_per_credit: int
    rounded_credits: int


class ReceiptHold(Struct):
    """What was set aside before the call.

    ``policy`` is ``explicit`` (the caller's own output limit), ``default`` (the model's), ``clamped`` (the model's,
    lowered to what could be paid) or ``relaxed`` (the prompt by its fair estimate); null where it is not known.
    """

    credits: int
    at: str
    output_limit_tokens: int
    policy: str | None


class ReceiptSettlement(Struct):
    """How the hold ended: charged, or released as a whole. ``absorbed_credits`` is what the platform bore."""

    kind: Literal["charge", "release"]
    at: str
    charged_credits: int
    released_credits: int
    absorbed_credits: int


class ReceiptTimings(Struct):
    """When it began and ended; ``ttft_ms`` is the time to the first piece of the answer."""

    started_at: str
    finished_at: str
    duration_ms: int
    ttft_ms: int | None


class ReceiptAttempt(Struct):
    """One try of an upstream; ``outcome`` is ``answered`` or an error code."""

    upstream: str
    outcome: str
    status: int
    duration_ms: int


class ReceiptAnswer(Struct, kw_only=True):
    """One inference, and how its bill came about.

    ``rate_card`` and ``rounding`` are null where the prices are not known; ``estimated`` says that the upstream did
    not count the tokens.
    """

    object: Literal["receipt"]
    inference_id: str
    request_id: str
    client_request_id: str | None
    created: str
    status: Status
    origin: Origin
    model: str
    key_prefix: str
    stream: bool
    upstream: str | None
    finish_reason: str | None
    error_code: str | None
    estimated: bool
    client_disconnected: bool
    tokens: LogTokens
    meters: ReceiptMeters
    rate_card: ReceiptPrices | None
    rounding: ReceiptRounding | None
    hold: ReceiptHold
    settlement: ReceiptSettlement
    cost: LogCost
    timings: ReceiptTimings
    attempts: list[ReceiptAttempt]


def log_answer(page: LogPage, *, limit: int, offset: int) -> LogAnswer:
    """Show a page of the log."""
    paging = LogPaging(limit, offset, page.total, has_more=offset + len(page.records) < page.total)
    return LogAnswer([log_entry(record) for record in page.records], paging)


def receipt_answer(receipt: OwnReceipt) -> ReceiptAnswer:
    """Show a receipt."""
    record = receipt.record
    entry = log_entry(record)
    card = receipt.rate_card
    return ReceiptAnswer(
        object="receipt",
        inference_id=record.inference_id,
        request_id=record.inference_id,
        client_request_id=record.client_request_id,
        created=entry.created,
        status=entry.status,
        origin=entry.origin,
        model=record.model_id,
        key_prefix=record.key_prefix,
        stream=record.stream,
        upstream=record.upstream or None,
        finish_reason=record.finish_reason,
        error_code=record.error_code,
        estimated=record.estimated,
        client_disconnected=record.client_disconnected,
        tokens=entry.tokens,
        meters=ReceiptMeters(
            record.input_tokens, record.cached_input_tokens, record.output_tokens, record.reasoning_tokens
        ),
        rate_card=None if card is None else _prices(card),
        rounding=_rounding(receipt),
        hold=ReceiptHold(
            record.hold_credits,
            iso_utc(receipt.hold.created_at_ms),
            record.output_limit_tokens,
            record.hold_policy or None,
        ),
        settlement=_settlement(receipt),
        cost=entry.cost,
        timings=ReceiptTimings(
            iso_utc(record.started_at_ms),
            iso_utc(record.finished_at_ms),
            record.finished_at_ms - record.started_at_ms,
            record.ttft_ms,
        ),
        attempts=[ReceiptAttempt(one.upstream, one.outcome, one.status, one.duration_ms) for one in record.attempts],
    )


def log_entry(record: InferenceRecord) -> LogEntry:
    """Show one call."""
    tokens_in = record.input_tokens + record.cached_input_tokens
    tokens_out = record.output_tokens + record.reasoning_tokens
    return LogEntry(
        created=iso_utc(record.started_at_ms),
        status="failed" if record.status == "failed" else "succeeded",
        origin="playground" if record.origin == "playground" else "api",
        model=record.model_id,
        cost=LogCost(usd_number(record.charged_credits), record.charged_credits),
        tokens=LogTokens(tokens_in, tokens_out, tokens_in + tokens_out),
        request_id=record.inference_id,
        inference_id=record.inference_id,
        client_request_id=record.client_request_id,
    )


def _prices(card: RateCard) -> ReceiptPrices:
    return ReceiptPrices(
        card.version, card.input_nanousd, card.cached_input_nanousd, card.output_nanousd, card.reasoning_nanousd
    )


def _rounding(receipt: OwnReceipt) -> ReceiptRounding | None:
    exact_nanousd = price_nanousd(receipt)
    if exact_nanousd is None:
        return None
    return ReceiptRounding(exact_nanousd, NANOUSD_PER_CREDIT, credits_from_nanousd(exact_nanousd))


def _settlement(receipt: OwnReceipt) -> ReceiptSettlement:
    record = receipt.record
    return ReceiptSettlement(
        kind="charge" if receipt.hold.state == "settled" else "release",
        at=iso_utc(receipt.hold.closed_at_ms or record.finished_at_ms),
        charged_credits=record.charged_credits,
        released_credits=record.hold_credits - record.charged_credits,
        absorbed_credits=record.absorbed_credits,
    )


_CREATED = "2026-08-01T12:00:00.000Z"
_INFERENCE_ID = "V1StGXR8_Z5jdHi6B-myT"
_TOKENS = LogTokens(13, 601, 614)
EXAMPLE_LOG = LogAnswer(
    [
        LogEntry(
            created=_CREATED,
            status="succeeded",
            origin="api",
            model="baidu/ernie-x1-turbo-32k",
            cost=LogCost(0.0001955, 391),
            tokens=_TOKENS,
            request_id=_INFERENCE_ID,
            inference_id=_INFERENCE_ID,
            client_request_id="order-4711",
        )
    ],
    LogPaging(limit=50, offset=0, total=1, has_more=False),
)
EXAMPLE_RECEIPT = ReceiptAnswer(
    object="receipt",
    inference_id=_INFERENCE_ID,
    request_id=_INFERENCE_ID,
    client_request_id="order-4711",
    created=_CREATED,
    status="succeeded",
    origin="api",
    model="baidu/ernie-x1-turbo-32k",
    key_prefix="twkAb3dE",
    stream=False,
    upstream="qianfan",
    finish_reason="stop",
    error_code=None,
    estimated=False,
    client_disconnected=False,
    tokens=_TOKENS,
    meters=ReceiptMeters(13, 0, 278, 323),
    rate_card=ReceiptPrices(1, 175, 175, 695, 0),
    rounding=ReceiptRounding(195_485, NANOUSD_PER_CREDIT, 391),
    hold=ReceiptHold(1_395, _CREATED, 1_000, "explicit"),
    settlement=ReceiptSettlement("charge", "2026-08-01T12:00:09.000Z", 391, 1_004, 0),
    cost=LogCost(0.0001955, 391),
    timings=ReceiptTimings(_CREATED, "2026-08-01T12:00:09.000Z", 9_000, 640),
    attempts=[ReceiptAttempt("qianfan", "answered", 200, 8_990)],
)
