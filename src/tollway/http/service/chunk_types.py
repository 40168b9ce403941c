"""The chunks of a stream as types, for the documentation; what is sent is written by ``tollway.wire.chunks``."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from tollway.wire.chat_response import Meta, Usage
from tollway.wire.deltas import FinishReason


class ChunkFunction(Struct, forbid_unknown_fields=True):
    """A piece of a function call: the name comes with the first piece, the arguments in pieces to be joined."""

    name: str
    arguments: str


class ChunkToolCall(Struct, forbid_unknown_fields=True):
    """A piece of the tool call with this index; further pieces have an empty id."""

    index: int
    id: str
    type: Literal["function"]
    function: ChunkFunction


class ChunkDelta(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """What is new: thinking comes as ``reasoning_content``, then the answer as ``content``."""

    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType = UNSET
    reasoning_content: str | UnsetType = UNSET
    tool_calls: list[ChunkToolCall] | UnsetType = UNSET


class ChunkChoice(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The one answer of the stream; ``finish_reason`` is null until its last chunk."""

    index: int
    delta: ChunkDelta
    finish_reason: FinishReason | None
    flag: int | UnsetType = UNSET


class ChatCompletionChunk(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One event of the stream. The last one before ``[DONE]`` carries the cost in ``meta``."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: Usage | UnsetType = UNSET
    meta: Meta | UnsetType = UNSET
