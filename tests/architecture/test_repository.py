"""What no file of the repository may hold."""

import re
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, project_files, where

# Absolute paths of somebody's machine. What is served under such a path (a URL) has a host or a word before it.
MACHINE_PATH = re.compile(r"(?<![\w.:/{}-])/(?:home|mnt|root|Users|work|workspace)/\w")
# Packages come from wherever the reader's own pip and npm are told to look.
REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|npmmirror\.com")
LOCKS = re.compile(r"requirements.*\.txt|.*\.lock|package-lock\.json|pylock.*\.toml|\.npmrc|pip\.conf|uv\.toml")


def _texts() -> dict[Path, str]:
    texts = {}
    for path in project_files():
        data = path.read_bytes()
        if b"\0" not in data:
            texts[path] = data.decode()
    return texts


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["paths of a machine", "package registries"])
def test_no_file_names_a_place_outside(pattern: re.Pattern[str]) -> None:
    found = [
        f"{where(path, number)}: {line.strip()[:80]}"
        for path, text in _texts().items()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]

    assert found == []


def test_locks_name_packages_and_hashes_only() -> None:
    locks = [path for path in project_files() if LOCKS.fullmatch(path.relative_to(ROOT).as_posix().split("/")[-1])]
    locks += list((ROOT / "requirements").glob("*.txt"))
    found = [
        where(path) for path in locks if re.search(r"://|--(?:find-links|index-url|extra-index)", path.read_text())
    ]

    assert len(locks) >= 3
    assert found == []


@pytest.mark.parametrize("name", ["runtime.txt", "build.txt", "dev.txt"])
def test_every_locked_package_has_hashes(name: str) -> None:
    entries = (ROOT / "requirements" / name).read_text().replace("\\\n", "").splitlines()

    assert entries
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_development_lock_holds_the_runtime_lock() -> None:
    def pinned(name: str) -> set[str]:
        lines = (ROOT / "requirements" / name).read_text().splitlines()
        return {line.split()[0] for line in lines if "==" in line}

    assert pinned("runtime.txt") | pinned("build.txt") <= pinned("dev.txt")
