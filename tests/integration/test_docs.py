"""The documentation: its samples run, and it tells of every endpoint and command."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import typer.main

from tests.support.chat_caller import ChatCaller, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tollway.cli.commands import app
from tollway.http.inference.lane import PATHS
from tollway.http.service.routes import ROUTES

DOCS = Path(__file__).parents[2] / "docs"
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS.parent / "README.md", *DOCS.glob("*.md")))
TIMEOUT_S = 120.0
FRUIT = {"account.md": '"object":"receipt"', "operating.md": "No bill differs."}
"""What the output of a page's samples must have in it."""
_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TYPE = re.compile(r":\w+\}")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A server on which its first account has called the flagship once."""
    async with ScriptedUpstream() as upstream, Gateway(tmp_path, settings=upstream_settings(upstream.base_url)) as one:
        called = await ChatCaller(one.url, one.key).call(json.dumps(chat_body("script:page")).encode())
        assert called.status == 200
        yield one


@pytest.mark.parametrize("page", sorted(FRUIT))
async def test_the_samples_of_a_page_run_as_they_stand(gateway: Gateway, tmp_path: Path, page: str) -> None:
    manager = await gateway.command("key", "create", "--account", gateway.first["email"], "--management")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TOLLWAY_DATA_DIR": str(gateway.data),
        "TOLLWAY_URL": gateway.url,
        "TOLLWAY_KEY": gateway.key,
        "TOLLWAY_MANAGEMENT_KEY": manager["key"],
        "TOLLWAY_EMAIL": gateway.first["email"],
        "TOLLWAY_PASSWORD": gateway.first["password"],
    }
    script = "set -eu -o pipefail\n" + "\n".join(_SHELL.findall((DOCS / page).read_text(encoding="utf-8")))
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", script, cwd=tmp_path, env=environment,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), TIMEOUT_S)

    assert process.returncode == 0, output.decode()
    assert FRUIT[page] in output.decode()
    await gateway.assert_books_balance()


def test_every_endpoint_is_told_of() -> None:
    described = {path for handler in ROUTES for path in handler.paths if handler.include_in_schema is not False}
    paths = PATHS | {_TYPE.sub("}", path) for path in described}
    # A sample has a value where the path has a name.
    patterns = {path: re.sub(r"\\\{\w+\\\}", r"[^\\s`?]+", re.escape(path)) + r"(?![\w/-])" for path in paths}

    assert {path for path, pattern in patterns.items() if re.search(pattern, TEXT) is None} == set()


def test_every_command_is_told_of() -> None:
    names = []
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined] # It is a group.
        names += [f"{name} {inner}" for inner in getattr(command, "commands", {})] or [name]

    assert [name for name in names if f"tollway {name}" not in TEXT] == []
