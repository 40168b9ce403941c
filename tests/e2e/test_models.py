"""The catalogue and the pages of the models, as a visitor without an account sees them."""

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.support.browser import IN_BROWSER
from tests.support.gateway import FLAGSHIP, Gateway
from tests.support.looks import assert_accessible, take_pictures

pytestmark = IN_BROWSER


@pytest_asyncio.fixture(loop_scope="session")
async def catalogue(page: Page) -> Page:
    """The page of the catalogue, with the models in it."""
    await page.goto("/app/models")
    await expect(page.get_by_role("article")).to_have_count(16)
    return page


async def test_models_are_found_by_words_and_what_they_can_do(
    catalogue: Page, open_page: OpenPage, app_server: Gateway
) -> None:
    await catalogue.get_by_role("searchbox", name="Search").fill("x1 turbo")
    await expect(catalogue.get_by_role("article")).to_have_count(1)
    await expect(catalogue.get_by_role("status").filter(has_text="1 of 16 models")).to_be_visible()
    await expect(catalogue.get_by_text("Stand-in", exact=True)).to_be_visible()

    await catalogue.get_by_role("searchbox", name="Search").fill("")
    await catalogue.get_by_role("button", name="Vision").click()
    await expect(catalogue.get_by_role("article")).to_have_count(3)
    await catalogue.get_by_label("Answer price").select_option("Up to $1.00 / 1M")
    await expect(catalogue.get_by_role("article")).to_have_count(1)
    # The address says it all, so that a link to it shows the same.
    other = await open_page(app_server.url)
    await other.goto(catalogue.url)
    await expect(other.get_by_role("article")).to_have_count(1)


async def test_catalogue_is_sorted_and_shown_as_a_table(catalogue: Page) -> None:
    await catalogue.get_by_text("Table", exact=True).click()
    await catalogue.get_by_label("Order").select_option("Longest context")

    first = catalogue.get_by_role("row").nth(1)
    await expect(first).to_contain_text("baidu/ernie-4.5-21b-a3b-thinking")
    await assert_accessible(catalogue)
    await take_pictures(catalogue, "models-table")


async def test_model_page_tells_all_that_a_first_call_needs(catalogue: Page) -> None:
    await assert_accessible(catalogue)
    await take_pictures(catalogue, "models")
    await catalogue.get_by_role("link", name="ERNIE X1 Turbo 32K").click()

    await expect(catalogue.get_by_role("heading", name="ERNIE X1 Turbo 32K", level=1)).to_be_visible()
    await expect(catalogue.get_by_text("A stand-in answers")).to_be_visible()
    prices = catalogue.get_by_role("region", name="Prices")
    await expect(prices.get_by_role("row", name="Input $0.175 350,000", exact=True)).to_be_visible()
    await expect(catalogue.get_by_text("32,000 tokens", exact=True)).to_be_visible()
    await expect(catalogue.get_by_role("heading", name="How to make the first call")).to_be_visible()
    playground = catalogue.get_by_role("link", name="Try in Playground")
    assert await playground.get_attribute("href") == f"/app/playground?model={FLAGSHIP.replace('/', '%2F')}"
    # The schema opens by keyboard, step by step.
    messages = catalogue.get_by_text("4 forms of messages")
    await messages.focus()
    await catalogue.keyboard.press("Enter")
    await expect(catalogue.get_by_text('role: "assistant"', exact=True)).to_be_visible()
    await assert_accessible(catalogue)
    await take_pictures(catalogue, "model")


async def test_model_that_nobody_serves_says_so_and_an_unknown_one_leads_back(page: Page) -> None:
    await page.goto("/app/models/baidu/ernie-5.0")
    await expect(page.get_by_text("Nobody serves this model here yet")).to_be_visible()
    await expect(page.get_by_text("This model has no price yet")).to_be_visible()
    await take_pictures(page, "model-unserved")

    await page.goto("/app/models/baidu/nothing")
    await page.get_by_role("link", name="See all models").click()
    await expect(page.get_by_role("heading", name="Models", level=1)).to_be_visible()
