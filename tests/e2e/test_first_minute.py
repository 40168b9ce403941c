"""From signing up to the bill, as a person goes through it in the page and with a program of their own."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from playwright.async_api import Locator, Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.gateway import Gateway
from tests.support.looks import assert_accessible, take_pictures
from tests.support.stored_books import StoredBooks

# How long the embedded engine talks is up to chance, and to the machine how long that takes.
pytestmark = [*IN_BROWSER, pytest.mark.timeout(1800)]

EMAIL, PASSWORD = "first.minute@example.com", "the toll is paid at the gate"
KEY_NAME = "Laptop"
WELCOME_CREDITS = 1_000_000
"""What the setting `accounts.sign_up_credits` gives as it comes."""
ENGINE_WAIT_MS = 900_000
_TELL_ANSWER = "\nimport json\nprint(json.dumps({'id': response.headers['x-inference-id'], 'answer': answer}))\n"


@dataclass(frozen=True)
class Call:
    """A call by what its own answer said."""

    inference_id: str
    credits_used: int
    thinking: str
    content: str

    @classmethod
    def answered(cls, inference_id: str, credits_used: int, message: dict[str, Any]) -> "Call":
        """Read the message of an answer, or what pieces of one have been put together to."""
        return cls(inference_id, credits_used, message.get("reasoning_content") or "", message.get("content") or "")


async def test_from_sign_up_to_the_deleted_key(page: Page, app_server: Gateway) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await sign_up(page)
    key = await make_key(page)
    sample = await copied_sample(page)
    called = await asyncio.to_thread(run_sample, sample, app_server, key)
    played = await play(page)
    await StoredBooks(app_server.data).nothing_held()
    await look_at_usage(page, called, played)
    await look_at_billing(page, called, played)
    await switch_off(page)
    await asyncio.to_thread(assert_refused, app_server, key)
    await delete(page)
    await asyncio.to_thread(assert_refused, app_server, key)


async def sign_up(page: Page) -> None:
    """Make an account in the page, which greets with the first steps and the welcome credits."""
    await page.goto("/app")
    await page.get_by_role("link", name="Create account").click()
    # The page before has a field for the email too.
    await expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", name="Make your first call")).to_be_visible()
    await expect(page.get_by_text(f"You have {WELCOME_CREDITS:,} credits.")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "home-new")


async def make_key(page: Page) -> str:
    """Make a key in the page and copy it from there; it is shown this once."""
    await page.get_by_role("link", name="To the keys").click()
    await page.get_by_role("button", name="Create API key").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill(KEY_NAME)
    await dialog.get_by_role("button", name="Create key").click()
    shown = await dialog.get_by_test_id("new-key").inner_text()
    await assert_accessible(page)
    await take_pictures(page, "key-new")
    await dialog.get_by_role("button", name="Copy the key").click()
    await expect(dialog.get_by_role("status").filter(has_text="Copied")).to_be_attached()
    key = await copied(page)
    assert key == shown
    await dialog.get_by_role("button", name="Done").click()
    await page.reload()
    await expect(page.get_by_role("switch", name=f"Key {KEY_NAME} is enabled")).to_be_checked()
    assert key not in await page.content()
    return key


async def copied_sample(page: Page) -> str:
    """Copy the first Python sample of the quickstart from the page."""
    await page.get_by_role("link", name="Docs").click()
    await page.get_by_role("main").get_by_role("link", name="Quickstart").first.click()
    await expect(page.get_by_role("heading", level=1, name="Quickstart")).to_be_visible()
    sample = page.get_by_role("tabpanel").filter(has_text="import requests").first
    await sample.get_by_role("button", name="Copy").click()
    await expect(sample.get_by_role("status")).to_have_text("Copied")
    return await copied(page)


async def copied(page: Page) -> str:
    """What is in the clipboard."""
    text: str = await page.evaluate("() => navigator.clipboard.readText()")
    return text


def run_sample(sample: str, server: Gateway, key: str) -> Call:
    """Run the copied sample as it is, and have it tell all of the answer at its end."""
    assert f"{server.url}/v1/chat/completions" in sample
    environment = os.environ | {"TOLLWAY_KEY": key, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", sample + _TELL_ANSWER], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    answer = told["answer"]
    message = answer["choices"][0]["message"]
    assert message["content"].strip() in done.stdout
    return Call.answered(told["id"], answer["meta"]["usage"]["credits_used"], message)


async def play(page: Page) -> Call:
    """Ask in the playground, and see the thinking and then the answer."""
    await page.get_by_role("link", name="Playground").click()
    await expect(page.get_by_role("button", name="Model: ERNIE X1 Turbo 32K")).to_be_visible()
    await page.get_by_label("Your message").fill("Say hello.")
    async with page.expect_response("**/console/v1/chat/completions", timeout=ENGINE_WAIT_MS) as coming:
        await page.get_by_role("button", name="Run", exact=True).click()
    response = await coming.value
    await response.finished()
    events = [json.loads(line[6:]) for line in (await response.text()).splitlines() if line.startswith("data: {")]
    deltas = [choice["delta"] for event in events for choice in event["choices"]]
    fields = ("reasoning_content", "content")
    message = {field: "".join(delta.get(field) or "" for delta in deltas) for field in fields}
    cost = events[-1]["meta"]["usage"]["credits_used"]
    call = Call.answered(response.headers["x-inference-id"], cost, message)
    assert call.thinking.strip()
    assert call.content.strip()

    await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    await expect(page.get_by_role("button", name="Thought for")).to_be_visible()
    conversation = page.get_by_role("region", name="Conversation")
    await expect(conversation.get_by_text("Say hello.")).to_be_visible()
    credits_row = page.get_by_role("table", name="Tokens and cost").get_by_role("row", name="Credits")
    await expect(credits_row.get_by_role("cell").last).to_have_text(f"{call.credits_used:,}")
    return call


async def look_at_usage(page: Page, called: Call, played: Call) -> None:
    """See both calls in the log, and the receipt of each with what its answer said that it cost."""
    await page.get_by_role("link", name="Usage").click()
    spent = page.get_by_role("main").locator("dl").first
    await expect(spent).to_contain_text(f"{called.credits_used + played.credits_used:,} credits")
    rows = page.get_by_role("table", name="Calls").get_by_role("row")
    await expect(rows).to_have_count(3)
    for call, origin, name in ((called, "API", KEY_NAME), (played, "Playground", "Playground")):
        await page.get_by_role("row", name=name).get_by_role("link", name="Receipt of the call").click()
        receipt = page.get_by_role("dialog", name="Receipt")
        await expect(receipt.get_by_text(call.inference_id)).to_be_visible()
        await expect(fact(receipt, "Origin")).to_have_text(origin)
        charged = receipt.get_by_role("table", name="Bill").get_by_role("row", name="Charged")
        await expect(charged.get_by_role("cell")).to_have_text(f"{call.credits_used:,} credits")
        await receipt.get_by_role("button", name="Close").click()
        await expect(receipt).to_be_hidden()


def fact(place: Locator, name: str) -> Locator:
    """What stands beside a name."""
    return place.locator("dl > div").filter(has=place.page.get_by_text(name, exact=True)).locator("dd")


async def look_at_billing(page: Page, called: Call, played: Call) -> None:
    """See both charges among the transactions, and the balance that they leave."""
    await page.get_by_role("link", name="Billing").first.click()
    table = page.get_by_role("table", name="Transactions")
    for call in (called, played):
        row = table.get_by_role("row").filter(has_text=call.inference_id)
        await expect(row.get_by_role("cell", name=f"-{call.credits_used:,}", exact=True)).to_be_visible()
        await expect(row).to_contain_text("Model usage")
    await expect(table.get_by_role("row").filter(has_text="Bonus")).to_contain_text(f"{WELCOME_CREDITS:,}")
    await expect(table.get_by_role("row")).to_have_count(4)
    left = WELCOME_CREDITS - called.credits_used - played.credits_used
    await expect(page.get_by_role("main").get_by_text(f"{left:,} credits")).to_be_visible()


async def switch_off(page: Page) -> None:
    """Disable the key in the page."""
    await page.get_by_role("link", name="Keys").click()
    switch = page.get_by_role("switch", name=f"Key {KEY_NAME} is enabled")
    async with page.expect_response("**/console/v1/keys/*") as changed:
        await switch.click()
    assert (await changed.value).ok
    await expect(switch).not_to_be_checked()
    await expect(page.get_by_role("row", name=KEY_NAME)).to_contain_text("Disabled")


def assert_refused(server: Gateway, key: str) -> None:
    """Assert that the very next call with the key is refused."""
    answer = requests.post(
        f"{server.url}/v1/chat/completions",
        headers={"Authorization": f"Bearer {key}"},
        json={"model": "baidu/ernie-x1-turbo-32k", "messages": [{"role": "user", "content": "Hi!"}]},
        timeout=60,
    )
    assert answer.status_code == 401, answer.text


async def delete(page: Page) -> None:
    """Delete the key in the page, which asks first."""
    actions = page.get_by_role("button", name=f"Actions for key {KEY_NAME}")
    await actions.click()
    await page.get_by_role("menuitem", name="Delete").click()
    question = page.get_by_role("dialog", name=f"Delete key {KEY_NAME}?")
    await expect(question).to_be_visible()
    await assert_accessible(page)
    await question.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("row", name=KEY_NAME)).to_be_visible()
    await actions.click()
    await page.get_by_role("menuitem", name="Delete").click()
    await question.get_by_role("button", name="Delete key").click()
    await expect(page.get_by_text("No API key yet")).to_be_visible()
