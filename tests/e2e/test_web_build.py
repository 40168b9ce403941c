"""The web app is built by Python's own environment: nobody needs to have Node."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).resolve().parents[2]
_MADE = shutil.ignore_patterns("node_modules", "generated", "web_app", "web_app.new", "test-results", "__pycache__")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The sources as they are checked out, with the tools that were installed for the app."""
    for name in ("docs", "scripts", "src", "web"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=_MADE)
    (tmp_path / "web" / "node_modules").symlink_to(ROOT / "web" / "node_modules", target_is_directory=True)
    return tmp_path


def run_web(checkout: Path, tools: Path, *actions: str) -> "subprocess.CompletedProcess[str]":
    """Run the script where the path leads to a shell and to nothing else."""
    tools.mkdir(exist_ok=True)
    shell = tools / "sh"
    shell.unlink(missing_ok=True)
    shell.symlink_to("/bin/sh")
    return subprocess.run(
        [sys.executable, checkout / "scripts" / "web.py", *actions],
        env=os.environ | {"PATH": str(tools)}, check=False, capture_output=True, text=True,
    )  # fmt: skip


def test_the_app_is_built_without_node_on_the_machine_and_once_only(checkout: Path) -> None:
    built = checkout / "src" / "tollway" / "http" / "service" / "web_app"
    tools = checkout / "tools"

    first = run_web(checkout, tools, "build")
    assert first.returncode == 0, first.stderr
    assert "Building the web app: done" in first.stdout
    assert "/app/assets/" in (built / "index.html").read_text(encoding="utf-8")
    assert list(built.glob("assets/*.js.gz"))
    again = run_web(checkout, tools, "build")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

    (checkout / "web" / "public" / "theme.js").write_text("// another theme\n", encoding="utf-8")
    assert run_web(checkout, tools, "build").returncode == 0
    assert (built / "theme.js").read_text(encoding="utf-8") == "// another theme\n"


def test_a_build_that_fails_says_why_and_leaves_the_last_one(checkout: Path) -> None:
    built = checkout / "src" / "tollway" / "http" / "service" / "web_app"
    built.mkdir()
    (built / "index.html").write_text("the last one", encoding="utf-8")
    (checkout / "web" / "src" / "app" / "main.tsx").write_text("import './nowhere'\n", encoding="utf-8")

    ended = run_web(checkout, checkout / "tools", "build")

    assert ended.returncode == 1
    assert "`npm run --silent build` ended with exit code 1" in ended.stderr
    assert "nowhere" in ended.stderr
    assert (built / "index.html").read_text(encoding="utf-8") == "the last one"
