"""The documentation in the web app, as anybody reads it: found, followed, searched and looked at."""

import re

from playwright.async_api import Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.gateway import Gateway
from tests.support.looks import assert_accessible, take_pictures

pytestmark = IN_BROWSER


async def test_a_page_shows_samples_for_this_server_in_tabs(page: Page, app_server: Gateway) -> None:
    await page.goto("/app/docs/streaming")
    await expect(page.get_by_role("heading", level=1, name="Streaming")).to_be_visible()
    sample = page.get_by_role("tabpanel").first
    await expect(sample).to_contain_text(f"{app_server.url}/v1")
    await expect(sample.locator(".hljs-keyword").first).to_be_visible()
    await page.get_by_role("tab", name="JavaScript (OpenAI SDK)").first.click()
    await expect(sample).to_contain_text("await client.chat.completions.create")
    await assert_accessible(page)
    await take_pictures(page, "docs-page")


async def test_links_lead_to_other_pages_within_the_app(page: Page) -> None:
    await page.goto("/app/docs")
    await expect(page.get_by_role("heading", level=1, name="Documentation")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "docs-overview")
    await page.evaluate("() => { window.isSameDocument = true }")
    await page.get_by_role("main").get_by_role("link", name="Errors").last.click()
    await expect(page.get_by_role("heading", level=1, name="Errors")).to_be_visible()
    link = page.locator("article a[href^='/app/docs/']").first
    address = await link.get_attribute("href")
    assert address is not None
    await link.click()
    await expect(page).to_have_url(re.compile(re.escape(address)))
    await page.get_by_role("navigation", name="Previous and next page").get_by_role("link").last.click()
    await expect(page).not_to_have_url(re.compile(re.escape(address)))
    assert await page.evaluate("() => window.isSameDocument")


async def test_the_search_is_used_by_keyboard_alone(page: Page) -> None:
    await page.goto("/app/docs")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    # The page listens to keys from the moment on at which it names the window.
    await expect(page).to_have_title(re.compile("^Documentation"))
    await page.keyboard.press("/")
    await page.keyboard.type("stop early")
    chosen = page.get_by_role("listbox", name="Results").get_by_role("option", selected=True)
    await expect(chosen).to_contain_text("Stop early")
    await assert_accessible(page)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/docs/streaming#stop-early$"))
    await expect(page.get_by_role("heading", name="Stop early")).to_be_in_viewport()


async def test_the_reference_tells_what_an_endpoint_takes_and_answers(page: Page) -> None:
    await page.goto("/app/docs/api")
    await page.get_by_text("/v1/chat/completions", exact=True).click()
    await expect(page.get_by_text("messages", exact=True).first).to_be_visible()
    await page.locator("summary", has_text="200").first.click()
    await expect(page.get_by_text("reasoning_content").first).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "docs-api")


async def test_a_page_that_is_not_there_says_so(page: Page) -> None:
    await page.goto("/app/docs/no-such-page")
    await expect(page.get_by_role("heading", level=1, name="There is no such page")).to_be_visible()
