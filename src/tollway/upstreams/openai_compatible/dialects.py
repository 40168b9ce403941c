"""Where upstreams put thinking, and how it is told from the answer."""

import re
from functools import lru_cache
from typing import Literal, Protocol

from tollway.upstreams.openai_compatible.event_types import MessagePiece
from tollway.upstreams.openai_compatible.think_tags import ThinkTagSplitter

Dialect = Literal["auto", "reasoning_content", "reasoning", "think_tags", "none"]

# Baidu's ERNIE-4.5-Thinking models get the opening tag from their template, so that it is not part of what they say.
_OPENED_BY_TEMPLATE = re.compile(r"ernie-4\.5-.*thinking", re.IGNORECASE)


class ReasoningReader(Protocol):
    """Tells thinking from the visible answer, one message piece after another."""

    def feed(self, message: MessagePiece) -> tuple[str, str]:
        """Return the thinking and the visible text that this piece adds."""
        ...

    def finish(self) -> tuple[str, str]:
        """Return what was held back, now that the answer is over."""
        ...


def reasoning_reader(dialect: Dialect, model: str) -> ReasoningReader:
    """Make the reader for one answer of the model that the upstream calls ``model``.

    - ``auto`` takes thinking from ``reasoning_content``, ``reasoning`` or ``reasoning_details``, whichever has text,
      and from content that begins with ``<think>`` as long as none of them had any. Content that lacks the opening tag
      is known for thinking only with ERNIE-4.5-Thinking models; for others of that kind ``think_tags`` must be set,
      since text that was passed on as the answer cannot be taken back when ``</think>`` arrives.
    - ``reasoning_content`` and ``reasoning`` look at these fields only (the latter also at ``reasoning_details``).
    - ``think_tags`` looks at content only, and takes it for thinking until ``</think>``, opened or not.
    - ``none`` passes content on as it is and drops the fields.
    """
    match dialect:
        case "auto":
            return AutoReader(ThinkTagSplitter(starts_thinking=_is_opened_by_template(model)))
        case "think_tags":
            return TagReader(ThinkTagSplitter(starts_thinking=True))
        case "reasoning_content":
            return ReasoningContentReader()
        case "reasoning":
            return ReasoningFieldReader()
        case "none":
            return PlainReader()


@lru_cache
def _is_opened_by_template(model: str) -> bool:
    return _OPENED_BY_TEMPLATE.search(model) is not None


class PlainReader:
    """No thinking is told apart."""

    def feed(self, message: MessagePiece) -> tuple[str, str]:
        """Return the content as it is."""
        return "", message.content or message.refusal or ""

    def finish(self) -> tuple[str, str]:
        """Return nothing: nothing is ever held back."""
        return "", ""


class ReasoningContentReader(PlainReader):
    """SGLang, DeepSeek, Qianfan, and vLLM of old."""

    def feed(self, message: MessagePiece) -> tuple[str, str]:
        """Return the two fields."""
        return message.reasoning_content or "", message.content or message.refusal or ""


class ReasoningFieldReader(PlainReader):
    """VLLM of today, and OpenRouter, which says the same again in ``reasoning_details``."""

    def feed(self, message: MessagePiece) -> tuple[str, str]:
        """Return the field, or the details where it is empty, and the content."""
        return message.reasoning or _details_text(message), message.content or message.refusal or ""


class TagReader:
    """Raw models, whose content holds the tags."""

    def __init__(self, splitter: ThinkTagSplitter) -> None:
        self._splitter = splitter

    def feed(self, message: MessagePiece) -> tuple[str, str]:
        """Split the content."""
        return self._splitter.feed(message.content or message.refusal or "")

    def finish(self) -> tuple[str, str]:
        """Return what might have become a tag."""
        return self._splitter.finish()


class AutoReader:
    """Accepts every dialect; the first one that shows thinking is taken for the upstream's."""

    def __init__(self, splitter: ThinkTagSplitter) -> None:
        self._splitter: ThinkTagSplitter | None = splitter

    def feed(self, message: MessagePiece) -> tuple[str, str]:
        """Return the thinking of whichever field has any, and the content."""
        reasoning = message.reasoning_content or message.reasoning or _details_text(message)
        content = message.content or message.refusal or ""
        splitter = self._splitter
        if splitter is None:
            return reasoning, content
        if reasoning:
            # A field speaks, so the content has no tags from here on.
            self._splitter = None
            held_reasoning, held_content = splitter.finish()
            return held_reasoning + reasoning, held_content + content
        if not content:
            return "", ""
        split = splitter.feed(content)
        if splitter.is_over:
            self._splitter = None
        return split

    def finish(self) -> tuple[str, str]:
        """Return what might have become a tag."""
        return self._splitter.finish() if self._splitter is not None else ("", "")


def _details_text(message: MessagePiece) -> str:
    if not message.reasoning_details:
        return ""
    return "".join([detail.text or detail.summary or "" for detail in message.reasoning_details])
