"""Every page of the app, with something on it: accessible, as wide as its screen, and in both languages."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e.conftest import OpenPage
from tests.support.app_pages import PAGES, AppPage, routes_with_pages
from tests.support.app_words import api_words, foreign_texts, latin_words, shown_texts
from tests.support.browser import IN_BROWSER
from tests.support.busy_town import BusyTown, busy_town
from tests.support.gateway import Gateway, upstream_settings
from tests.support.looks import assert_accessible, take_pictures
from tests.support.scripted_upstream import ScriptedUpstream
from tollway.catalog.loader import load_models

pytestmark = IN_BROWSER

each_page = pytest.mark.parametrize("shown", PAGES, ids=[page.name for page in PAGES])
NAMES = {"chrome", "ctrl", "fetch", "javascript", "linux", "openai", "post", "python", "requests", "sdk"}
"""What has one name in all languages."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(
    built_app: None,  # noqa: ARG001 - It is only asked to be there.
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    scripted_upstream: ScriptedUpstream,
) -> AsyncIterator[BusyTown]:
    """A server of its own, because what others do there would be seen."""
    settings = upstream_settings(scripted_upstream.base_url, more='[accounts]\nsign_up = "open"\n')
    async with Gateway(tmp_path_factory.mktemp("town"), settings=settings) as server:
        yield await busy_town(server, browser)


async def test_no_page_is_forgotten() -> None:
    assert routes_with_pages() == {page.route for page in PAGES if page.route}


@each_page
async def test_page_is_accessible_and_fits_every_screen(open_page: OpenPage, town: BusyTown, shown: AppPage) -> None:
    page = await open_page(town.server.url)
    await town.open(page, shown)
    await assert_accessible(page)
    await take_pictures(page, f"page-{shown.name}")


@each_page
async def test_page_speaks_chinese(open_page: OpenPage, town: BusyTown, shown: AppPage) -> None:
    page = await open_page(town.server.url)
    await page.add_init_script("localStorage.setItem('tollway.language', 'zh-CN')")
    await town.open(page, shown)
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    document = await (await page.request.get("/openapi.json")).json()
    agent = await page.evaluate("navigator.userAgent")
    names = {text for model in load_models() for text in (model.id, model.name, model.developer)}
    # A page of the documentation gives its own title to the window.
    known = NAMES | api_words(document) | latin_words([agent, *names, *town.words, shown.path])
    assert foreign_texts(await shown_texts(page), known) == []
    await assert_accessible(page, "light")
