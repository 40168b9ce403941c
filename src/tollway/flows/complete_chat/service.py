"""The use-case itself: the way of one chat request from its body to its last byte."""

import asyncio
import logging
from typing import Protocol

from msgspec import Struct

from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.credits.errors import LedgerUnavailableError
from tollway.credits.pricing import RateCard
from tollway.credits.types import Charge, HoldRequest, Ledger, LimitPeriod, SpendLimit
from tollway.flows.complete_chat.admission import ReadRequest, read_request
from tollway.flows.complete_chat.errors import (
    InternalError,
    ManagementKeyError,
    ModelNotPricedError,
    ScopeMissingError,
    ShuttingDownError,
)
from tollway.flows.complete_chat.exchange import ChatCall, Exchange, Outcome
from tollway.flows.complete_chat.json_answer import send_json_answer
from tollway.flows.complete_chat.reply import InterruptedRequestError, Interruption, Reply
from tollway.flows.complete_chat.stream_answer import relay_stream, send_error_event
from tollway.flows.complete_chat.tally import NOTHING_COUNTED
from tollway.flows.complete_chat.under_way import RequestsUnderWay
from tollway.keys.types import KeyEntry, KeyKind, Scope
from tollway.kit.clock import Clock
from tollway.kit.errors import ExpectedError
from tollway.kit.metrics import Metrics
from tollway.upstreams.port import UpstreamCall, UpstreamError
from tollway.upstreams.types import Route
from tollway.usage.model_metrics import ModelMetrics

_INFERENCE_KINDS = frozenset({KeyKind.API, KeyKind.PLAYGROUND})
_log = logging.getLogger(__name__)


class RateCards(Protocol):
    """The prices in force."""

    def current(self, model_id: str, now_ms: int) -> RateCard | None:
        """Return the rate card of a model that is in force at the moment, or None."""
        ...


class Routes(Protocol):
    """Which upstreams serve which model."""

    def route(self, model: Model) -> Route:
        """Return the way to a model's upstreams.

        Raises:
            UpstreamUnavailableError: no upstream is configured for it.
        """
        ...


class ChatParts(Struct, frozen=True, kw_only=True):
    """What the use-case is made of."""

    catalog: Catalog
    ledger: Ledger
    rate_cards: RateCards
    routes: Routes
    clock: Clock
    metrics: Metrics
    model_metrics: ModelMetrics


