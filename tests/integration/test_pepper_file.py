"""The pepper is made once, kept private, and never replaced behind the operator's back."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tollway.keys.digest import PEPPER_VARIABLE, load_pepper
from tollway.keys.errors import PepperError


def test_the_first_use_makes_a_private_pepper_and_later_ones_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    pepper = load_pepper(folder, {})

    assert len(pepper) == 32
    assert stat.S_IMODE((folder / "pepper").stat().st_mode) == 0o600
    assert load_pepper(folder, {}) == pepper
    assert [path.name for path in folder.iterdir()] == ["pepper"]


def test_those_who_start_at_once_agree_on_one_pepper(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: load_pepper(tmp_path, {}), range(64)))

    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["pepper"]


def test_the_environment_can_name_another_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"s" * 40)

    assert load_pepper(tmp_path / "data", {PEPPER_VARIABLE: str(secret)}) == b"s" * 40
    assert not (tmp_path / "data").exists()


def test_a_named_file_that_is_missing_is_not_made(tmp_path: Path) -> None:
    secret = tmp_path / "not-mounted"

    with pytest.raises(PepperError, match="not-mounted"):
        load_pepper(tmp_path, {PEPPER_VARIABLE: str(secret)})

    assert not secret.exists()


def test_a_file_that_is_too_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pepper").write_bytes(b"short")

    with pytest.raises(PepperError, match="5 bytes"):
        load_pepper(tmp_path, {})
