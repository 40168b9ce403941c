"""Streaming each tool call in one piece, for callers that cannot join pieces."""

from msgspec.structs import replace

from tollway.wire.chat_request import ChatRequest
from tollway.wire.deltas import Delta, ToolCallDelta


def wants_whole_tool_calls(request: ChatRequest) -> bool:
    """Whether the caller's SDK may refuse further pieces of a tool call.

    The contract's schema wants a name in every piece, and OpenAI's SDK for Python joins those of all pieces, so further
    pieces carry an empty one. The SDK for Node refuses that, as a changed identity, where it parses the arguments by
    itself, which it does for strict tools. One whole piece suits them all, and costs little: arguments that are to be
    parsed are of no use before their end.
    """
    tools = request.tools if isinstance(request.tools, list) else ()
    return request.is_stream and any(tool.function.strict is True for tool in tools)


class ToolCallGatherer:
    """Holds pieces of tool calls back until the answer says why it ends."""

    def __init__(self) -> None:
        self._begun: dict[int, ToolCallDelta] = {}
        self._arguments: dict[int, list[str]] = {}

    def feed(self, delta: Delta) -> Delta:
        """Return the step as it is passed on: without tool calls, or with all of them once it is the last one."""
        for piece in delta.tool_calls:
            self._begun.setdefault(piece.index, piece)
            self._arguments.setdefault(piece.index, []).append(piece.arguments)
        if delta.finish_reason is None:
            return replace(delta, tool_calls=()) if delta.tool_calls else delta
        calls = tuple(replace(call, arguments="".join(self._arguments[call.index])) for call in self._begun.values())
        self._begun.clear()
        self._arguments.clear()
        return replace(delta, tool_calls=calls)
