"""One request on its way: what was asked, what was set aside, what came back, what is written down of it."""

import re

from msgspec import UNSET, Struct
from msgspec.structs import replace

from tollway.credits.pricing import charge_credits
from tollway.credits.types import Charge, Companion, Exposure, Hold
from tollway.flows.complete_chat.admission import ReadRequest
from tollway.flows.complete_chat.reply import AnswerHead
from tollway.flows.complete_chat.tally import Counted, Tally
from tollway.flows.record_inference import origin_of, record_rows
from tollway.keys.types import KeyEntry
from tollway.kit import ids
from tollway.upstreams.port import Attempt, BadUpstreamError, UpstreamError, UpstreamTimeoutError
from tollway.upstreams.types import Opened
from tollway.usage.types import AttemptRecord, InferenceRecord

_COSTLY_STATUSES = frozenset({BadUpstreamError.status, UpstreamTimeoutError.status})
"""Ends of an attempt after which the upstream may have worked: it broke off, or was not waited for."""
_COMPLETION_ID = re.compile(r"as-[a-z0-9]{10}\Z")
_EMULATED = frozenset({"stop", "response_format"})
"""Fields that take effect here when an upstream refuses them."""


class ChatCall(Struct, frozen=True, kw_only=True):
    """A request as a surface hands it over.

    ``path`` is the one that was asked; ``started_s`` is the start on the monotonic clock.
    """

    path: str
    inference_id: str
    client_request_id: str | None
    key: KeyEntry
    body: bytes
    started_at_ms: int
    started_s: float


class Outcome(Struct, frozen=True, kw_only=True):
    """How a request ended, for its record; ``error_code`` is set when it failed."""

    finished_at_ms: int
    error_code: str | None = None
    client_disconnected: bool = False


class Exchange:
    """The state of one admitted request, from its hold to its record.

    Attributes:
        may_have_cost: whether an upstream may have begun to work on it.
        record: what was last written down of it; None before its end.
    """

    def __init__(self, call: ChatCall, read: ReadRequest, hold: Hold) -> None:
        self.call = call
        self.read = read
        self.hold = hold
        self.tally = Tally(read.prompt_fair_tokens)
        self.attempts: list[Attempt] = []
        self.upstream_id = ""
        self.first_piece_at_ms: int | None = None
        self.stream_has_started = False
        self.may_have_cost = False
        self.record: InferenceRecord | None = None

    def began(self, opened: Opened) -> None:
        """Note which upstream answers."""
        self.upstream_id = opened.upstream_id

    def refused(self, error: UpstreamError) -> None:
        """Note that an upstream failed; before it began to answer, its refusals cost nothing, unlike its silence."""
        if self.upstream_id:
            self.attempts[-1] = replace(self.attempts[-1], outcome=error.code or error.kind, status=error.status)
        else:
            self.may_have_cost = error.was_sent and any(one.status in _COSTLY_STATUSES for one in self.attempts)

    def head(self, opened: Opened) -> AnswerHead:
        """Say what the answer's head tells: who serves it, and which fields had no effect."""
        request, ignored = self.read.request, self.read.ignored
        if not opened.refused_fields:
            return AnswerHead(ignored=ignored, served_by=opened.served_by)
        refused = [
            name
            for name in sorted(opened.refused_fields - _EMULATED)
            if (value := getattr(request, name, None)) is not None and value is not UNSET
        ]
        return AnswerHead(ignored=(*ignored, *refused), served_by=opened.served_by)

    def completion_id(self) -> str:
        """The upstream's own id where it has the contract's form, else one made here."""
        given = self.tally.upstream_id
        return given if given is not None and _COMPLETION_ID.match(given) else ids.completion_id()

    def charge(self, counted: Counted) -> Charge:
        """Price what was counted; the hold bounds it, and the platform bears the rest."""
        price = charge_credits(counted.meters, self.hold.rate_card)
        charged = min(price, self.hold.amount_credits)
        return Charge(charged, price - charged)

    def exposure(self, reason: str) -> Exposure | None:
        """What a voided request may have cost us; None when no upstream can have begun to work on it."""
        if not self.may_have_cost:
            return None
        meters = self.tally.counted().meters
        return Exposure(reason=reason, received=meters, amount_credits=charge_credits(meters, self.hold.rate_card))

    def rows(self, counted: Counted, charge: Charge, outcome: Outcome) -> tuple[Companion, ...]:
        """Write the record that is committed with the settlement or the void."""
        self.record = self._make_record(counted, charge, outcome)
        return record_rows(self.record)

    def _make_record(self, counted: Counted, charge: Charge, outcome: Outcome) -> InferenceRecord:
        call, meters, first = self.call, counted.meters, self.first_piece_at_ms
        return InferenceRecord(
            inference_id=call.inference_id,
            account_id=call.key.account_id,
            key_id=call.key.key_id,
            key_prefix=call.key.prefix,
            model_id=self.read.model.id,
            upstream=self.upstream_id,
            status="failed" if outcome.error_code else "succeeded",
            origin=origin_of(call.key.prefix),
            stream=self.read.request.is_stream,
            input_tokens=meters.input,
            cached_input_tokens=meters.cached_input,
            output_tokens=meters.output,
            reasoning_tokens=meters.reasoning,
            rate_card_version=self.hold.rate_card.version,
            hold_credits=self.hold.amount_credits,
            charged_credits=charge.charged_credits,
            absorbed_credits=charge.absorbed_credits,
            finish_reason=self.tally.finish_reason,
            estimated=counted.estimated,
            client_disconnected=outcome.client_disconnected,
            error_code=outcome.error_code,
            client_request_id=call.client_request_id,
            started_at_ms=call.started_at_ms,
            finished_at_ms=outcome.finished_at_ms,
            ttft_ms=None if first is None else first - call.started_at_ms,
            attempts=tuple(
                AttemptRecord(
                    upstream=one.upstream, outcome=one.outcome, status=one.status, duration_ms=one.duration_ms
                )
                for one in self.attempts
            ),
            output_limit_tokens=self.hold.output_tokens,
            hold_policy=self.hold.policy,
        )
