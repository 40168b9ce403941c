"""Starting the measured programs, each on its own core, and ending them."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_START_LIMIT_S = 60.0
GATEWAY_CORE = 0
LOAD_CORE = 1


class ProgramMissingError(Exception):
    """A program that a comparison needs is not installed."""


def find_program(name: str, package: str) -> str:
    """Find a program in the search path.

    Raises:
        ProgramMissingError: it is not there; says which package has it.
    """
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise ProgramMissingError(f"{name} is not installed (Debian package {package})")
    return found


def free_port() -> int:
    """Return a port that nobody listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(
    command: Sequence[str], *, core: int, port: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run a server on one core until the block ends; the block begins when its port accepts, and gets its id."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            _pinned(command, core), stdout=output, stderr=output, env={**os.environ, **(environment or {})}
        )
    try:
        _wait_for(port, process, log)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run_pinned(command: Sequence[str], *, core: int) -> str:
    """Run a program on one core and return what it prints."""
    done = subprocess.run(_pinned(command, core), check=True, capture_output=True, text=True)
    return done.stdout


def _pinned(command: Sequence[str], core: int) -> list[str]:
    cores = sorted(os.sched_getaffinity(0))
    return [find_program("taskset", "util-linux"), "-c", str(cores[core % len(cores)]), *command]


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}")
