"""The prefix of a key by its id, read from the SQLite file in any thread."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path


def stored_prefixes(path: Path) -> Callable[[int], str]:
    """Return what looks up the prefix of a key; empty when the key or the file cannot be read."""

    def prefix(key_id: int) -> str:
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                found = connection.execute("SELECT prefix FROM keys WHERE id = ?", (key_id,)).fetchone()
        except sqlite3.Error:
            # Asked for while something else has failed already, and the prefix is not worth failing for.
            return ""
        return str(found[0]) if found else ""

    return prefix
