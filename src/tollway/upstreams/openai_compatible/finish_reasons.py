"""The words with which upstreams end an answer."""

import logging
import re

from tollway.wire.deltas import FinishReason

_log = logging.getLogger(__name__)

_KNOWN: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "normal": "stop",
    # Cohere's.
    "complete": "stop",
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
    # Gemini's for personal data, and for text that it knows by heart.
    "spii": "content_filter",
    "recitation": "content_filter",
    # Anthropic's, and Cohere's.
    "refusal": "content_filter",
    "error_toxic": "content_filter",
}
# Beside those above: Gemini's SAFETY, IMAGE_SAFETY, BLOCKLIST and PROHIBITED_CONTENT, Bedrock's content_filtered and
# guardrail_intervened.
_FILTER_PARTS = ("safety", "unsafe", "filter", "blocklist", "blocked", "prohibited", "moderation", "guardrail")
# vLLM and SGLang abort; OpenRouter errors; DeepSeek runs out of resources; Zhipu loses its network; others fail to load
# a model; Gemini writes malformed calls.
_BROKEN_PARTS = (
    "abort", "cancel", "error", "fail", "incomplete", "insufficient", "interrupt", "malformed", "timeout", "timed_out",
    "unexpected_tool_call",
)  # fmt: skip
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
_UNKNOWN_MAX = 100


class BrokenAnswerError(Exception):
    """The answer broke: its finish reason says so, or is missing. The text is fit for the log."""


class FinishWords:
    """Translates the finish reasons of one upstream into the contract's four.

    A word that is in no list ends the answer as ``tool_calls`` when it holds tool calls, else as ``stop``: the upstream
    did end the answer by itself, and said nothing of a fault. The operator is warned of it, once for each word.
    """

    def __init__(self, upstream_id: str = "") -> None:
        self._upstream_id = upstream_id
        self._unknown: set[str] = set()

    def reason(self, word: str, *, has_tool_calls: bool) -> FinishReason:
        """Translate a finish reason; case does not matter.

        Raises:
            BrokenAnswerError: the word says that something failed.
        """
        known = _KNOWN.get(word)
        if known is not None:
            return known
        lowered = word.lower()
        known = _KNOWN.get(lowered)
        if known is not None:
            return known
        if any(part in lowered for part in _FILTER_PARTS):
            return "content_filter"
        if any(part in lowered for part in _BROKEN_PARTS):
            raise BrokenAnswerError(f"finish reason {_shown(word)}")
        self._warn(_shown(word))
        return "tool_calls" if has_tool_calls else "stop"

    def _warn(self, word: str) -> None:
        if word in self._unknown or len(self._unknown) >= _UNKNOWN_MAX:
            return
        self._unknown.add(word)
        facts = {"upstream": self._upstream_id, "finish_reason": word}
        _log.warning("unknown finish reason taken for a proper end", extra=facts)


def _shown(word: str) -> str:
    """Return what may stand in the log: a word, and no text."""
    return word if _WORD.fullmatch(word) else "that is not a word"
