"""Emulation of ``stop`` for upstreams that do not take it."""


class StopFilter:
    """Passes text on up to the first stop sequence, also one that falls on the border of two pieces.

    The sequence that is complete first ends the answer, and of several that are complete at the same character the
    longest: so the cut does not depend on where the borders are. Text that may be the beginning of a sequence is held
    back until more arrives or the answer ends.
    """

    def __init__(self, sequences: tuple[str, ...]) -> None:
        """Take at least one sequence; none is empty."""
        self._progresses = [_Progress(sequence) for sequence in sequences]
        self._held = ""
        self.stopped = False

    def feed(self, text: str) -> str:
        """Return what may be shown now; after a sequence was met, nothing more."""
        if self.stopped:
            return ""
        shown = self._held + text
        for end, character in enumerate(text, len(self._held) + 1):
            # All take the character before any answer counts, because the longest is wanted.
            cut = max([progress.take(character) for progress in self._progresses])
            if cut:
                self.stopped = True
                self._held = ""
                return shown[: end - cut]
        begun = max(progress.begun for progress in self._progresses)
        border = len(shown) - begun
        self._held = shown[border:]
        return shown[:border]

    def flush(self) -> str:
        """Return what was held back, because the answer has ended."""
        held, self._held = self._held, ""
        return held


class _Progress:
    """How far the end of a text has come in one sequence (the algorithm of Knuth, Morris and Pratt).

    Its cost grows with the text alone, whatever sequence the caller chose: the table is made only as far as a text has
    followed the sequence.
    """

    def __init__(self, sequence: str) -> None:
        self._sequence = sequence
        # Entry i is the length of the longest end of the first i characters that is also their beginning.
        self._borders = [0, 0]
        self.begun = 0

    def take(self, character: str) -> int:
        """Take the next character of the text; return the sequence's length if it is now complete, else 0."""
        self.begun = self._extended(self.begun, character)
        if self.begun == len(self._sequence):
            return self.begun
        if self.begun == len(self._borders):
            border = self._extended(self._borders[-1], self._sequence[self.begun - 1])
            self._borders.append(border)
        return 0

    def _extended(self, begun: int, character: str) -> int:
        sequence, borders = self._sequence, self._borders
        while begun and sequence[begun] != character:
            begun = borders[begun]
        return begun + 1 if sequence[begun] == character else 0
