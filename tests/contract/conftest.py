"""Servers and clients of the contract tests; a server is shared by the tests of one module."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.engine import engine_weights
from tests.support.one_at_a_time import one_at_a_time
from tests.support.served import Served, serve

__all__ = ["engine_weights", "node_sdk", "run_node", "served"]

NODE_TESTS = Path(__file__).parent / "node"
_NODE_LIMIT_S = 60.0

RunNode = Callable[..., Awaitable[dict[str, Any]]]
"""Runs a script of the folder ``node`` with arguments as JSON, and returns the JSON that it prints."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A running server whose upstreams are scripted."""
    async with serve(tmp_path_factory.mktemp("served")) as both:
        yield both


@pytest.fixture(scope="session")
def node_sdk(node: Path) -> Path:
    """The Node executable, with the locked packages of the folder ``node`` installed."""
    lock, installed = NODE_TESTS / "package-lock.json", NODE_TESTS / "node_modules" / ".package-lock.json"
    with one_at_a_time("node_sdk"):
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            npm = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            options = ("--ignore-scripts", "--no-audit", "--no-fund")
            subprocess.run([node, npm, "ci", *options], cwd=NODE_TESTS, check=True, capture_output=True)
    return node


@pytest.fixture(scope="module")
def run_node(node_sdk: Path, served: Served) -> RunNode:
    """Runs scripts against the module's server."""

    async def run(script: str, **arguments: object) -> dict[str, Any]:
        given = {"baseURL": f"{served.url}/v1", "apiKey": served.gateway.key, **arguments}
        process = await asyncio.create_subprocess_exec(
            node_sdk, NODE_TESTS / script, json.dumps(given),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"NODE_ENV": "test"},
        )  # fmt: skip
        output, errors = await asyncio.wait_for(process.communicate(), _NODE_LIMIT_S)
        assert process.returncode == 0, errors.decode()
        answer: dict[str, Any] = json.loads(output)
        return answer

    return run
