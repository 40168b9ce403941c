"""Starting the measured programs, each on its own core, and ending them."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_START_LIMIT_S = 120.0
_POLL_S = 0.005
_CALM_SHARE = 0.3
GATEWAY_CORE = 0
LOAD_CORE = 1
CACHE = Path(__file__).resolve().parent.parent / ".cache" / "bench"
"""Where what only the comparison needs is installed."""
UNPACKED_PROGRAMS = CACHE / "debian" / "bin"


class ProgramMissingError(Exception):
    """A program that a comparison needs is not installed."""


def find_program(name: str, package: str) -> str:
    """Find a program in the search path, or among those that the comparison has unpacked for itself.

    Raises:
        ProgramMissingError: it is not there; says which package has it.
    """
    found = shutil.which(name) or shutil.which(name, path=f"/usr/sbin:/sbin:{UNPACKED_PROGRAMS}")
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


def processes_of(pid: int) -> list[int]:
    """Return a process and all that it started."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return found


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process and all that it started, in MB (10^6 bytes)."""
    pages = 0
    for one in processes_of(pid):
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(pid: int) -> float:
    """Return the processor time that a process and all that it started have used so far, in seconds."""
    ticks = 0
    for one in processes_of(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def wait_until_calm(pid: int, *, limit_s: float = 20.0) -> None:
    """Wait until a process has worked off what it was asked, so that the next measurement is not of the last one."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        before_s, began = cpu_s(pid), time.monotonic()
        time.sleep(0.1)
        if cpu_s(pid) - before_s <= _CALM_SHARE * (time.monotonic() - began):
            return


def run_pinned(command: Sequence[str], *, core: int) -> str:
    """Run a program on one core and return what it prints.

    Raises:
        RuntimeError: it failed; says what it printed last.
    """
    done = subprocess.run(_pinned(command, core), check=False, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-300:]
        raise RuntimeError(f"{Path(command[0]).name} ended with exit code {done.returncode}: {said}")
    return done.stdout


def start_pinned(command: Sequence[str], *, core: int) -> "subprocess.Popen[str]":
    """Start a program on one core; the caller reads what it prints and waits for it."""
    return subprocess.Popen(_pinned(command, core), stdout=subprocess.PIPE, text=True)


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
        time.sleep(_POLL_S)
    raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}")
