"""What a model, or a page of the documentation, might write to take over the reader's browser."""

import json
import re
from collections.abc import Awaitable, Callable

import pytest_asyncio
from playwright.async_api import Dialog, Locator, Page, Route, expect

from tests.support.app_pages import WEB
from tests.support.browser import IN_BROWSER
from tests.support.gateway import Gateway
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.upstream_answers import Answer, stream_events
from tests.support.upstream_scripts import THINKER, stream_script
from tests.support.web_person import new_person, sign_in

pytestmark = IN_BROWSER

LEVELS = 5_000
REMOTE = (
    "![cat](https://evil.example/cat.png)",
    "![dog][d]\n\n[d]: //evil.example/dog.png",
    "<img src=https://evil.example/pixel.gif>",
)
HUGE = tuple(mark * LEVELS + "a" for mark in (">", "- ", "> - ", "[", "![", "**", "*a ", "[a](", "$a ", "<a ", "`` ` "))
ENDING = "Here the attacks end."
HARMFUL = (
    "script, style, svg:not(.lucide), iframe, object, embed, form, base, meta, link, video, audio, math a, "
    "[onerror], [onload], [onclick], [onmouseover], [srcdoc], img[src*='//']"
)
_ADDRESSES = "links => links.map(link => link.href)"
Harmless = Callable[[Locator], Awaitable[None]]


@pytest_asyncio.fixture(loop_scope="session")
async def attacked(scripted_page: Page) -> Harmless:
    """Asserts that nothing of the attacks took effect in a part of the page."""
    opened: list[str] = []

    async def on_dialog(dialog: Dialog) -> None:
        opened.append(dialog.message)
        await dialog.dismiss()

    scripted_page.on("dialog", on_dialog)

    async def harmless(part: Locator) -> None:
        # What is remote is a link at most; it also tells that all has been typeset.
        await expect(part.get_by_role("link", name="cat")).to_have_attribute("href", "https://evil.example/cat.png")
        assert opened == []
        await expect(part.locator(HARMFUL)).to_have_count(0)
        addresses: list[str] = await part.locator("a").evaluate_all(_ADDRESSES)
        assert [one for one in addresses if not re.match("https?:|mailto:", one)] == []

    return harmless


def attacks(*more: str) -> str:
    """All attacks in one text, each a paragraph of its own."""
    known = json.loads((WEB / "shared" / "markdown" / "attacks.json").read_text(encoding="utf-8"))
    return "\n\n".join([*known["html"], *known["links"], *REMOTE, *more, ENDING])


async def test_attacks_in_an_answer_are_harmless(
    scripted_page: Page,
    scripted_server: Gateway,
    scripted_upstream: ScriptedUpstream,
    attacked: Harmless,
) -> None:
    page = scripted_page
    await sign_in(page, await new_person(scripted_server, credits_granted=20_000_000), "/playground")
    await expect(page.get_by_role("button", name="Model: ERNIE X1 Turbo 32K")).to_be_visible()
    answer = Answer(content=attacks(*HUGE), reasoning=attacks(), reasoning_tokens=1000, completion_tokens=2000)
    scripted_upstream.play(stream_script(stream_events(answer, piece_chars=500)), "thinker")

    await page.get_by_label("Your message").fill("Attack!")
    await page.keyboard.press("Control+Enter")

    messages = page.get_by_role("region", name="Messages")
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    await expect(messages.get_by_text(ENDING)).to_have_count(2)
    await attacked(messages)
    # The page is still the person's own.
    await page.get_by_label("Your message").fill("And now?")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text(THINKER.content)).to_be_visible()
    await attacked(messages)


async def test_attacks_in_the_documentation_are_harmless(scripted_page: Page, attacked: Harmless) -> None:
    page = scripted_page

    async def attack(route: Route) -> None:
        text = json.dumps(f"# Reasoning\n\n{attacks(*HUGE)}")
        await route.fulfill(body=f"export default {text}", content_type="text/javascript")

    await page.route("**/assets/reasoning-*.js", attack)
    await page.goto("/app/docs/reasoning")

    article = page.get_by_role("article")
    await expect(article.get_by_text(ENDING)).to_be_visible()
    await attacked(article)
    await page.get_by_role("main").get_by_role("link", name="Streaming").first.click()
    await expect(page.get_by_role("heading", level=1, name="Streaming")).to_be_visible()
