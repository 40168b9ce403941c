"""Where the admin socket is, also for data folders with long paths."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

FILE_NAME = "admin.sock"
# The field `sun_path` of a socket's address has 108 bytes on Linux and 104 on macOS, the final zero included.
_ADDRESS_BYTES_MAX = 100


def socket_path(data_path: Path) -> Path:
    """Return the socket's file in a data folder."""
    return data_path / FILE_NAME


@contextlib.contextmanager
def socket_address(data_path: Path) -> Iterator[str]:
    """Give an address that binds or connects to the socket of the data folder, valid within the block.

    Where the path is too long for an address, it leads over a symbolic link in a private temporary folder: only the
    address as it is written has to be short, and not what it leads to.
    """
    path = socket_path(data_path.resolve())
    if len(os.fsencode(path)) <= _ADDRESS_BYTES_MAX:
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="tollway-", dir=_short_folder()) as folder:
        link = Path(folder, "d")
        link.symlink_to(path.parent, target_is_directory=True)
        yield str(link / path.name)


def _short_folder() -> str | None:
    """Pass over a temporary folder that is too deep itself."""
    found = tempfile.gettempdir()
    return None if len(os.fsencode(found)) < _ADDRESS_BYTES_MAX // 2 else "/tmp"  # noqa: S108 - Made private there.
