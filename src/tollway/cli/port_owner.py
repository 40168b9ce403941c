"""Who listens on a port of this machine."""

import errno
import os
import re
import socket
from pathlib import Path

_LISTEN = "0A"  # The state of a listening socket in /proc/net/tcp, see include/net/tcp_states.h.


def holder_of(host: str, port: int) -> str | None:
    """Say in words who keeps a server from listening there; None when nobody does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return error.strerror or str(error)
            return f"in use by {_process_on(port) or 'another program'}"
    return None


def _process_on(port: int) -> str | None:
    """Find the listening process where the kernel shows it, which is on Linux and for one's own processes."""
    inodes = {
        fields[9]
        for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
        if table.exists()
        for fields in map(str.split, table.read_text(encoding="ascii").splitlines()[1:])
        if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port
    }
    for folder in Path("/proc").glob("[0-9]*") if inodes else ():
        try:
            held = {os.readlink(link) for link in (folder / "fd").iterdir()}  # noqa: PTH115 - "socket:[1]" is no path.
            name = (folder / "comm").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            # The process has ended, or is another user's.
            continue
        if any(match[1] in inodes for match in map(re.compile(r"socket:\[(\d+)\]").fullmatch, held) if match):
            return f"{name} (process {folder.name})"
    return None
