"""The way from signing up to the deleted key by keyboard alone."""

import asyncio
import re

import pytest_asyncio
import requests
from playwright.async_api import Locator, Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.gateway import FLAGSHIP, Gateway
from tests.support.keyboard import Keyboard
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.upstream_scripts import THINKER

pytestmark = IN_BROWSER

EMAIL, PASSWORD = "keyboard@example.com", "no mouse was harmed for this"
KEY_NAME = "Terminal"


@pytest_asyncio.fixture(loop_scope="session")
async def keyboard(scripted_page: Page) -> Keyboard:
    """A person without a mouse, at the door of the app."""
    await scripted_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await scripted_page.goto("/app")
    await expect(scripted_page.get_by_role("heading", name="Sign in")).to_be_visible()
    return Keyboard(scripted_page)


async def test_from_sign_up_to_the_deleted_key(
    keyboard: Keyboard, scripted_server: Gateway, scripted_upstream: ScriptedUpstream
) -> None:
    await sign_up(keyboard)
    key = await make_key(keyboard)
    scripted_upstream.play("thinker", "thinker")
    assert (await call(scripted_server, key)).status_code == 200
    await play(keyboard)
    await read_receipt(keyboard)
    await find_transactions(keyboard)
    await switch_off(keyboard)
    assert (await call(scripted_server, key)).status_code == 401
    await delete(keyboard)
    keyboard.assert_focus_was_seen()


async def call(server: Gateway, key: str) -> requests.Response:
    """Call the flagship, as a program does."""
    body = {"model": FLAGSHIP, "messages": [{"role": "user", "content": "What is 2 + 2?"}]}
    headers = {"Authorization": f"Bearer {key}"}
    address = f"{server.url}/v1/chat/completions"
    return await asyncio.to_thread(requests.post, address, headers=headers, json=body, timeout=60)


def nav(keyboard: Keyboard, name: str) -> Locator:
    """A link of the main navigation."""
    return keyboard.page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True)


async def sign_up(keyboard: Keyboard) -> None:
    """Make an account; a page that is opened has the focus at its content."""
    page = keyboard.page
    await keyboard.use(page.get_by_role("link", name="Create account"))
    await expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    await expect(page.get_by_role("main")).to_be_focused()
    await keyboard.fill(page.get_by_label("Email"), EMAIL)
    await keyboard.fill(page.get_by_label("New password"), PASSWORD)
    await keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Make your first call")).to_be_visible()


async def make_key(keyboard: Keyboard) -> str:
    """Make a key and copy it, in a dialog that keeps the focus and gives it back."""
    page = keyboard.page
    await keyboard.use(page.get_by_role("link", name="To the keys"))
    opener = page.get_by_role("button", name="Create API key")
    await keyboard.use(opener, "Space")
    dialog = page.get_by_role("dialog", name="Create API key")
    await expect(dialog).to_be_visible()
    await keyboard.assert_kept_in(dialog)
    await keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(opener).to_be_focused()
    await keyboard.press("Enter")
    await keyboard.fill(dialog.get_by_label("Name"), KEY_NAME)
    await keyboard.to(dialog.get_by_label("Counted"))
    await keyboard.press("ArrowDown")
    await keyboard.use(dialog.get_by_role("button", name="Create key"))
    await expect(dialog.get_by_test_id("new-key")).to_be_visible()
    await keyboard.assert_kept_in(dialog)
    await keyboard.use(dialog.get_by_role("button", name="Copy the key"))
    await expect(dialog.get_by_role("status").filter(has_text="Copied")).to_be_attached()
    key: str = await page.evaluate("() => navigator.clipboard.readText()")
    await keyboard.use(dialog.get_by_role("button", name="Done"))
    await expect(dialog).to_be_hidden()
    await expect(opener).to_be_focused()
    return key


async def play(keyboard: Keyboard) -> None:
    """Ask in the playground, and close the thinking."""
    page = keyboard.page
    await keyboard.use(nav(keyboard, "Playground"), by="Shift+Tab")
    await expect(page.get_by_role("button", name="Model: ERNIE X1 Turbo 32K")).to_be_visible()
    await keyboard.use(page.get_by_role("button", name="Model: ERNIE X1 Turbo 32K"))
    models = page.get_by_role("dialog")
    await expect(models).to_be_visible()
    await keyboard.assert_kept_in(models)
    await keyboard.press("Escape")
    await keyboard.fill(page.get_by_label("Your message"), "What is 2 + 2?")
    await keyboard.use(page.get_by_role("button", name="Run", exact=True))
    await expect(page.get_by_text(THINKER.content)).to_be_visible()
    thinking = page.get_by_role("button", name=re.compile("^Thought"))
    await keyboard.to(thinking, by="Shift+Tab")
    await expect(thinking).to_have_attribute("aria-expanded", "true")
    await keyboard.press("Enter")
    await expect(thinking).to_have_attribute("aria-expanded", "false")


