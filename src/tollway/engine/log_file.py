"""The engine's log: a file that starts anew with each start and never grows beyond a bound."""

from pathlib import Path

MAX_LOG_BYTES = 1 << 20
_TAIL_BYTES = 2000


class LogFile:
    """Keeps what the engine's process writes to standard error; a full file starts again from its beginning."""

    def __init__(self, path: Path, max_bytes: int = MAX_LOG_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._max_bytes = max_bytes
        self._tail = b""

    @property
    def tail(self) -> str:
        """The last lines, for the report of a failed start."""
        return self._tail.decode(errors="replace").strip()

    def write(self, piece: bytes) -> None:
        """Append a piece."""
        if self._file.tell() + len(piece) > self._max_bytes:
            self._file.seek(0)
            self._file.truncate()
        self._file.write(piece)
        self._file.flush()
        self._tail = (self._tail + piece)[-_TAIL_BYTES:]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