class CompleteChat:
    """Answers chat requests. One task owns a request from here to its end, whatever becomes of the connection.

    ``under_way`` has the requests that are being answered.
    """

    def __init__(self, parts: ChatParts) -> None:
        self._catalog = parts.catalog
        self._ledger = parts.ledger
        self._rate_cards = parts.rate_cards
        self._routes = parts.routes
        self._clock = parts.clock
        self._metrics = parts.metrics
        self._model_metrics = parts.model_metrics
        self.under_way = RequestsUnderWay(parts.ledger)

    async def run(self, call: ChatCall, reply: Reply) -> None:
        """Answer one request.

        Raises:
            ExpectedError: it was refused or failed before the first byte of a stream; nothing was charged.
        """
        refuse_key_without_scope(call.key)
        read = read_request(call.body, self._catalog)
        card = self._rate_cards.current(read.model.id, call.started_at_ms)
        if card is None:
            raise ModelNotPricedError(read.model.id)
        route = self._routes.route(read.model)
        hold = await self._ledger.hold(_hold_request(call, read, card, route.default_output_tokens))
        exchange = Exchange(call, read, hold)
        self.under_way.add(exchange)
        try:
            await self._answer_or_fail(exchange, route, reply)
        finally:
            self.under_way.remove(exchange)
            self._measure(exchange, reply)

    async def _answer_or_fail(self, exchange: Exchange, route: Route, reply: Reply) -> None:
        try:
            await self._answer(exchange, route, reply)
        except InterruptedRequestError as interrupted:
            await self._end_interrupted(exchange, reply, interrupted.reason)
        except UpstreamError as error:
            await self._fail(exchange, reply, error)
        except asyncio.CancelledError:
            # Only a hard stop cancels an owner task; the hold is resolved at the next start.
            raise
        except ExpectedError as error:
            # The ledger refused to settle: it has released or will recover the hold by itself.
            exchange.record = None
            self._render_failure(exchange, reply, error)
        except Exception:  # noqa: BLE001 - whatever broke, the hold must be released before the error is shown
            # A bug: logged with its trace here, shown to the caller as an error without internals, never charged.
            _log.exception("chat request failed", extra={"inference_id": exchange.call.inference_id})
            await self._fail(exchange, reply, InternalError())

    def _measure(self, exchange: Exchange, reply: Reply) -> None:
        duration_s = (self._clock.now_ms() - exchange.call.started_at_ms) / 1000
        self._metrics.inference_duration.observe(duration_s, exchange.read.model.id)
        if exchange.stream_has_started and exchange.first_piece_at_ms is not None:
            first_s = (exchange.first_piece_at_ms - exchange.call.started_at_ms) / 1000
            self._metrics.first_token.observe(first_s, exchange.read.model.id)
        if exchange.record is not None:
            self._model_metrics.observe(exchange.record)
        self._metrics.overhead.observe(max(0.0, self._clock.monotonic_s() - exchange.call.started_s - reply.waited_s))
        for attempt in exchange.attempts:
            self._metrics.upstream_attempts.increment(attempt.upstream, attempt.outcome)

    async def _answer(self, exchange: Exchange, route: Route, reply: Reply) -> None:
        exchange.may_have_cost = reply.interruption is None
        call = _upstream_call(exchange, route)
        exchange.attempts = call.attempts
        opened = await reply.wait(route.open_first(call))
        exchange.began(opened)
        try:
            if exchange.read.request.is_stream:
                with self._metrics.open_streams.counted():
                    await relay_stream(exchange, opened, reply, self._ledger, self._clock)
            else:
                await send_json_answer(exchange, opened, reply, self._ledger, self._clock)
        except UpstreamError as error:
            opened.note_failure(error)
            raise
        finally:
            opened.answer.close()

    async def _end_interrupted(self, exchange: Exchange, reply: Reply, reason: Interruption) -> None:
        if reason is Interruption.SHUTTING_DOWN:
            await self._fail(exchange, reply, ShuttingDownError())
            return
        reply.cut()
        outcome = Outcome(finished_at_ms=self._clock.now_ms(), client_disconnected=True)
        if exchange.stream_has_started:
            delivered = exchange.tally.counted()
            charge = exchange.charge(delivered)
            await self._ledger.settle(exchange.hold, charge, exchange.rows(delivered, charge, outcome))
        else:
            # Nothing was delivered, so nothing is charged; what it may have cost us is not lost.
            rows = exchange.rows(NOTHING_COUNTED, Charge(0, 0), outcome)
            await self._ledger.void(exchange.hold, exchange.exposure(reason.value), rows)

    async def _fail(self, exchange: Exchange, reply: Reply, error: ExpectedError) -> None:
        """End without a charge: release the hold, note what it may have cost us, tell the caller."""
        if isinstance(error, UpstreamError):
            exchange.refused(error)
            facts = {"inference_id": exchange.call.inference_id, "code": error.code, "detail": error.detail}
            _log.warning("upstream failed", extra=facts)
        outcome = Outcome(finished_at_ms=self._clock.now_ms(), error_code=error.code or error.kind)
        rows = exchange.rows(NOTHING_COUNTED, Charge(0, 0), outcome)
        try:
            await self._ledger.void(exchange.hold, exchange.exposure(error.code or error.kind), rows)
        except LedgerUnavailableError as unavailable:
            # The ledger will release the hold by itself, and the caller hears of the failure that came first.
            _log.error("a hold could not be voided yet", extra={"reason": unavailable.message})
        self._render_failure(exchange, reply, error)

    def _render_failure(self, exchange: Exchange, reply: Reply, error: ExpectedError) -> None:
        if not exchange.stream_has_started:
            raise error
        send_error_event(reply, error, path=exchange.call.path, now_ms=self._clock.now_ms())


def refuse_key_without_scope(key: KeyEntry) -> None:
    """Refuse a key that may not run chat inference.

    Raises:
        ManagementKeyError: it is a management or an operator key.
        ScopeMissingError: its scopes leave chat out.
    """
    if key.kind not in _INFERENCE_KINDS:
        name = "A management key" if key.kind is KeyKind.MANAGEMENT else "An operator key"
        raise ManagementKeyError(f"{name} cannot run inference; use an API key.")
    if key.scopes is not None and Scope.CHAT not in key.scopes:
        raise ScopeMissingError(f"This key lacks the scope '{Scope.CHAT}'; edit it at /app/keys.")


def _hold_request(call: ChatCall, read: ReadRequest, card: RateCard, default_tokens: int | None) -> HoldRequest:
    key, model, wanted = call.key, read.model, read.request.output_limit
    limit = None
    if key.limit_credits is not None:
        limit = SpendLimit(key.limit_credits, LimitPeriod(key.limit_period))
    return HoldRequest(
        inference_id=call.inference_id,
        account_id=key.account_id,
        key_id=key.key_id,
        key_limit=limit,
        rate_card=card,
        prompt_upper_tokens=read.prompt_upper_tokens,
        prompt_fair_tokens=read.prompt_fair_tokens,
        output_tokens=min(wanted or default_tokens or model.default_output_tokens, model.output_max),
        output_is_explicit=wanted is not None,
        model_id=model.id,
    )


def _upstream_call(exchange: Exchange, route: Route) -> UpstreamCall:
    """Build the call; an emulated ``stop`` needs steps, so that the upstream can be ended at the cut."""
    request = exchange.read.request
    return UpstreamCall(
        request=request,
        model="",
        max_output_tokens=exchange.hold.output_tokens,
        stream=request.is_stream or (bool(request.stop_sequences) and route.may_refuse("stop")),
        extras=exchange.read.extras,
    )
