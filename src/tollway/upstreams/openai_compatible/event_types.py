"""What is read of an upstream's answer, whatever its dialect; all else (log probabilities among it) is passed over.

A chunk of a stream and the body of a JSON answer share one type: they differ in where the message stands. Every field
may be missing or null.
"""

from typing import Any

from msgspec import Struct

Count = int | float | None


class TokenDetails(Struct, gc=False):
    """A part of the prompt's or the completion's tokens."""

    reasoning_tokens: Count = None
    cached_tokens: Count = None


class UsageBlock(Struct, gc=False):
    """Counts of tokens; ``prompt_cache_hit_tokens`` is DeepSeek's, ``reasoning_tokens`` at this level SGLang's."""

    prompt_tokens: Count = None
    completion_tokens: Count = None
    total_tokens: Count = None
    completion_tokens_details: TokenDetails | None = None
    prompt_tokens_details: TokenDetails | None = None
    prompt_cache_hit_tokens: Count = None
    reasoning_tokens: Count = None


class FunctionPiece(Struct, gc=False):
    """A piece of a called function; a few servers send the arguments as an object instead of JSON text."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class ToolCallPiece(Struct, gc=False):
    """A piece of a tool call."""

    index: int | None = None
    id: str | None = None
    function: FunctionPiece | None = None


class ReasoningDetail(Struct, gc=False):
    """OpenRouter's typed piece of thinking; encrypted ones have neither text nor summary."""

    text: str | None = None
    summary: str | None = None


class MessagePiece(Struct, gc=False):
    """The ``delta`` of a chunk or the ``message`` of a JSON answer."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[ReasoningDetail] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallPiece] | None = None
    function_call: FunctionPiece | None = None


class AnswerChoice(Struct, gc=False):
    """One choice; Moonshot puts the usage here."""

    index: int | None = None
    delta: MessagePiece | None = None
    message: MessagePiece | None = None
    finish_reason: str | None = None
    flag: int | None = None
    usage: UsageBlock | None = None
    error: Any = None


class AnswerEvent(Struct, gc=False):
    """One chunk of a stream, or the body of a JSON answer."""

    id: str | int | None = None
    choices: list[AnswerChoice] | None = None
    usage: UsageBlock | None = None
    error: Any = None
