"""The files of the repository as the rules in this folder see them."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tollway"

_GENERATED = {
    ".benchmarks",
    ".cache",
    ".git",
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".tollway",
    ".venv",
    "__pycache__",
    "build",
    "dist",
    "generated",
    "node_modules",
    "playwright-report",
    "test-results",
    "web_app",
    "web_app.new",
}


def project_files(suffix: str = "") -> list[Path]:
    """Every file of the project whose name ends in `suffix`, without what tools make."""
    return [path for path in _all_files() if path.name.endswith(suffix)]


def package_files() -> list[Path]:
    """The Python files of the product."""
    return [path for path in project_files(".py") if path.is_relative_to(PACKAGE)]


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def where(path: Path, line: int | None = None) -> str:
    """A place as `path:line`, relative to the repository."""
    place = path.relative_to(ROOT).as_posix()
    return place if line is None else f"{place}:{line}"


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """The modules that a file names in its import statements, each with its line."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno


@cache
def _all_files() -> tuple[Path, ...]:
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in _GENERATED and not name.endswith(".egg-info")]
        found += [Path(folder, name) for name in names]
    return tuple(sorted(found))
