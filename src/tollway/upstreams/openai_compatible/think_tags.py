"""Telling ``<think>…</think>`` from the answer in text that arrives in any pieces."""

from typing import Literal

_OPEN, _CLOSE = "<think>", "</think>"
_ANSWER_OPEN, _ANSWER_CLOSE = "<response>", "</response>"

Place = Literal["start", "thinking", "after", "response", "answer"]


class ThinkTagSplitter:
    """Splits one answer; tags may fall on any border between pieces, and all cuts of a text give the same result.

    Only an opening tag at the very beginning counts, so that an answer may speak of the tags. White space around the
    tags is dropped, everything else is kept. An answer may stand between ``<response>`` and ``</response>``, as
    ERNIE-4.5-Thinking writes it.

    With ``starts_thinking`` the template has opened the tag already: the text is thinking from its first character, and
    stays so to its end if the closing tag never comes.
    """

    def __init__(self, *, starts_thinking: bool) -> None:
        self._starts_thinking = starts_thinking
        self._place: Place = "start"
        self._held = ""
        self._drop_space = False

    @property
    def is_over(self) -> bool:
        """Whether all further text is the answer, as it is."""
        return self._place == "answer" and not self._held and not self._drop_space

    def feed(self, text: str) -> tuple[str, str]:
        """Return the thinking and the visible text that this piece adds."""
        return self._run(text, is_end=False)

    def finish(self) -> tuple[str, str]:
        """Return what was held back because it might have become a tag."""
        return self._run("", is_end=True)

    def _run(self, text: str, *, is_end: bool) -> tuple[str, str]:
        text = self._held + text
        self._held = ""
        reasoning: list[str] = []
        visible: list[str] = []
        while text:
            place = self._place
            if place == "start":
                text = self._begin(text, is_end=is_end)
            elif place == "after":
                text = self._begin_answer(text, is_end=is_end)
            elif place == "thinking":
                text = self._until(_CLOSE, "after", text, reasoning, is_end=is_end)
            elif place == "response":
                text = self._until(_ANSWER_CLOSE, "answer", text, visible, is_end=is_end)
            else:
                visible.append(self._without_space(text))
                text = ""
        return "".join(reasoning), "".join(visible)

    def _begin(self, text: str, *, is_end: bool) -> str:
        """Decide at the beginning what the text is; return what is left of it, empty when it is too early to say."""
        stripped = text.lstrip()
        if stripped.startswith(_OPEN):
            self._place, self._drop_space = "thinking", True
            return stripped[len(_OPEN) :]
        if not is_end and _OPEN.startswith(stripped):
            self._held = text
            return ""
        if self._starts_thinking:
            self._place, self._drop_space = "thinking", True
        else:
            self._place = "answer"
        return text

    def _begin_answer(self, text: str, *, is_end: bool) -> str:
        stripped = text.lstrip()
        if stripped.startswith(_ANSWER_OPEN):
            self._place, self._drop_space = "response", True
            return stripped[len(_ANSWER_OPEN) :]
        if not is_end and _ANSWER_OPEN.startswith(stripped):
            self._held = stripped
            return ""
        self._place = "answer"
        return stripped

    def _until(self, tag: str, next_place: Place, text: str, out: list[str], *, is_end: bool) -> str:
        """Pass text on up to the tag, and return what follows it; the part that may belong to the tag is held back."""
        text = self._without_space(text)
        end = text.find(tag)
        if end >= 0:
            out.append(text[:end].rstrip())
            self._place, self._drop_space = next_place, True
            return text[end + len(tag) :]
        border = len(text) if is_end else _border(text, tag)
        out.append(text[:border])
        self._held = text[border:]
        return ""

    def _without_space(self, text: str) -> str:
        """Drop white space that follows a tag."""
        if not self._drop_space:
            return text
        text = text.lstrip()
        self._drop_space = not text
        return text


def _border(text: str, tag: str) -> int:
    """Find where the text ends that is certain: before white space and what may be the beginning of the tag."""
    end = len(text)
    start = text.rfind("<", max(0, end - len(tag) + 1))
    if start >= 0 and tag.startswith(text[start:]):
        end = start
    return len(text[:end].rstrip())
