"""The chunks of a streamed chat completion as bytes of server-sent events.

A chunk is the stream's fixed head, a piece and a fixed tail. The head is made once a stream, so that a chunk costs
one JSON encoding of what is new in it.
"""

from msgspec.json import Encoder

from tollway.wire.chat_response import meta_block, usage_block
from tollway.wire.deltas import FinishReason, TokenUsage, ToolCallDelta
from tollway.wire.sse import on_one_line

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"
_ENCODER = Encoder()
_EVENT_END = b"\n\n"


class ChunkWriter:
    """Encodes the chunks of one stream; ``model`` is the bare model name, ``created`` in Unix seconds."""

    def __init__(self, completion_id: str, model: str, created: int) -> None:
        encode = _ENCODER.encode
        self._head = b"".join((
            b'data: {"id":', encode(completion_id),
            b',"object":"chat.completion.chunk","created":', encode(created), b',"model":', encode(model),
            b',"choices":[',
        ))  # fmt: skip
        self._delta_head = self._head + b'{"index":0,"delta":{'
        self._reasoning_head = self._delta_head + b'"reasoning_content":'
        self._content_head = self._delta_head + b'"content":'
        self._plain_tail = b'},"finish_reason":null}]}' + _EVENT_END

    def role(self) -> bytes:
        """The first chunk: who speaks."""
        return self._delta_head + b'"role":"assistant","content":""' + self._plain_tail

    def reasoning(self, text: str) -> bytes:
        """A piece of thinking."""
        return self._reasoning_head + on_one_line(_ENCODER.encode(text)) + self._plain_tail

    def content(self, text: str) -> bytes:
        """A piece of the visible answer."""
        return self._content_head + on_one_line(_ENCODER.encode(text)) + self._plain_tail

    def tool_calls(self, calls: tuple[ToolCallDelta, ...]) -> bytes:
        """Pieces of tool calls.

        The contract's schema asks for id and name in every piece, while OpenAI's SDKs join those of all pieces of one
        call: so the first piece has them and the further ones carry empty strings.
        """
        rows = [
            {
                "index": call.index,
                "id": call.id or "",
                "type": "function",
                "function": {"name": call.name or "", "arguments": call.arguments},
            }
            for call in calls
        ]
        return self._delta_head + b'"tool_calls":' + on_one_line(_ENCODER.encode(rows)) + self._plain_tail

    def flag(self, flag: int) -> bytes:
        """A safety mark that the upstream raised in the midst of the answer."""
        return self._delta_head + b'},"flag":' + _ENCODER.encode(flag) + b',"finish_reason":null}]}' + _EVENT_END

    def finish(self, reason: FinishReason, *, flag: int = 0, meta: bytes = b"") -> bytes:
        """The chunk with the finish reason; ``meta`` is the cost when no usage chunk follows."""
        tail = b',"meta":' + meta + b"}" if meta else b"}"
        flagged = b'},"flag":' + _ENCODER.encode(flag) + b',"finish_reason":' + _ENCODER.encode(reason) + b"}]"
        return self._delta_head + flagged + tail + _EVENT_END

    def usage(self, usage: TokenUsage, meta: bytes) -> bytes:
        """The chunk without choices that carries usage and cost."""
        counts = _ENCODER.encode(usage_block(usage))
        return self._head + b'],"usage":' + counts + b',"meta":' + meta + b"}" + _EVENT_END


def encode_meta(credits_used: int, warnings: list[str] | None = None) -> bytes:
    """Encode the cost block that the last chunk before ``[DONE]`` carries."""
    return _ENCODER.encode(meta_block(credits_used, warnings))
