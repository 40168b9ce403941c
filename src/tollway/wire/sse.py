"""Server-sent events: reading them from bytes that arrive in any pieces, and writing data that stays on one line."""

MAX_LINE_BYTES = 1 << 20
"""Longest line, and longest event, that is accepted (docs/reliability.md)."""

_LINE_FEED = 0x0A
_CARRIAGE_RETURN = 0x0D


class EventTooLongError(ValueError):
    """A line or an event of the stream is longer than the limit."""


class EventSplitter:
    """Turns pieces of a ``text/event-stream`` into the data of whole events.

    Line ends may be LF, CRLF or CR and fall on any border between pieces. Comments and fields other than ``data``
    are passed over; several ``data`` lines of one event are joined by a line feed, as the standard says. What is held
    of an event that has not ended is never more than ``max_line_bytes`` in all.
    """

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_line_bytes = max_line_bytes
        self._line_pieces: list[bytes] = []
        self._line_bytes = 0
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._skip_line_feed = False

    def feed(self, piece: bytes) -> list[bytes]:
        """Take the next piece and return the data of each event that it completes.

        Raises:
            EventTooLongError: a line or an event is longer than the limit; nothing more may be fed.
        """
        if self._skip_line_feed and piece:
            self._skip_line_feed = False
            if piece[0] == _LINE_FEED:
                piece = piece[1:]
        if b"\r" in piece:
            self._skip_line_feed = piece[-1] == _CARRIAGE_RETURN
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = piece.split(b"\n")
        if len(lines) == 1:
            self._hold(piece)
            return []
        if self._line_bytes:
            # The pieces of one line are joined once, at its end, so that many small ones cost no more than a large one.
            self._line_pieces.append(lines[0])
            lines[0] = b"".join(self._line_pieces)
            self._line_pieces.clear()
            self._line_bytes = 0
        rest = lines.pop()
        events = self._events(lines)
        self._hold(rest)
        return events

    def _hold(self, piece: bytes) -> None:
        """Keep the beginning of a line until its end arrives."""
        if piece:
            self._line_pieces.append(piece)
            self._line_bytes += len(piece)
            self._refuse_too_long(self._line_bytes)

    def _events(self, lines: list[bytes]) -> list[bytes]:
        events: list[bytes] = []
        data = self._data
        for line in lines:
            if not line:
                if data:
                    events.append(data[0] if len(data) == 1 else b"\n".join(data))
                    data.clear()
                    self._data_bytes = 0
                continue
            self._refuse_too_long(len(line))
            if line.startswith(b"data:"):
                data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif line == b"data":
                data.append(b"")
            else:
                continue
            self._data_bytes += len(line)
        return events

    def _refuse_too_long(self, line_bytes: int) -> None:
        if self._data_bytes + line_bytes > self._max_line_bytes:
            raise EventTooLongError(f"an event of the stream is longer than {self._max_line_bytes} bytes")

    @property
    def has_unfinished_event(self) -> bool:
        """Whether bytes are held that belong to an event whose end has not arrived."""
        return bool(self._line_bytes or self._data)


def on_one_line(json_text: bytes) -> bytes:
    """Escape the separators that some clients take for the end of a line, though the standard of such streams does not.

    They are U+0085, U+2028 and U+2029; JSON has already escaped the others.
    """
    if json_text.isascii():
        return json_text
    return (
        json_text.replace(b"\xc2\x85", rb"\u0085")
        .replace(b"\xe2\x80\xa8", rb"\u2028")
        .replace(b"\xe2\x80\xa9", rb"\u2029")
    )