async def read_receipt(keyboard: Keyboard) -> None:
    """Open the receipt of each call from the log; the drawer keeps the focus and gives it back."""
    page = keyboard.page
    await keyboard.use(nav(keyboard, "Usage"), by="Shift+Tab")
    for name in (KEY_NAME, "Playground"):
        link = page.get_by_role("row", name=name).get_by_role("link", name="Receipt of the call")
        await keyboard.use(link)
        receipt = page.get_by_role("dialog", name="Receipt")
        await expect(receipt.get_by_role("table", name="Bill")).to_be_visible()
        await keyboard.assert_kept_in(receipt)
        await keyboard.press("Escape")
        await expect(receipt).to_be_hidden()
        await expect(link).to_be_focused()
        await keyboard.press("Shift+Tab")


async def find_transactions(keyboard: Keyboard) -> None:
    """Choose the charges among the transactions by their letter."""
    page = keyboard.page
    await keyboard.use(nav(keyboard, "Billing"), by="Shift+Tab")
    rows = page.get_by_role("table", name="Transactions").get_by_role("row")
    await expect(rows).to_have_count(4)
    await keyboard.to(page.get_by_label("Direction"))
    # Two steps by arrow would ask for what lies between, and give it up at once.
    await keyboard.press("o")
    await expect(page.get_by_label("Direction")).to_have_value("CHARGE")
    await expect(rows).to_have_count(3)
    await keyboard.to(page.get_by_role("region", name="Transactions"))


async def switch_off(keyboard: Keyboard) -> None:
    """Disable the key."""
    page = keyboard.page
    await keyboard.use(nav(keyboard, "Keys"), by="Shift+Tab")
    switch = page.get_by_role("switch", name=f"Key {KEY_NAME} is enabled")
    async with page.expect_response("**/console/v1/keys/*"):
        await keyboard.use(switch, "Space")
    await expect(switch).not_to_be_checked()
    await expect(switch).to_be_focused()


async def delete(keyboard: Keyboard) -> None:
    """Delete the key from its menu, at the second asking."""
    page = keyboard.page
    actions = page.get_by_role("button", name=f"Actions for key {KEY_NAME}")
    question = page.get_by_role("dialog", name=f"Delete key {KEY_NAME}?")
    await ask_to_delete(keyboard, actions)
    await keyboard.assert_kept_in(question)
    await keyboard.press("Escape")
    await expect(question).to_be_hidden()
    await expect(actions).to_be_focused()
    await ask_to_delete(keyboard, actions)
    await keyboard.use(question.get_by_role("button", name="Delete key"))
    await expect(page.get_by_text("No API key yet")).to_be_visible()
    # Where the focus was is gone, so it is handed on within the page.
    await expect(page.get_by_role("main")).to_be_focused()


async def ask_to_delete(keyboard: Keyboard, actions: Locator) -> None:
    """Choose the last entry of a key's menu, which asks first."""
    await keyboard.use(actions)
    edit, last = (keyboard.page.get_by_role("menuitem", name=name) for name in ("Edit", "Delete"))
    await expect(edit).to_be_focused()
    await keyboard.press("ArrowDown")
    await expect(last).to_be_focused()
    await keyboard.press("Enter")
    await expect(keyboard.page.get_by_role("dialog")).to_be_visible()


async def test_skip_link_leads_past_the_navigation(keyboard: Keyboard) -> None:
    page = keyboard.page
    link = page.get_by_role("link", name="Skip to content")
    await keyboard.press("Tab")
    await expect(link).to_be_focused()
    await expect(link).to_be_in_viewport(ratio=1)
    await keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    await keyboard.press("Tab")
    await expect(page.get_by_label("Email")).to_be_focused()


async def test_tabs_and_the_phones_menu_are_used_by_keys(keyboard: Keyboard) -> None:
    page = keyboard.page
    await page.set_viewport_size({"width": 390, "height": 844})
    menu = page.get_by_role("button", name="Menu")
    await keyboard.use(menu)
    await keyboard.use(nav(keyboard, "Docs"))
    await expect(nav(keyboard, "Docs")).to_be_hidden()
    await keyboard.use(page.get_by_role("main").get_by_role("link", name="Quickstart"))
    first, second = page.get_by_role("tab", name="Python (requests)").first, page.get_by_role("tab").nth(1)
    await keyboard.to(first)
    await keyboard.press("ArrowRight")
    await expect(second).to_be_focused()
    await expect(second).to_have_attribute("aria-selected", "true")
    keyboard.assert_focus_was_seen()
