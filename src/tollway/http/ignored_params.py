"""The response header that names what of a request had no effect."""

import re
from collections.abc import Iterable

HEADER = "x-ignored-params"
_NOT_PRINTABLE = re.compile(r"[^\x20-\x7e]")
_LENGTH_MAX = 4096


def ignored_params(paths: Iterable[str]) -> str:
    """Write paths of fields as a header value; they are the client's, so what a header cannot carry is escaped."""
    text = ", ".join(paths).encode("ascii", "backslashreplace").decode()
    safe = _NOT_PRINTABLE.sub("?", text)
    return safe if len(safe) <= _LENGTH_MAX else f"{safe[:_LENGTH_MAX]}..."
