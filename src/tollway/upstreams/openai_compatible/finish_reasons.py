"""The words with which upstreams end an answer."""

from tollway.wire.deltas import FinishReason

_KNOWN: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "normal": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "tool_calls": "tool_calls",
    "tool_call": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
    "safety": "content_filter",
    "recitation": "content_filter",
}
# vLLM and SGLang abort; OpenRouter errors; DeepSeek runs out of resources; Zhipu loses its network.
_BROKEN = frozenset(
    ("abort", "aborted", "cancelled", "canceled", "error", "insufficient_system_resource", "network_error", "timeout")
)


class BrokenAnswerError(Exception):
    """The upstream says by its finish reason that the answer broke."""


def finish_reason(word: str, *, has_tool_calls: bool) -> FinishReason:
    """Translate an upstream's finish reason into one of the contract's four.

    A word that is in no list ends the answer as ``tool_calls`` when it holds tool calls, else as ``stop``: the upstream
    did end the answer by itself, and said nothing of a fault.

    Raises:
        BrokenAnswerError: the word says that something failed.
    """
    known = _KNOWN.get(word)
    if known is not None:
        return known
    lowered = word.lower()
    if lowered in _BROKEN:
        raise BrokenAnswerError(word)
    return _KNOWN.get(lowered) or ("tool_calls" if has_tool_calls else "stop")
