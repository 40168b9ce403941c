"""Every sample on the callers' pages runs against a server, and the answers that the pages show are those that come."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.conftest import NODE_TESTS
from tests.support.chat_caller import ChatCaller, chat_body
from tests.support.doc_blocks import CALLERS_BLOCKS, Block
from tests.support.doc_runs import Outcome, run_samples
from tests.support.docs_upstream import SUM_QUESTION, DocsUpstream
from tests.support.gateway import Gateway, upstream_settings
from tests.support.served import plain_client

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAMPLES = [block for block in CALLERS_BLOCKS if block.is_sample]
WEATHER_TOOL = {"type": "function", "function": {"name": "weather", "parameters": {}}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """A server whose flagship answers as the pages say; its log must be free of errors at the end."""
    async with DocsUpstream() as upstream:
        settings = upstream_settings(upstream.base_url)
        async with Gateway(tmp_path_factory.mktemp("docs"), settings=settings) as one:
            # So that there is something to see for samples that read the log.
            assert (await ChatCaller(one.url, one.key).call(json.dumps(chat_body()).encode())).status == 200
            yield one
            await one.assert_books_balance()
            assert '"level":"error"' not in one.log, one.log


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outcomes(gateway: Gateway, node_sdk: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What became of every sample."""
    folder = tmp_path_factory.mktemp("samples")
    (folder / "node_modules").symlink_to(NODE_TESTS / "node_modules")
    return await run_samples(SAMPLES, folder, node_sdk, url=gateway.url, key=gateway.key)


@pytest.mark.parametrize("block", SAMPLES, ids=lambda block: block.id)
async def test_sample_prints_what_it_should(outcomes: dict[str, Outcome], block: Block) -> None:
    outcome = outcomes[block.id]

    assert outcome.failure is None, outcome.failure
    assert block.prints
    assert re.search(block.prints, outcome.printed), outcome.printed


@pytest.mark.parametrize(
    ("page", "body"),
    [
        ("quickstart.md", chat_body(SUM_QUESTION)),
        ("tools.md", chat_body("How is the weather in Lisbon?", tools=[WEATHER_TOOL])),
    ],
    ids=["quickstart", "tools"],
)
async def test_shown_answer_is_the_one_that_comes(gateway: Gateway, page: str, body: dict[str, Any]) -> None:
    received = await ChatCaller(gateway.url, gateway.key).call(json.dumps(body).encode())

    shown = next(json.loads(block.code) for block in CALLERS_BLOCKS if block.page == page and block.kind == "answer")
    own = {"id": shown["id"], "created": shown["created"]}
    assert received.json | own == shown


async def test_shown_receipt_has_what_receipts_have(gateway: Gateway) -> None:
    block = next(block for block in CALLERS_BLOCKS if block.kind == "receipt")
    shown = json.loads(block.code)
    received = await ChatCaller(gateway.url, gateway.key).call(json.dumps(chat_body(SUM_QUESTION)).encode())

    async with plain_client(gateway.url, gateway.headers) as client:
        receipt = (await client.get(f"/v2/logs/{received.inference_id}")).json()

    assert set(paths_of(shown)) == set(paths_of(receipt))
    for name in ("tokens", "meters", "rate_card", "rounding", "cost"):
        assert shown[name] == receipt[name]
    settlement = shown["settlement"]
    assert settlement["charged_credits"] + settlement["released_credits"] == shown["hold"]["credits"]


def paths_of(value: object, prefix: str = "") -> Iterator[str]:
    """The paths of all fields of a JSON value; items of lists share theirs."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{prefix}{name}"
            yield from paths_of(inner, f"{prefix}{name}.")
    elif isinstance(value, list):
        for inner in value:
            yield from paths_of(inner, f"{prefix}[].")
