"""Relaying an answer as a stream of chunks, the cost in the last one."""

import asyncio

from tollway.credits.types import Ledger
from tollway.flows.complete_chat.exchange import Exchange, Outcome
from tollway.flows.complete_chat.json_format import format_warnings
from tollway.flows.complete_chat.reply import InterruptedRequestError, Interruption, Reply
from tollway.flows.complete_chat.visible import VisibleAnswer
from tollway.kit import ids
from tollway.kit.clock import Clock
from tollway.kit.errors import ExpectedError
from tollway.upstreams.types import Opened
from tollway.wire.chunks import DONE, KEEP_ALIVE, ChunkWriter, encode_meta
from tollway.wire.deltas import Delta
from tollway.wire.errors import encode_error, encode_error_event

HELD_BACK_S_MAX = 900.0
"""How long in all a client may hold a stream back by reading slowly; as long as a whole answer may take."""
KEEP_ALIVE_S = 15.0
"""A stream in which nothing happens gets a comment line this often (the contract's section on streams)."""


async def relay_stream(exchange: Exchange, opened: Opened, reply: Reply, ledger: Ledger, clock: Clock) -> None:
    """Relay the answer, settle, and send the last chunks.

    Raises:
        UpstreamError: the answer broke.
        InterruptedRequestError: nobody waits for it any more.
        LedgerUnavailableError: the charge could not be made durable.
    """
    visible = VisibleAnswer(exchange, opened)
    first = visible.take(opened.first)
    writer = ChunkWriter(exchange.completion_id(), exchange.read.model.bare_name, exchange.call.started_at_ms // 1000)
    reply.start_stream(exchange.head(opened))
    exchange.stream_has_started = True
    exchange.first_piece_at_ms = clock.now_ms()
    reply.write(writer.role() + b"".join([_encode(writer, delta) for delta in first]))
    await _relay_rest(visible, writer, opened, reply)
    tail = visible.end()
    last = _encode(writer, tail) if tail is not None else b""
    reply.finish(last + await _settled_end(exchange, visible, writer, ledger, clock))


async def _relay_rest(visible: VisibleAnswer, writer: ChunkWriter, opened: Opened, reply: Reply) -> None:
    idle = _KeepAlive(reply)
    patience_s = HELD_BACK_S_MAX
    try:
        while not visible.stopped:
            deltas = await reply.wait(opened.answer.next())
            if not deltas:
                return
            data = b"".join([_encode(writer, delta) for delta in visible.take(deltas)])
            if data:
                reply.write(data)
                idle.touch()
            if reply.is_congested:
                patience_s -= await _wait_for_reader(reply, patience_s)
        opened.answer.close()
    finally:
        idle.stop()


async def _wait_for_reader(reply: Reply, patience_s: float) -> float:
    """Wait until the client has read enough, and return how long that took.

    Raises:
        InterruptedRequestError: the client has used up its patience, or has left.
    """
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    try:
        async with asyncio.timeout(patience_s):
            await reply.wait(reply.drained())
    except TimeoutError:
        # It is the client that ends the answer: what it was sent is charged, and no upstream is to blame.
        raise InterruptedRequestError(Interruption.CLIENT_LEFT) from None
    return loop.time() - started_s


def _encode(writer: ChunkWriter, delta: Delta) -> bytes:
    """Encode one step; nearly every step has one kind of piece."""
    chunk = writer.reasoning(delta.reasoning) if delta.reasoning else b""
    if delta.content:
        chunk += writer.content(delta.content)
    if delta.tool_calls:
        chunk += writer.tool_calls(delta.tool_calls)
    if delta.flag and delta.finish_reason is None:
        chunk += writer.flag(delta.flag)
    return chunk


async def _settled_end(
    exchange: Exchange, visible: VisibleAnswer, writer: ChunkWriter, ledger: Ledger, clock: Clock
) -> bytes:
    """Make the charge durable and return the chunks that end the stream."""
    tally, request = exchange.tally, exchange.read.request
    reason = tally.final_reason()
    counted = tally.counted()
    charge = exchange.charge(counted)
    outcome = Outcome(finished_at_ms=clock.now_ms())
    meta = encode_meta(charge.charged_credits, format_warnings(request, visible.text))
    await ledger.settle(exchange.hold, charge, exchange.rows(counted, charge, outcome))
    if request.wants_usage_chunk:
        end = writer.finish(reason, flag=tally.flag) + writer.usage(counted.usage, meta)
    else:
        end = writer.finish(reason, flag=tally.flag, meta=meta)
    return end + DONE


def send_error_event(reply: Reply, error: ExpectedError, *, path: str, now_ms: int) -> None:
    """End a stream that broke after its first byte with an honest error in it."""
    body = encode_error(
        message=error.message,
        path=path,
        request_id=ids.request_id(),
        status=error.status,
        now_ms=now_ms,
        kind=error.kind,
        param=error.param,
        code=error.code,
    )
    reply.finish(encode_error_event(body) + DONE)


class _KeepAlive:
    """Writes a comment whenever nothing was written for a while; one timer, re-armed only when it fires."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._loop = asyncio.get_running_loop()
        self._last_s = self._loop.time()
        self._timer = self._loop.call_later(KEEP_ALIVE_S, self._fire)

    def touch(self) -> None:
        """Note that something was written."""
        self._last_s = self._loop.time()

    def stop(self) -> None:
        """Write no more comments."""
        self._timer.cancel()

    def _fire(self) -> None:
        now_s = self._loop.time()
        if now_s - self._last_s >= KEEP_ALIVE_S:
            # A congested stream is not idle, but it is looked at again only after as long.
            if not self._reply.is_congested:
                self._reply.write(KEEP_ALIVE)
            self._last_s = now_s
        self._timer = self._loop.call_at(self._last_s + KEEP_ALIVE_S, self._fire)
