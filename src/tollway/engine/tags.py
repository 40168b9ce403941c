"""Stripping the tags of a think phase from text that arrives in pieces."""

from collections.abc import Sequence

THINK_OPEN = "<think>"
THINK_CLOSE = "</think>"
THINK_TAGS = (THINK_OPEN, THINK_CLOSE)


class TagStripper:
    """Removes tags that a model echoes, also where a tag falls on the border between two pieces."""

    def __init__(self, tags: Sequence[str] = THINK_TAGS) -> None:
        self._tags = tuple(tags)
        self._held = ""

    def feed(self, piece: str) -> str:
        """Take the next piece and return what is certainly no part of a tag."""
        text = self._held + piece
        for tag in self._tags:
            text = text.replace(tag, "")
        cut = len(text) - self._length_of_possible_tag(text)
        self._held = text[cut:]
        return text[:cut]

    def flush(self) -> str:
        """Return what was held back as the possible beginning of a tag; the text is over."""
        held, self._held = self._held, ""
        return held

    def _length_of_possible_tag(self, text: str) -> int:
        start = text.rfind("<", max(0, len(text) - max(map(len, self._tags))))
        if start < 0:
            return 0
        end = text[start:]
        return len(end) if any(tag.startswith(end) for tag in self._tags) else 0
