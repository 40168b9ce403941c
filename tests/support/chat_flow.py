"""The use-case of a chat request on fakes: no sockets, no database, and any borders between the upstream's bytes."""

from collections.abc import Awaitable, Iterable, Sequence
from typing import TypeVar, cast

from msgspec import Struct

from tests.support.ledger import HeldClock
from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.credits.pricing import RateCard
from tollway.credits.types import (
    Balance,
    Charge,
    Companion,
    CompanionRow,
    Exposure,
    GrantType,
    Hold,
    HoldRequest,
    TakeType,
)
from tollway.flows.complete_chat.exchange import ChatCall
from tollway.flows.complete_chat.reply import AnswerHead, Reply
from tollway.flows.complete_chat.service import ChatParts, CompleteChat
from tollway.keys.types import KeyEntry, KeyKind
from tollway.kit.http_client import HttpResponse
from tollway.kit.metrics import Metrics
from tollway.upstreams.openai_compatible.answer import JsonAnswer, StreamAnswer
from tollway.upstreams.openai_compatible.delta_maker import DeltaMaker
from tollway.upstreams.openai_compatible.dialects import reasoning_reader
from tollway.upstreams.openai_compatible.errors import ErrorMapper
from tollway.upstreams.port import UpstreamAnswer, UpstreamCall
from tollway.upstreams.routing import Candidate, Health, UpstreamRoute
from tollway.usage.model_metrics import ModelMetrics

T = TypeVar("T")
_HELD_CREDITS = 1_000_000
_CARD = RateCard("any", 1, 175, 175, 695, 0)


class Delivered(Struct, frozen=True):
    """What became of one request: the bytes for the caller, the charge, and the values of its record."""

    data: bytes
    charge: Charge | None
    rows: tuple[tuple[object, ...], ...]


class PiecesResponse:
    """A response whose body comes in the given pieces; has what answers use of `HttpResponse`."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = list(reversed([piece for piece in pieces if piece]))
        self.aborted = False

    async def next_chunk(self) -> bytes:
        return self._pieces.pop() if self._pieces else b""

    async def read(self) -> bytes:
        return b"".join(reversed(self._pieces))

    def abort(self) -> None:
        self.aborted = True


class PiecesUpstream:
    """An OpenAI-compatible upstream without a connection; ``pieces`` is the body of its next answer."""

    id = "pieces"

    def __init__(self, *, refused_fields: frozenset[str] = frozenset()) -> None:
        self.refused_fields = refused_fields
        self.pieces: Sequence[bytes] = ()
        self.is_stream = True

    async def open(self, call: UpstreamCall) -> UpstreamAnswer:
        response = cast("HttpResponse", PiecesResponse(self.pieces))
        maker = DeltaMaker(reasoning_reader("auto", call.model), lambda: "call_made_here")
        answer = StreamAnswer if self.is_stream else JsonAnswer
        return answer(response, maker, ErrorMapper(HeldClock()))

    async def close(self) -> None:
        pass


class CollectingReply(Reply):
    """Keeps what is sent."""

    is_congested = False

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    async def wait(self, awaitable: Awaitable[T]) -> T:
        return await awaitable

    async def drained(self) -> None:
        pass

    def send_json(self, head: AnswerHead, body: bytes, credits_used: int) -> None:  # noqa: ARG002 - of the port
        self.sent.append(body)

    def start_stream(self, head: AnswerHead) -> None:
        pass

    def write(self, data: bytes) -> None:
        assert data
        self.sent.append(data)

    def cut(self) -> None:
        pass

    def finish(self, data: bytes) -> None:
        self.sent.append(data)


class NotingLedger:
    """Admits everything and keeps how the newest request was closed."""

    def __init__(self) -> None:
        self.charge: Charge | None = None
        self.rows: Sequence[Companion] = ()

    async def hold(self, request: HoldRequest) -> Hold:
        return Hold(request.inference_id, 1, 1, _HELD_CREDITS, request.output_tokens, _CARD)

    async def settle(self, hold: Hold, charge: Charge, rows: Sequence[Companion] = ()) -> None:  # noqa: ARG002
        self.charge, self.rows = charge, rows

    async def void(self, hold: Hold, exposure: Exposure | None, rows: Sequence[Companion] = ()) -> None:  # noqa: ARG002
        self.charge, self.rows = None, rows

    async def note_exposures(self, noted: Sequence[tuple[Hold, Exposure]]) -> None:
        raise NotImplementedError

    async def grant(
        self,
        account_id: int,
        amount_credits: int,
        kind: GrantType,
        reference: str | None,
        rows: Sequence[Companion] = (),
    ) -> Balance:
        raise NotImplementedError

    async def take(
        self, account_id: int, at_most_credits: int, kind: TakeType, reference: str, rows: Sequence[Companion] = ()
    ) -> int:
        raise NotImplementedError

    async def balance(self, account_id: int) -> Balance:
        raise NotImplementedError


class ChatFlow:
    """Answers requests for one model with whatever bytes an upstream is said to send."""

    def __init__(self, model: str, model_at_upstream: str, *, refused_fields: frozenset[str] = frozenset()) -> None:
        clock = HeldClock()
        self.upstream = PiecesUpstream(refused_fields=refused_fields)
        self._ledger = NotingLedger()
        candidate = Candidate(upstream=self.upstream, model=model_at_upstream, served_by=self.upstream.id)
        self._route = UpstreamRoute((candidate,), Health(clock))
        self._model = model
        self._flow = CompleteChat(
            ChatParts(
                catalog=Catalog(load_models(None)),
                ledger=self._ledger,
                rate_cards=self,
                routes=self,
                clock=clock,
                metrics=Metrics(),
                model_metrics=ModelMetrics(clock),
            )
        )

    def current(self, model_id: str, now_ms: int) -> RateCard:  # noqa: ARG002 - one card serves
        return _CARD

    def route(self, model: Model) -> UpstreamRoute:  # noqa: ARG002 - one route serves
        return self._route

    async def deliver(self, body: bytes, pieces: Sequence[bytes], *, is_stream: bool = True) -> Delivered:
        """Answer one request whose upstream sends the pieces, one with each read."""
        self.upstream.pieces, self.upstream.is_stream = pieces, is_stream
        reply = CollectingReply()
        call = ChatCall(
            inference_id="0123456789abcdefghijk",
            client_request_id=None,
            key=_KEY,
            path="/v1/chat/completions",
            body=body,
            started_at_ms=0,
            started_s=0.0,
        )
        await self._flow.run(call, reply)
        rows = (row.values for row in self._ledger.rows if isinstance(row, CompanionRow))
        return Delivered(b"".join(reply.sent), self._ledger.charge, tuple(rows))


_KEY = KeyEntry(
    key_id=1,
    account_id=1,
    prefix="twk00000",
    kind=KeyKind.API,
    scopes=None,
    limit_credits=None,
    limit_period="no_reset",
)
