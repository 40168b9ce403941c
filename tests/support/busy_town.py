"""A server with something on every page: an operator, and a person with keys, calls of several kinds and a coupon."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getuser
from typing import Any

import requests
from playwright.async_api import Browser, Page, expect

from tests.support.app_pages import AppPage, Who
from tests.support.gateway import FLAGSHIP, Gateway
from tests.support.stored_books import StoredBooks
from tests.support.upstream_answers import page_answer
from tests.support.web_person import Person, first_person, new_person, sign_in

SCRIPTS = ("thinker", "page", "tool-calls", "status-400", "thinker", "error-mid-stream", "dialect-reasoning")
"""What the upstream does at the calls, one after the other."""
KEY_NAMES = ("laptop", "production", "old")
MANAGEMENT_KEY = "provisioning"
QUESTION = "What is mankind? script:page"
COUPON_CREDITS = 3_000_000


@dataclass(frozen=True)
class BusyTown:
    """The server with the cookies of those who are signed in, and what addresses need."""

    server: Gateway
    cookies: dict[Who, list[Any]]
    call: str
    month: str

    @property
    def words(self) -> list[str]:
        """What this module has written into the pages itself, and who it was."""
        answer = page_answer()
        people = ("owner", "person", "example", "com", "first run", getuser())
        return [*KEY_NAMES, MANAGEMENT_KEY, *people, "scripted", QUESTION, answer.reasoning, answer.content]

    async def open(self, page: Page, shown: AppPage) -> None:
        """Open a page as one who may see it, with all that it loads."""
        await page.context.add_cookies(self.cookies[shown.who])
        await page.goto(f"/app{shown.path.format(call=self.call, month=self.month)}")
        await expect(page.get_by_role("heading").first).to_be_visible()
        if shown.route == "/playground":
            await page.locator("textarea[aria-keyshortcuts]").fill(QUESTION)
            await page.keyboard.press("Control+Enter")
            await expect(page.locator("table").last).to_be_visible()
        await settled(page)


async def settled(page: Page) -> None:
    """Wait until nothing on the page is on its way any more."""
    await page.wait_for_load_state("networkidle")
    await expect(page.locator("main :is([role=status].animate-pulse, [aria-busy=true])")).to_have_count(0)


async def busy_town(server: Gateway, browser: Browser) -> BusyTown:
    """Fill a server that was just started, whose flagship the scripted upstream answers."""
    person, operator = await new_person(server), first_person(server)
    laptop = await _keys(server, person)
    for script in SCRIPTS:
        await asyncio.to_thread(_call, server, laptop, script)
    coupon = await server.command("coupon", "create", "--credits", str(COUPON_CREDITS))
    cookies: dict[Who, list[Any]] = {"stranger": []}
    context = await browser.new_context(base_url=server.url, locale="en-GB")
    page = await context.new_page()
    await sign_in(page, person, "/billing")
    await page.get_by_label("Code").fill(coupon["code"])
    await page.get_by_role("button", name="Redeem").click()
    await expect(page.get_by_text("added to your balance")).to_be_visible()
    cookies["person"] = await context.cookies()
    await context.clear_cookies()
    await sign_in(page, operator)
    cookies["operator"] = await context.cookies()
    await context.close()
    books = StoredBooks(server.data)
    await books.nothing_held()
    call = next(name for name, row in books.receipts().items() if row["reasoning_tokens"])
    month = datetime.fromtimestamp(books.receipt(call)["started_at_ms"] / 1000, UTC).strftime("%Y-%m")
    return BusyTown(server, cookies, call, month)


async def _keys(server: Gateway, person: Person) -> str:
    """Make keys of every kind, and return the one that calls."""
    made = {}
    for name, *options in (
        (KEY_NAMES[0], "--limit-usd", "5", "--period", "month"),
        (KEY_NAMES[1], "--scope", "model:chat", "--scope", "model:responses"),
        (KEY_NAMES[2],),
        (MANAGEMENT_KEY, "--management"),
    ):
        made[name] = await server.command("key", "create", "--account", person.email, "--name", name, *options)
    await server.command("key", "disable", made[KEY_NAMES[2]]["key"][:8])
    key: str = made[KEY_NAMES[0]]["key"]
    return key


def _call(server: Gateway, key: str, script: str) -> None:
    body = {"model": FLAGSHIP, "messages": [{"role": "user", "content": f"script:{script}"}], "stream": True}
    headers = {"Authorization": f"Bearer {key}"}
    # What the answer says is for the pages to tell, also where it is an error.
    _ = requests.post(f"{server.url}/v1/chat/completions", headers=headers, json=body, timeout=60).text
