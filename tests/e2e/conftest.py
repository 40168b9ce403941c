"""Servers and pages of the end-to-end tests; servers and browser are shared by the whole session.

Tests take care of each other by using accounts of their own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.browser import Watch, open_browser
from tests.support.engine import engine_weights, lay_weights
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tollway.http.service.built_app import BUILT_FOLDER, INDEX

__all__ = ["engine_weights"]

OpenPage = Callable[[str], Awaitable[Page]]
"""Opens an empty page in a context of its own, for the server at an address: another person at another computer."""
_WAIT_MS = 60_000
expect.set_options(timeout=_WAIT_MS)
_OPEN = '[accounts]\nsign_up = "open"\n'


@pytest.fixture(scope="session")
def built_app() -> None:
    """The app must have been built: `make e2e` does so first."""
    assert (BUILT_FOLDER / INDEX).is_file(), "the web app is not built: run make web"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as one:
        yield one


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def app_server(
    built_app: None,  # noqa: ARG001 - It is only asked to be there.
    tmp_path_factory: pytest.TempPathFactory,
    engine_weights: Path,
) -> AsyncIterator[Gateway]:
    """`tollway up` on a fresh data folder, as it comes but open to everybody: the embedded engine answers."""
    folder = tmp_path_factory.mktemp("app")
    lay_weights(folder, engine_weights)
    async with Gateway(folder, settings=_OPEN, engine=True) as one:
        yield one


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scripted_upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as one:
        yield one


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scripted_server(
    built_app: None,  # noqa: ARG001 - It is only asked to be there.
    tmp_path_factory: pytest.TempPathFactory,
    scripted_upstream: ScriptedUpstream,
) -> AsyncIterator[Gateway]:
    """`tollway up`, open to everybody, whose flagship is answered as a test says."""
    settings = upstream_settings(scripted_upstream.base_url, more=_OPEN)
    async with Gateway(tmp_path_factory.mktemp("scripted"), settings=settings) as one:
        yield one


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What the test's pages must not do; fails the test at its end if one did."""
    one = Watch()
    yield one
    assert one.complaints() == []


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, watch: Watch) -> AsyncIterator[OpenPage]:
    async with AsyncExitStack() as stack:

        async def opened(url: str) -> Page:
            context = await browser.new_context(
                base_url=url, viewport={"width": 1280, "height": 900}, color_scheme="light", locale="en-GB"
            )
            stack.push_async_callback(context.close)
            context.set_default_timeout(_WAIT_MS)
            await watch.over(context, url)
            return await context.new_page()

        yield opened
        # The browser may tell of an answer later than the page shows what came of it.
        await watch.until_seen()


@pytest_asyncio.fixture(loop_scope="session")
async def page(open_page: OpenPage, app_server: Gateway) -> Page:
    """An empty page for the server with the embedded engine."""
    return await open_page(app_server.url)


@pytest_asyncio.fixture(loop_scope="session")
async def scripted_page(open_page: OpenPage, scripted_server: Gateway, scripted_upstream: ScriptedUpstream) -> Page:
    """An empty page for the server with the scripted upstream, which has forgotten what others wanted of it."""
    scripted_upstream.queue.clear()
    return await open_page(scripted_server.url)
