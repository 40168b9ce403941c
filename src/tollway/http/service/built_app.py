"""The web app as its build left it: every file in memory, so that no request reads the disk or names a path on it."""

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

BUILT_FOLDER = Path(__file__).parent / "web_app"
"""Where the build of ``web/`` puts its files, here and in a wheel."""
INDEX = "index.html"
_ASSETS = "assets/"
_GZIP_SUFFIX = ".gz"
# Written out, for what Python knows of suffixes depends on the machine.
_MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_ANY_BYTES = "application/octet-stream"


class AppFile(Struct, frozen=True):
    """One file of the app.

    Attributes:
        stored: its bytes, compressed by gzip where the build found that worth its while.
        is_gzipped: whether they are.
        media_type: what it is, without a charset.
        digest: names this very content.
        is_immutable: whether its name changes whenever its content does.
    """

    stored: bytes
    is_gzipped: bool
    media_type: str
    digest: str
    is_immutable: bool

    @property
    def content(self) -> bytes:
        """Its plain bytes; compressed ones are decompressed for the few who cannot, which keeps them once in memory."""
        return gzip.decompress(self.stored) if self.is_gzipped else self.stored


class BuiltApp:
    """Finds the file that answers a path under ``/app``."""

    def __init__(self, files: dict[str, AppFile]) -> None:
        self._files = files

    def find(self, path: str) -> AppFile | None:
        """Return the file at ``path``, which is relative to ``/app``, or the app's page, which knows all other paths.

        None is an asset that this build does not have: a page in its place would be run as a script.
        """
        found = self._files.get(path)
        if found is not None or path.startswith(_ASSETS):
            return found
        return self._files[INDEX]


def load_built_app(folder: Path) -> BuiltApp | None:
    """Read the app from where it was built; None says that it was not built."""
    if not (folder / INDEX).is_file():
        return None
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    # Hidden is what the build keeps for itself.
    served = (name for name in paths if not name.startswith(".") and not name.endswith(_GZIP_SUFFIX))
    return BuiltApp({name: _read(name, paths) for name in served})


def _read(name: str, paths: Mapping[str, Path]) -> AppFile:
    content, compressed = paths[name].read_bytes(), paths.get(name + _GZIP_SUFFIX)
    return AppFile(
        stored=content if compressed is None else compressed.read_bytes(),
        is_gzipped=compressed is not None,
        media_type=_MEDIA_TYPES.get(paths[name].suffix, _ANY_BYTES),
        digest=hashlib.sha256(content).hexdigest()[:32],
        is_immutable=name.startswith(_ASSETS),
    )
