"""Coming in and leaving: what a person is told at the door, and that nothing is left behind it."""

from itertools import count

from playwright.async_api import Page, expect

from tests.support.browser import IN_BROWSER, Watch
from tests.support.busy_town import settled
from tests.support.gateway import Gateway
from tests.support.looks import assert_accessible, take_pictures

pytestmark = IN_BROWSER

_numbers = count()


async def enter(page: Page, server: Gateway, path: str) -> tuple[str, str]:
    """Sign in as somebody new, by way of a page that asks for it; return the email and the password."""
    email = f"visitor-{next(_numbers)}@example.com"
    made = await server.command("account", "create", email)
    await page.goto(f"/app{path}")
    await sign_in(page, email, made["password"])
    return email, made["password"]


async def sign_in(page: Page, email: str, password: str) -> None:
    """Fill in the form that is open, and send it by keyboard."""
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.keyboard.press("Enter")


async def test_a_single_sign_on_that_failed_is_told_of_in_words(page: Page) -> None:
    await page.goto("/app/sign-in?failure=email_not_verified")

    await expect(page.get_by_text("The single sign-on provider has not verified your email.")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "sign-in-failed")


async def test_whoever_signs_out_leaves_nothing_in_the_tab(page: Page, app_server: Gateway) -> None:
    email, _ = await enter(page, app_server, "/playground")
    await expect(page.get_by_role("heading", name="Playground", level=1)).to_be_visible()
    await page.get_by_label("Your message").fill("Nobody else is to read this")
    await page.get_by_role("button", name="Add", exact=True).click()
    assert "Nobody else" in await page.evaluate("JSON.stringify(sessionStorage)")

    await page.get_by_role("link", name="Home").click()
    await expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
    # What the page still asks for would be refused once nobody is there.
    await settled(page)
    await page.get_by_role("button", name="Sign out").click()

    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(page.get_by_text(email)).to_be_hidden()
    await page.wait_for_function("!JSON.stringify(sessionStorage).includes('Nobody else')")


async def test_a_session_that_has_ended_leads_to_the_door_and_back(
    page: Page, app_server: Gateway, watch: Watch
) -> None:
    watch.expect_status(401, "/console/v1/keys")
    email, password = await enter(page, app_server, "/account")
    await expect(page.get_by_role("heading", name="Account", level=1)).to_be_visible()
    await settled(page)
    await page.context.clear_cookies()

    await page.get_by_role("link", name="Keys", exact=True).click()

    await expect(page.get_by_text("Your session has ended. Please sign in again.")).to_be_visible()
    await sign_in(page, email, password)
    await expect(page.get_by_role("heading", name="Keys", level=1)).to_be_visible()


async def test_a_link_s_token_leaves_the_address(page: Page) -> None:
    await page.goto("/app/reset-password#token=a-secret")

    await expect(page.get_by_label("New password")).to_be_visible()
    await page.wait_for_function("location.hash === ''")
    await page.get_by_role("link", name="Back to signing in").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.go_back()

    await expect(page.get_by_text("The link is not whole.")).to_be_visible()


async def test_the_billing_page_follows_a_payment(page: Page, app_server: Gateway) -> None:
    await enter(page, app_server, "/billing?payment=pay_1")

    await expect(page.get_by_text("You are back from the payment page.")).to_be_visible()
    await expect(page.get_by_text("This server sends no mail")).to_be_visible()
    await expect(page.get_by_role("heading", name="Low balance")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "billing-returned")
