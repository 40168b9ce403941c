"""Several processes run the tests; what they share on disk is made by one, and the others wait for it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[2] / ".cache"


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Hold a lock by this name against all other processes."""
    _FOLDER.mkdir(exist_ok=True)
    with (_FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
