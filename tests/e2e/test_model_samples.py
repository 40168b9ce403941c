"""Every code sample of every model's page works as it stands there.

The flagship's are answered by the embedded engine, and those of all other models by a scripted upstream.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.conftest import NODE_TESTS
from tests.e2e.conftest import OpenPage
from tests.support import contract
from tests.support.browser import IN_BROWSER
from tests.support.gateway import FLAGSHIP, Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.shown_samples import FORMS, TABS, ShownSample, run_shown, shown_samples
from tests.support.upstream_scripts import THINKER
from tollway.catalog.loader import load_models

pytestmark = [*IN_BROWSER, pytest.mark.timeout(3600)]

OTHERS = [model for model in load_models() if model.id != FLAGSHIP]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def whole_catalogue(
    built_app: None,  # noqa: ARG001 - It is only asked to be there.
    tmp_path_factory: pytest.TempPathFactory,
    scripted_upstream: ScriptedUpstream,
) -> AsyncIterator[Gateway]:
    """A server on which every model is priced and served by the scripted upstream, which answers all alike."""
    served = ", ".join(f'"{model.id}" = "thinker"' for model in OTHERS)
    more = (
        '[upstreams.others]\nkind = "openai_compatible"\nallow_private_addresses = true\n'
        f'base_url = "{scripted_upstream.base_url}"\nmodels = {{ {served} }}\n'
    )
    settings = upstream_settings(scripted_upstream.base_url, more=more)
    async with Gateway(tmp_path_factory.mktemp("catalogue"), settings=settings) as one:
        for model in OTHERS:
            if model.price is None:
                await one.command("price", "set", model.id, "--input", "100", "--output", "400")
        yield one


@pytest.fixture
def workplace(tmp_path: Path, node_sdk: Path) -> Path:  # noqa: ARG001 - It installs the packages.
    """A folder in which the OpenAI SDK is installed for Node, as the page asks for."""
    (tmp_path / "node_modules").symlink_to(NODE_TESTS / "node_modules")
    return tmp_path


async def samples_of(page: Page, model: str, url: str) -> list[ShownSample]:
    """Open a model's page and read its samples, which must call this model on this server."""
    await page.goto(f"/app/models/{model}")
    samples = [sample async for sample in shown_samples(page)]
    assert len(samples) == len(FORMS) * len(TABS)
    assert all(model in sample.code and url in sample.code for sample in samples)
    return samples


def assert_printed(sample: ShownSample, printed: str, thinking: str, answer: str) -> None:
    """Assert that the sample prints a whole answer, or the thinking and the answer one after the other."""
    if not sample.is_stream:
        completion = json.loads(printed)
        contract.validate_response(completion)
        assert answer in completion["choices"][0]["message"]["content"]
        return
    if sample.name == "curl":
        assert printed.endswith("data: [DONE]\n\n")
        chunks = [json.loads(line.removeprefix("data: ")) for line in printed.splitlines() if "data: {" in line]
        deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
        assert answer in "".join(delta.get("content") or "" for delta in deltas)
        return
    before, _, after = printed.partition("\n--- content ---\n")
    assert before.strip().startswith("--- reasoning_content ---")
    assert thinking in before
    assert answer in after
    assert after.strip()


async def test_samples_of_the_flagship_work_with_the_embedded_engine(
    page: Page, app_server: Gateway, workplace: Path, node_sdk: Path
) -> None:
    samples = await samples_of(page, FLAGSHIP, app_server.url)

    printed = await run_shown(samples, workplace, node_sdk, key=app_server.key)

    for sample, text in zip(samples, printed, strict=True):
        assert_printed(sample, text, "", "")


@pytest.mark.parametrize("model", [model.id for model in OTHERS])
async def test_samples_work(
    open_page: OpenPage, whole_catalogue: Gateway, workplace: Path, node_sdk: Path, model: str
) -> None:
    page = await open_page(whole_catalogue.url)
    samples = await samples_of(page, model, whole_catalogue.url)

    printed = await run_shown(samples, workplace, node_sdk, key=whole_catalogue.key)

    for sample, text in zip(samples, printed, strict=True):
        assert_printed(sample, text, THINKER.reasoning, THINKER.content)
