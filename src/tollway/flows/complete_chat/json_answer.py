"""Gathering an answer into one JSON body."""

from msgspec import UNSET

from tollway.credits.types import Ledger
from tollway.flows.complete_chat.exchange import Exchange, Outcome
from tollway.flows.complete_chat.json_format import format_warnings
from tollway.flows.complete_chat.reply import Reply
from tollway.flows.complete_chat.visible import VisibleAnswer
from tollway.kit.clock import Clock
from tollway.upstreams.types import Opened
from tollway.wire.chat_response import (
    ChatCompletion,
    Choice,
    ResponseFunction,
    ResponseMessage,
    ResponseToolCall,
    encode_completion,
    meta_block,
    usage_block,
)
from tollway.wire.deltas import Delta


async def send_json_answer(exchange: Exchange, opened: Opened, reply: Reply, ledger: Ledger, clock: Clock) -> None:
    """Gather the answer, settle, and send it with its cost.

    Raises:
        UpstreamError: the answer broke.
        InterruptedRequestError: nobody waits for it any more.
        LedgerUnavailableError: the charge could not be made durable.
    """
    visible = VisibleAnswer(exchange, opened)
    steps = visible.take(opened.first)
    exchange.first_piece_at_ms = clock.now_ms()
    while not (visible.stopped or opened.answer.is_over):
        deltas = await reply.wait(opened.answer.next())
        if not deltas:
            break
        steps += visible.take(deltas)
    opened.answer.close()
    if (held := visible.end()) is not None:
        steps.append(held)
    reason = exchange.tally.final_reason()
    message = gather(steps)
    counted = exchange.tally.counted()
    charge = exchange.charge(counted)
    outcome = Outcome(finished_at_ms=clock.now_ms())
    warnings = format_warnings(exchange.read.request, message.content)
    completion = ChatCompletion(
        id=exchange.completion_id(),
        object="chat.completion",
        created=exchange.call.started_at_ms // 1000,
        model=exchange.read.model.bare_name,
        choices=[Choice(0, message, reason, exchange.tally.flag)],
        usage=usage_block(counted.usage),
        meta=meta_block(charge.charged_credits, warnings),
    )
    # Encoded before the charge, so that nothing can fail between the charge and the answer.
    head, body = exchange.head(opened), encode_completion(completion)
    await ledger.settle(exchange.hold, charge, exchange.rows(counted, charge, outcome))
    reply.send_json(head, body, charge.charged_credits)


def gather(steps: list[Delta]) -> ResponseMessage:
    """Join the steps of an answer to one message."""
    calls: dict[int, ResponseToolCall] = {}
    for step in steps:
        for piece in step.tool_calls:
            call = calls.setdefault(piece.index, ResponseToolCall("", ResponseFunction("", "")))
            call.id = piece.id or call.id
            call.function.name = piece.name or call.function.name
            call.function.arguments += piece.arguments
    return ResponseMessage(
        role="assistant",
        content="".join([step.content for step in steps]),
        reasoning_content="".join([step.reasoning for step in steps]) or UNSET,
        tool_calls=[calls[index] for index in sorted(calls)] or UNSET,
    )
