"""Writing weights so that a file of the right name is always whole."""

import hashlib
import os
from pathlib import Path
from typing import IO

from tollway.engine.errors import WeightsError
from tollway.engine.progress import Progress

PARTIAL_NAME = ".partial"
"""Folder inside the weights' folder for what is not whole yet."""

_BLOCK_BYTES = 1 << 20
_MAGIC = b"GGUF"


def require_gguf(path: Path) -> None:
    """Refuse a file that does not begin as GGUF does.

    Raises:
        WeightsError: it is not GGUF, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            begins = file.read(len(_MAGIC))
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error
    if begins != _MAGIC:
        raise WeightsError(f"{path} is no GGUF file.")


def partial_folder(folder: Path) -> Path:
    """Return the folder for unfinished files, making it where it is not there."""
    partial = folder / PARTIAL_NAME
    partial.mkdir(parents=True, exist_ok=True)
    return partial


def copy_into_place(source: Path, target: Path, progress: Progress) -> None:
    """Copy a file so that ``target`` appears only when it is whole.

    Raises:
        WeightsError: the source cannot be read or the target not written.
    """
    try:
        with source.open("rb") as stream:
            write_into_place(stream, target, source.stat().st_size, progress, sha256=None)
    except OSError as error:
        raise WeightsError(f"{source} cannot be copied to {target}: {error.strerror}.") from error


def write_into_place(
    source: IO[bytes], target: Path, size_bytes: int, progress: Progress, *, sha256: str | None
) -> None:
    """Write a stream so that ``target`` appears only when it is whole, has its checksum and is on the disk.

    Raises:
        WeightsError: the checksum is another one.
        OSError: reading or writing failed.
    """
    partial = partial_folder(target.parent) / target.name
    digest = hashlib.sha256()
    done_bytes = 0
    with partial.open("wb") as file:
        while block := source.read(_BLOCK_BYTES):
            file.write(block)
            digest.update(block)
            done_bytes += len(block)
            progress(done_bytes, max(size_bytes, done_bytes))
        file.flush()
        os.fsync(file.fileno())
    if sha256 is not None and digest.hexdigest() != sha256:
        partial.unlink()
        raise WeightsError(
            f"{target.name} is not what it should be: its SHA-256 is {digest.hexdigest()}, not {sha256}."
        )
    partial.replace(target)
