"""Counting what an upstream said and what of it reached the caller."""

from msgspec import Struct

from tollway.credits.pricing import Meters
from tollway.upstreams.port import BadUpstreamError
from tollway.wire.deltas import Delta, FinishReason, TokenUsage
from tollway.wire.estimation import estimate_tokens, utf8_length


class Counted(Struct, frozen=True):
    """Tokens of an answer; ``estimated`` when the upstream did not say."""

    usage: TokenUsage
    estimated: bool

    @property
    def meters(self) -> Meters:
        """The disjoint meters that the tokens are charged by."""
        usage = self.usage
        return Meters(
            input=usage.prompt_tokens - usage.cached_tokens,
            cached_input=usage.cached_tokens,
            output=usage.completion_tokens - usage.reasoning_tokens,
            reasoning=usage.reasoning_tokens,
        )


NOTHING_COUNTED = Counted(TokenUsage(0, 0), estimated=False)
"""The counts of a request that is charged nothing."""


class Tally:
    """What has been received so far; ``prompt_fair_tokens`` stands in for a prompt count that never comes."""

    def __init__(self, prompt_fair_tokens: int) -> None:
        self._prompt_fair_tokens = prompt_fair_tokens
        self._usage: TokenUsage | None = None
        self._reasoning_bytes = 0
        self._visible_bytes = 0
        self.finish_reason: FinishReason | None = None
        self.flag = 0
        self.upstream_id: str | None = None

    def add(self, delta: Delta) -> None:
        """Count one step of the answer."""
        if delta.reasoning:
            self._reasoning_bytes += utf8_length(delta.reasoning)
        if delta.content:
            self._visible_bytes += utf8_length(delta.content)
        for call in delta.tool_calls:
            self._visible_bytes += utf8_length(call.name or "") + utf8_length(call.arguments)
        if delta.usage is not None:
            self._usage = delta.usage
        if delta.finish_reason is not None:
            self.finish_reason = delta.finish_reason
        if delta.flag:
            self.flag = delta.flag
        if delta.upstream_id is not None:
            self.upstream_id = delta.upstream_id

    @property
    def received_anything(self) -> bool:
        """Whether any piece of an answer came."""
        return bool(self._reasoning_bytes or self._visible_bytes or self._usage)

    def final_reason(self) -> FinishReason:
        """Return why the answer ended.

        Raises:
            BadUpstreamError: the upstream never said; a ``stop`` is not made up.
        """
        if self.finish_reason is None:
            raise BadUpstreamError("The upstream's answer ended without a finish reason.")
        return self.finish_reason

    def counted(self) -> Counted:
        """Return the upstream's own counts where they are sound, else estimates from the text."""
        if self._usage is not None and self._is_sound(self._usage):
            return Counted(self._usage, estimated=False)
        reasoning = estimate_tokens(self._reasoning_bytes)
        completion = reasoning + estimate_tokens(self._visible_bytes)
        return Counted(TokenUsage(self._prompt_fair_tokens, completion, reasoning), estimated=True)

    def _is_sound(self, usage: TokenUsage) -> bool:
        """Whether the counts agree with themselves, and with the fact that text came."""
        has_text = bool(self._reasoning_bytes or self._visible_bytes)
        return (
            0 <= usage.cached_tokens <= usage.prompt_tokens
            and 0 <= usage.reasoning_tokens <= usage.completion_tokens
            and (usage.completion_tokens > 0 or not has_text)
        )
