"""Tool calls as upstreams stream them, turned into pieces of which only the first of a call has id and name."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from tollway.upstreams.openai_compatible.event_types import FunctionPiece, MessagePiece, ToolCallPiece
from tollway.wire.deltas import ToolCallDelta

_encode = msgspec.json.Encoder().encode


class NamelessToolCallError(Exception):
    """The answer ended with a tool call whose name never came."""


class OpenCall(Struct):
    """A call that has begun.

    Attributes:
        index: its place in the answer, counted from 0 in order of appearance whatever the upstream counts.
        upstream_id: the id that the upstream gave, which tells repeats of one call from a new one.
        name: empty until it has come; until then nothing of the call is passed on.
        held: arguments that came before the name.
    """

    index: int
    upstream_id: str
    name: str = ""
    held: str = ""


class ToolCallNormaliser:
    """Follows the tool calls of one answer."""

    def __init__(self, make_id: Callable[[], str]) -> None:
        self._make_id = make_id
        self._calls: list[OpenCall] = []
        self._by_upstream_index: dict[int, OpenCall] = {}

    @property
    def has_calls(self) -> bool:
        """Whether any call has begun."""
        return bool(self._calls)

    def feed(self, message: MessagePiece) -> tuple[ToolCallDelta, ...]:
        """Take the tool calls of one event; a repeated id or name and empty pieces are dropped."""
        pieces = message.tool_calls or []
        if not pieces and message.function_call is not None:
            # The form from before tools: one call, without index and id.
            pieces = [ToolCallPiece(0, None, message.function_call)]
        return tuple(delta for piece in pieces if (delta := self._step(piece)) is not None)

    def finish(self) -> None:
        """Say that the answer is over.

        Raises:
            NamelessToolCallError: a call has no name.
        """
        if self._calls and any(not call.name for call in self._calls):
            raise NamelessToolCallError("a tool call without a name")

    def _step(self, piece: ToolCallPiece) -> ToolCallDelta | None:
        function = piece.function or FunctionPiece()
        call = self._call_of(piece, function.name or "")
        arguments = _as_text(function.arguments)
        if call.name:
            return ToolCallDelta(call.index, arguments=arguments) if arguments else None
        if not function.name:
            call.held += arguments
            return None
        call.name = function.name
        return ToolCallDelta(call.index, call.upstream_id or self._make_id(), call.name, call.held + arguments)

    def _call_of(self, piece: ToolCallPiece, name: str) -> OpenCall:
        """Find the call that a piece belongs to, or begin one.

        Gemini gives whole calls one and the same index, or none: another id together with a name is another call.
        """
        if piece.index is None:
            known = None if piece.id or name else self._last()
        else:
            known = self._by_upstream_index.get(piece.index)
        if known is not None and not (name and piece.id and known.upstream_id not in {"", piece.id}):
            known.upstream_id = known.upstream_id or piece.id or ""
            return known
        call = OpenCall(len(self._calls), piece.id or "")
        self._calls.append(call)
        if piece.index is not None:
            self._by_upstream_index[piece.index] = call
        return call

    def _last(self) -> OpenCall | None:
        return self._calls[-1] if self._calls else None


def _as_text(arguments: str | dict[str, Any] | None) -> str:
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else _encode(arguments).decode()
