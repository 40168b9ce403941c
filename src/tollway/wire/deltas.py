"""What an upstream says, in one form whatever its dialect: the currency between upstreams and flows."""

from typing import Literal

from msgspec import Struct

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


class TokenUsage(Struct, frozen=True, gc=False):
    """Tokens of one answer; ``completion_tokens`` includes ``reasoning_tokens``, ``prompt_tokens`` the cached ones."""

    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int = 0
    cached_tokens: int = 0


class ToolCallDelta(Struct, frozen=True, gc=False):
    """A piece of a tool call: the first of an index has id and name, further ones add to ``arguments``."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


class Delta(Struct, frozen=True):
    """One step of an answer; every field may be empty.

    ``usage`` is cumulative: the last one that arrives counts. An upstream may give it at any step (then what was
    delivered until a disconnect is known exactly), only at the end, or never.
    """

    reasoning: str = ""
    content: str = ""
    tool_calls: tuple[ToolCallDelta, ...] = ()
    finish_reason: FinishReason | None = None
    flag: int | None = None
    usage: TokenUsage | None = None
    upstream_id: str | None = None
