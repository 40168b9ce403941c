"""The wheel as users install it: in an empty environment, on a machine without Node."""

import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tollway.http.service.built_app import BUILT_FOLDER

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).resolve().parents[2]
_UV = Path(sys.executable).with_name("uv")
_ANSWER_LIMIT_S = 60.0
_STOP_LIMIT_S = 60.0
_LINKED = re.compile(r'(?:src|href)="(/app/[^"]+)"')


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this source, with the app that is built."""
    folder = tmp_path_factory.mktemp("wheel")
    build(ROOT, folder)
    (found,) = folder.glob("*.whl")
    return found


def build(source: Path, folder: Path) -> None:
    """Build a wheel with the locked tools, as a release does."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise RuntimeError(ended.stdout + ended.stderr)


@contextmanager
def running(command: Path, folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Start the command's server on a fresh data folder within ``folder``, give its address, and stop it."""
    arguments = ("up", "--port", "0", "--no-browser", "--json", "--data-dir", str(folder / "data"))
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [command, *arguments], cwd=folder, env=dict(environment), stdout=subprocess.PIPE, stderr=log
        )
    with process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, (folder / "log").read_text()
            yield json.loads(line)["url"]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP_LIMIT_S)


def test_the_wheel_carries_the_built_app_and_nothing_of_the_build_itself(wheel: Path) -> None:
    place = "tollway/http/service/web_app/"
    carried = {name.removeprefix(place) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(place)}
    built = {path.relative_to(BUILT_FOLDER).as_posix() for path in BUILT_FOLDER.rglob("*") if path.is_file()}

    assert carried == {name for name in built if not name.startswith(".")}
    assert {"index.html", "theme.js"} <= carried


def test_a_wheel_without_the_app_is_not_built(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE", "scripts/web_app_hook.py", "src/tollway/__init__.py"):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((ROOT / name).read_bytes())

    with pytest.raises(RuntimeError, match=r"The web app is not built.*make web"):
        build(tmp_path, tmp_path / "dist")


def test_the_wheel_serves_the_app_where_there_is_no_node(wheel: Path, tmp_path: Path) -> None:
    venv, tools = tmp_path / "venv", tmp_path / "no-tools"
    tools.mkdir()
    installed = ("--quiet", "--python", venv / "bin" / "python")
    subprocess.run([_UV, "venv", "--quiet", "--python", sys.executable, venv], check=True)
    locked = ("--require-hashes", "--no-deps", "--requirement", ROOT / "requirements" / "runtime.txt")
    subprocess.run([_UV, "pip", "install", *installed, *locked], check=True)
    subprocess.run([_UV, "pip", "install", *installed, "--no-deps", wheel], check=True)
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    environment |= {"PATH": str(tools), "TOLLWAY_ENGINE__ENABLED": "false"}

    with (
        running(venv / "bin" / "tollway", tmp_path, environment) as url,
        httpx.Client(base_url=url, timeout=_ANSWER_LIMIT_S) as client,
    ):
        page = client.get("/app/keys")
        assert (page.status_code, page.text) == (200, (BUILT_FOLDER / "index.html").read_text(encoding="utf-8"))
        linked = _LINKED.findall(page.text)
        assert linked
        for path in linked:
            answer = client.get(path)
            assert (answer.status_code, answer.content) == (
                200,
                (BUILT_FOLDER / path.removeprefix("/app/")).read_bytes(),
            )
