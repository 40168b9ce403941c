"""Decoding a request body that comes in chunks (RFC 9112, section 7.1), strictly and in any pieces."""

import re
from typing import Literal

from tollway.http.errors import BodyTooLargeError
from tollway.http.framing_errors import MalformedRequestError

_LINE_END = b"\r\n"
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[\t -~\x80-\xff]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*")
_LINE_MAX_BYTES = 4096
_ASIDE_MAX_BYTES = 16 * 1024
"""How many bytes a body may spend on chunk extensions and trailers, which nobody here reads."""


class ChunkedBody:
    """Collects the body; knows to the byte where it ends, so that the next request may follow at once."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._content = bytearray()
        self._announced = 0
        self._missing = 0
        self._aside = 0
        self._state: Literal["size", "data", "data end", "trailer", "done"] = "size"

    @property
    def content(self) -> bytes:
        """What has been decoded."""
        return bytes(self._content)

    @property
    def is_complete(self) -> bool:
        """Whether the last chunk and the trailers have been read."""
        return self._state == "done"

    def feed(self, data: bytes) -> bytes:
        """Take data and return what is left of it: the rest of an unfinished line, or what follows the body.

        Raises:
            MalformedRequestError: the data is no chunked body.
            BodyTooLargeError: the body is longer than the limit, or says that it will be.
        """
        at = 0
        while at < len(data) and self._state != "done":
            if self._state == "data":
                at = self._take_data(data, at)
                continue
            end = data.find(_LINE_END, at)
            if end < 0:
                self._refuse_hopeless(data[at:])
                break
            self._take_line(data[at:end])
            at = end + len(_LINE_END)
        return data[at:]

    def _take_data(self, data: bytes, at: int) -> int:
        part = data[at : at + self._missing]
        self._content += part
        self._missing -= len(part)
        if not self._missing:
            self._state = "data end"
        return at + len(part)

    def _take_line(self, line: bytes) -> None:
        if self._state == "size":
            self._take_size(line)
        elif self._state == "data end":
            if line:
                raise _longer_than_said()
            self._state = "size"
        elif not line:
            self._state = "done"
        elif _TRAILER.fullmatch(line):
            # Trailers are read and passed over: no field here has a meaning in them.
            self._set_aside(len(line))
        else:
            raise MalformedRequestError("Malformed chunked body: no trailer field")

    def _take_size(self, line: bytes) -> None:
        found = _SIZE.fullmatch(line)
        if found is None:
            raise MalformedRequestError("Malformed chunked body: no chunk size")
        self._set_aside(len(line) - found.end(1))
        self._missing = int(found[1], 16)
        self._announced += self._missing
        if self._announced > self._max_bytes:
            raise BodyTooLargeError(f"The body is longer than {self._max_bytes} bytes.")
        self._state = "data" if self._missing else "trailer"

    def _set_aside(self, length: int) -> None:
        self._aside += length
        if self._aside > _ASIDE_MAX_BYTES:
            raise MalformedRequestError("Malformed chunked body: too many extensions or trailers")

    def _refuse_hopeless(self, rest: bytes) -> None:
        """Refuse the beginning of a line that no more bytes could make right, instead of waiting for them."""
        if self._state == "data end" and rest != b"\r":
            raise _longer_than_said()
        if len(rest) > _LINE_MAX_BYTES or b"\n" in rest or b"\r" in rest[:-1]:
            raise MalformedRequestError("Malformed chunked body: a line is too long, or ends wrongly")


def _longer_than_said() -> MalformedRequestError:
    return MalformedRequestError("Malformed chunked body: a chunk is longer than it says")
