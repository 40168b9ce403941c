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

from tests.conftest import NODE_TESTS
from tests.support.engine import engine_weights
from tests.support.served import Served, serve

__all__ = ["engine_weights", "run_node", "served"]

_NODE_LIMIT_S = 240.0

RunNode = Callable[..., Awaitable[dict[str, Any]]]
"""Runs a script of the folder ``node`` with arguments as JSON, and returns the JSON that it prints."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A running server whose upstreams are scripted."""
    async with serve(tmp_path_factory.mktemp("served")) as both:
        yield both


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
