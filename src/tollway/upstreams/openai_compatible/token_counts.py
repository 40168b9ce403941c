"""From an upstream's usage block, in whichever shape, to the counts that are billed."""

from tollway.upstreams.openai_compatible.event_types import Count, UsageBlock
from tollway.wire.deltas import TokenUsage
from tollway.wire.estimation import share_of_tokens

_COUNT_MAX = 1_000_000_000  # No model has a context like that: a larger number is a fault and no count.


def token_usage(block: UsageBlock, *, reasoning_bytes: int, visible_bytes: int) -> TokenUsage | None:
    """Read the counts; None when they say nothing.

    The lengths are those of the thinking and of everything else so far, in UTF-8 bytes. Where thinking came and the
    upstream does not say how many tokens it took, the completion tokens are split by them.
    """
    prompt, completion, total = _count(block.prompt_tokens), _count(block.completion_tokens), _count(block.total_tokens)
    if block.completion_tokens is None:
        completion = max(0, total - prompt)
    if prompt + completion == 0 or max(prompt, completion) > _COUNT_MAX:
        # Some servers fill the block in with zeros where they do not count.
        return None
    told = block.completion_tokens_details
    reasoning = (_count(told.reasoning_tokens) if told is not None else 0) or _count(block.reasoning_tokens)
    if reasoning and total == prompt + completion + reasoning:
        # A few servers count thinking beside the completion tokens; their total gives them away.
        completion += reasoning
    if not reasoning and reasoning_bytes:
        reasoning = share_of_tokens(completion, reasoning_bytes, reasoning_bytes + visible_bytes)
    told = block.prompt_tokens_details
    cached = (_count(told.cached_tokens) if told is not None else 0) or _count(block.prompt_cache_hit_tokens)
    return TokenUsage(prompt, completion, min(reasoning, completion), min(cached, prompt))


def _count(value: Count) -> int:
    return max(0, int(value)) if value is not None else 0
