"""Collecting a request body whose length is known, in any pieces."""


class SizedBody:
    """Collects ``length`` bytes."""

    def __init__(self, length: int) -> None:
        self._parts: list[bytes] = []
        self._missing = length

    @property
    def content(self) -> bytes:
        """What has been collected."""
        return b"".join(self._parts)

    @property
    def is_complete(self) -> bool:
        """Whether the whole body is here."""
        return not self._missing

    def feed(self, data: bytes) -> bytes:
        """Take data and return what follows the body."""
        part = data[: self._missing]
        self._parts.append(part)
        self._missing -= len(part)
        return data[len(part) :]
