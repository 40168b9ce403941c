"""What somebody sees who has never been here."""

from playwright.async_api import Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.looks import assert_accessible, take_pictures

pytestmark = IN_BROWSER


async def test_a_stranger_is_asked_to_sign_in(page: Page) -> None:
    await page.goto("/")

    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(page.get_by_label("Email")).to_be_visible()
    await expect(page.get_by_label("Password")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "sign-in")
