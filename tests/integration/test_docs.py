"""The documentation: it is complete, what it shows is right, and the samples of the pages on operation run."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tests.support import contract
from tests.support.chat_caller import ChatCaller, chat_body
from tests.support.doc_blocks import CALLERS_BLOCKS, DOCS, SAMPLE_KINDS, SHOWN_KINDS, Block
from tests.support.error_codes import error_codes, status_by_code
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.served import events_of
from tollway.cli.commands import app
from tollway.http.asgi.routes import ROUTES
from tollway.http.cors import EXPOSED_HEADERS
from tollway.http.inference.lane import PATHS
from tollway.kit.money import credits_from_nanousd

TEXT = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS.parent / "README.md", *DOCS.glob("*.md")))
TIMEOUT_S = 840.0
"""A page has dozens of commands, each of which loads Python anew."""
FRUIT = {"account.md": '"object":"receipt"', "operating.md": "No bill differs."}
"""What the output of a page's samples must have in it."""
INPUT_NANOUSD, OUTPUT_NANOUSD = 175, 695
"""The flagship's prices; its reasoning is free."""
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)(#[^)]*)?\)")
_INDEX_LINK = re.compile(r"^- \[(.+)\]\((\S+\.md)\)$", re.MULTILINE)
_TABLE_ROW = re.compile(r"^\| (`[a-z_`, ]+`) \| (\d{3}) \|", re.MULTILINE)
_HEADER_ROW = re.compile(r"^\| `([a-z-]+)` \|", re.MULTILINE)
_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TO_COME = re.compile(r"(--from|--valid-until) \d{4}(?=-\d\d-\d\dT)")
_TYPE = re.compile(r":\w+\}")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A server on which its first account has called the flagship once."""
    async with ScriptedUpstream() as upstream, Gateway(tmp_path, settings=upstream_settings(upstream.base_url)) as one:
        called = await ChatCaller(one.url, one.key).call(json.dumps(chat_body("script:page")).encode())
        assert called.status == 200
        yield one


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", sorted(FRUIT))
async def test_the_samples_of_a_page_run_as_they_stand(gateway: Gateway, tmp_path: Path, page: str) -> None:
    manager = await gateway.command("key", "create", "--account", gateway.first["email"], "--management")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TOLLWAY_DATA_DIR": str(gateway.data),
        "TOLLWAY_URL": gateway.url,
        "TOLLWAY_KEY": gateway.key,
        "TOLLWAY_EMAIL": gateway.first["email"],
        "TOLLWAY_PASSWORD": gateway.first["password"],
        "TOLLWAY_MANAGEMENT_KEY": manager["key"],
    }
    samples = "\n".join(_SHELL.findall((DOCS / page).read_text(encoding="utf-8")))
    # What was to come when the page was written must be to come when it is read here, too.
    script = "set -eu -o pipefail\n" + _TO_COME.sub(rf"\1 {datetime.now(UTC).year + 2}", samples)
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


def with_kind(kind: str) -> pytest.MarkDecorator:
    """Run a test for each block of a kind."""
    blocks = [block for block in CALLERS_BLOCKS if block.kind == kind]
    return pytest.mark.parametrize("block", blocks, ids=lambda block: block.id)


def test_every_block_is_run_or_checked() -> None:
    assert [block.id for block in CALLERS_BLOCKS if not (block.is_sample or block.is_shown_answer)] == []
    assert {(block.language, block.kind) for block in CALLERS_BLOCKS} == {
        (language, kind)
        for kinds in (SAMPLE_KINDS, SHOWN_KINDS)
        for language, all_of in kinds.items()
        for kind in all_of
    }


@with_kind("answer")
def test_shown_answer_follows_the_contract_and_its_bill_is_right(block: Block) -> None:
    answer = json.loads(block.code)

    contract.validate_response(answer)
    assert_bill(answer)


@with_kind("error")
def test_shown_error_follows_the_contract(block: Block) -> None:
    error = json.loads(block.code)

    contract.validate_error(error)
    assert error["message"] == error["error"]["message"]


@with_kind("stream")
def test_shown_stream_follows_the_contract(block: Block) -> None:
    events = events_of(block.code + "\n")

    for event in events:
        contract.validate_chunk(event)
    assert events[-1]["meta"]["usage"]["credits_used"] > 0


def test_every_error_code_is_told_of_with_its_status() -> None:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    told = {(code, int(status)) for codes, status in _TABLE_ROW.findall(page) for code in re.findall(r"[a-z_]+", codes)}

    assert {code for code, _ in told} == error_codes()
    assert status_by_code() - told == set()


def test_every_rate_header_is_told_of() -> None:
    page = (DOCS / "limits.md").read_text(encoding="utf-8")
    told = set(_HEADER_ROW.findall(page[page.index("### Headers") : page.index("### Other rates")]))

    assert told == {name for name in EXPOSED_HEADERS if name.startswith("x-ratelimit-") or name == "retry-after"}


def test_index_has_every_page_by_its_title() -> None:
    listed = {name: title for title, name in _INDEX_LINK.findall((DOCS / "README.md").read_text(encoding="utf-8"))}

    assert listed == {page.name: title_of(page) for page in DOCS.glob("*.md") if page.name != "README.md"}


def test_links_between_pages_lead_somewhere() -> None:
    pages = [DOCS.parent / "README.md", *DOCS.glob("*.md")]
    links = [(page, target) for page in pages for _, target, _ in _LINK.findall(page.read_text(encoding="utf-8"))]

    assert len(links) > len(pages)
    assert [
        (page.name, target) for page, target in links if "://" not in target and not (page.parent / target).exists()
    ] == []


def title_of(page: Path) -> str:
    """The title of a page, which a paragraph must follow."""
    title, _, summary, *_ = re.sub(r"<!--.*?-->\n\n", "", page.read_text(encoding="utf-8")).split("\n", 3)
    assert title.startswith("# ")
    assert summary[0].isalpha()
    return title.removeprefix("# ")


def assert_bill(answer: dict[str, Any]) -> None:
    """Assert that the credits are what the flagship's prices make of the tokens."""
    usage, cost = answer["usage"], answer["meta"]["usage"]
    visible = usage["completion_tokens"] - usage["completion_tokens_details"]["reasoning_tokens"]
    exact_nanousd = usage["prompt_tokens"] * INPUT_NANOUSD + visible * OUTPUT_NANOUSD
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert cost["credits_used"] == credits_from_nanousd(exact_nanousd)
    assert cost["usd_spent"] * 2_000_000 == pytest.approx(cost["credits_used"])
