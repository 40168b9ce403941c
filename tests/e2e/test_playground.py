"""The playground in a browser: what a person sees of a call, does to it, and pays for it."""

import asyncio
import re
from dataclasses import replace

from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.support.browser import IN_BROWSER, Watch
from tests.support.gateway import Gateway
from tests.support.looks import assert_accessible, take_pictures
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.stored_books import StoredBooks
from tests.support.upstream_answers import Answer, page_answer, stream_events
from tests.support.upstream_scripts import CALLER, Script, stream_script
from tests.support.web_person import Person, new_person, sign_in

pytestmark = IN_BROWSER

PAGE_CREDITS = "391"
"""The price of the contract's example."""
TOKENS = 2000
ANSWER_WAIT_MS = 180_000
PROSE = "A **merge** costs $O(n + m)$ time, and `merge` moves the smaller head of two lists, one after another.\n\n"
CODE = "```python\ndef merge(left, right):\n    return sorted(left + right)\n```\n\n"
TABLE = "| Case | Time |\n| --- | --- |\n| worst | 2 |\n\n"


async def enter(page: Page, server: Gateway, *, credits_granted: int = 1_000_000) -> Person:
    """Open the playground as somebody new, with credits."""
    person = await new_person(server, credits_granted=credits_granted)
    await sign_in(page, person, "/playground")
    await expect(page.get_by_role("heading", name="Playground", level=1)).to_be_visible()
    await expect(page.get_by_role("button", name="Model: ERNIE X1 Turbo 32K")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    return person


async def ask(page: Page, text: str = "Hi!") -> None:
    """Write a message and run it, by keyboard."""
    await page.get_by_label("Your message").fill(text)
    await page.keyboard.press("Control+Enter")


async def finished(page: Page) -> None:
    """Wait until nothing runs."""
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()


def last_row(page: Page, name: str) -> Locator:
    """A row of the last answer's figures."""
    return page.get_by_role("table", name="Tokens and cost").last.get_by_role("row", name=re.compile(f"^{name}"))


def endless() -> Script:
    """The contract's example as a stream that takes its time, tells its usage at every moment, and never ends."""
    events = stream_events(page_answer(), usage="every", piece_chars=8)
    return stream_script(events[: len(events) * 3 // 4], pause_s=0.01, ending="hang")


async def test_a_call_shows_thinking_answer_and_its_exact_bill(
    scripted_page: Page, scripted_server: Gateway, scripted_upstream: ScriptedUpstream
) -> None:
    page, answer = scripted_page, page_answer()
    await enter(page, scripted_server)
    await assert_accessible(page)
    await take_pictures(page, "playground-new")
    scripted_upstream.play("page")

    await ask(page)
    await finished(page)

    thinking = page.get_by_role("group", name=re.compile("^Thought for"))
    await expect(thinking).to_contain_text(answer.reasoning[-40:])
    await expect(page.get_by_text(answer.content[:60])).to_be_visible()
    await expect(last_row(page, "Tokens").get_by_role("cell")).to_have_text(["13", "323", "278", "614"])
    await expect(last_row(page, "Credits").get_by_role("cell").last).to_have_text(PAGE_CREDITS)
    await expect(page.get_by_text("≈ estimate")).to_be_hidden()
    await expect(page.get_by_text(re.compile(f"has answered: 601 tokens, {PAGE_CREDITS} credits"))).to_be_attached()
    sent = (await scripted_upstream.request()).json
    assert sent["messages"] == [{"role": "user", "content": "Hi!"}]
    assert "temperature" not in sent

    await page.get_by_role("button", name=re.compile("^Thought for")).press("Enter")
    await expect(thinking).to_be_hidden()
    await assert_accessible(page)
    await take_pictures(page, "playground-answer")


async def test_stopping_ends_the_upstream_and_the_bill(
    scripted_page: Page, scripted_server: Gateway, scripted_upstream: ScriptedUpstream, watch: Watch
) -> None:
    page, books = scripted_page, StoredBooks(scripted_server.data)
    watch.expect_abort("/console/v1/chat/completions")
    person = await enter(page, scripted_server)
    scripted_upstream.play(endless())
    await ask(page)
    await expect(page.get_by_text("Mankind is a fascinating")).to_be_visible()
    await expect(page.get_by_text("≈ estimate")).to_be_visible()

    await page.keyboard.press("Escape")

    await finished(page)
    await (await scripted_upstream.request()).until_aborted()
    await expect(page.get_by_text("You stopped this answer.")).to_be_visible()
    await expect(page.get_by_text("≈ estimate")).to_be_hidden()
    await books.nothing_held()
    (receipt,) = books.receipts_of(person.email)
    assert (receipt["client_disconnected"], receipt["origin"]) == (1, "playground")
    assert 0 < receipt["charged_credits"] < int(PAGE_CREDITS)
    await expect(last_row(page, "Credits").get_by_role("cell").last).to_have_text(str(receipt["charged_credits"]))


async def test_a_page_that_is_kept_for_going_back_stops_its_call(
    scripted_page: Page, scripted_server: Gateway, scripted_upstream: ScriptedUpstream, watch: Watch
) -> None:
    page, books = scripted_page, StoredBooks(scripted_server.data)
    watch.expect_abort("/console/v1/chat/completions")
    await enter(page, scripted_server)
    scripted_upstream.play(endless())
    await ask(page)
    await expect(page.get_by_text("Mankind is a fascinating")).to_be_visible()

    # What a browser tells a page that it keeps; this one, being remote-controlled, keeps none.
    await page.evaluate("() => window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")

    await (await scripted_upstream.request()).until_aborted()
    await finished(page)
    await books.nothing_held()


async def test_a_long_stream_is_followed_to_its_end(
    scripted_page: Page, scripted_server: Gateway, scripted_upstream: ScriptedUpstream
) -> None:
    page = scripted_page
    text = (PROSE + CODE + TABLE) * 40
    answer = Answer(content=text[: TOKENS * 4], reasoning=PROSE, reasoning_tokens=20, completion_tokens=TOKENS + 20)
    await enter(page, scripted_server)
    begins = asyncio.Event()
    stream = stream_script(stream_events(answer, usage="every", piece_chars=4), pause_s=0.001)
    scripted_upstream.play(replace(stream, held_until=begins))

    await ask(page)
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    begins.set()
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden(timeout=ANSWER_WAIT_MS)

    await expect(last_row(page, "Tokens")).to_contain_text(f"{TOKENS:,}")
    # The end stayed in sight.
    await expect(last_row(page, "Credits")).to_be_in_viewport()


async def test_earlier_questions_and_answers_stay_reachable(
    scripted_page: Page, scripted_server: Gateway, scripted_upstream: ScriptedUpstream
) -> None:
    page = scripted_page
    await enter(page, scripted_server)
    for text in ("First answer.", "Second answer.", "Third answer."):
        scripted_upstream.play(stream_script(stream_events(Answer(content=text))))
    await ask(page, "First question")
    await finished(page)
    await page.get_by_role("button", name="Answer again").press("Enter")
    await expect(page.get_by_text("Second answer.")).to_be_visible()
    await finished(page)

    await page.get_by_role("button", name="Edit", exact=True).first.press("Enter")
    await page.get_by_label("Text of the message").fill("Another question")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Third answer.")).to_be_visible()
    await finished(page)

    assert (await scripted_upstream.request()).json["messages"] == [{"role": "user", "content": "Another question"}]
    await page.get_by_role("button", name="Previous version").press("Enter")
    await expect(page.get_by_text("Second answer.")).to_be_visible()
    await page.get_by_role("button", name="Previous version").last.press("Enter")
    await expect(page.get_by_text("First answer.")).to_be_visible()
    # Another page, and back.
    await page.get_by_role("link", name="Keys").click()
    await expect(page.get_by_text("No API key yet")).to_be_visible()
    await page.get_by_role("link", name="Playground").click()
    await expect(page.get_by_text("First answer.")).to_be_visible()


async def test_a_tool_is_played_by_hand(
    scripted_page: Page, scripted_server: Gateway, scripted_upstream: ScriptedUpstream
) -> None:
    page = scripted_page
    await page.set_viewport_size({"width": 1440, "height": 900})
    await enter(page, scripted_server)
    scripted_upstream.play(stream_script(stream_events(CALLER)), "thinker")
    await page.get_by_role("button", name="Add a tool").press("Enter")
    await page.get_by_label("Name", exact=True).fill("weather")
    await page.get_by_label("Parameters as JSON Schema").fill('{"type": "objekt"}')
    await ask(page)
    await expect(page.get_by_text("A tool in the settings has to be mended first.")).to_be_visible()
    await page.get_by_label("Parameters as JSON Schema").fill('{"type": "object", "required": ["city"]}')
    await page.get_by_role("button", name="Run", exact=True).press("Enter")

    await page.get_by_label("Answer of weather").fill("sunny")
    await page.get_by_label("Answer of time").fill("noon")
    await expect(page.get_by_text("The arguments follow the schema.")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="Send and continue").press("Enter")

    await expect(page.get_by_text("The answer is 4.")).to_be_visible()
    sent = (await scripted_upstream.request()).json
    assert [message["role"] for message in sent["messages"]] == ["user", "assistant", "tool", "tool"]
    assert [message["content"] for message in sent["messages"][2:]] == ["sunny", "noon"]
    assert sent["tools"][0]["function"]["parameters"] == {"type": "object", "required": ["city"]}


async def test_a_preset_is_shared_by_its_link(
    scripted_page: Page, scripted_server: Gateway, scripted_upstream: ScriptedUpstream, open_page: OpenPage
) -> None:
    page = scripted_page
    await page.set_viewport_size({"width": 1440, "height": 900})
    await enter(page, scripted_server)
    scripted_upstream.play("thinker")
    await page.get_by_label("System prompt").fill("Answer in one sentence.")
    await page.get_by_label("temperature", exact=True).fill("0.3")
    await ask(page, "What is 2 + 2?")
    await expect(page.get_by_text("The answer is 4.")).to_be_visible()
    await finished(page)
    sent = (await scripted_upstream.request()).json
    assert (sent["temperature"], sent["messages"][0]["content"]) == (0.3, "Answer in one sentence.")

    await page.get_by_role("button", name="Presets").press("Enter")
    await page.get_by_label("Save as a preset").fill("One sentence")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Share by link").press("Enter")
    link = await page.locator("dialog code").inner_text()
    await assert_accessible(page)
    await take_pictures(page, "playground-presets")

    other = await open_page(scripted_server.url)
    await other.set_viewport_size({"width": 1440, "height": 900})
    await enter(other, scripted_server)
    await other.goto(link)
    await expect(other.get_by_text("“One sentence” is loaded.")).to_be_visible()
    await expect(other.get_by_label("System prompt")).to_have_value("Answer in one sentence.")
    await expect(other.get_by_label("temperature", exact=True)).to_have_value("0.3")
    await expect(other.get_by_text("The answer is 4.")).to_be_visible()


async def test_two_settings_are_compared_and_shown_as_code(
    scripted_page: Page, scripted_server: Gateway, scripted_upstream: ScriptedUpstream
) -> None:
    page = scripted_page
    await enter(page, scripted_server)
    scripted_upstream.play("thinker", "thinker")
    await page.get_by_role("button", name="Compare", exact=True).press("Enter")
    await page.get_by_role("button", name="Settings of model B").press("Enter")
    await page.get_by_label("seed", exact=True).fill("7")
    await page.keyboard.press("Escape")
    arrived = scripted_upstream.request_count
    await ask(page)
    await expect(page.get_by_text("The answer is 4.")).to_have_count(2)
    await finished(page)

    seeds = {(await scripted_upstream.request(arrived + number)).json.get("seed") for number in range(2)}
    assert seeds == {None, 7}
    await assert_accessible(page)
    await take_pictures(page, "playground-compare")
    await page.get_by_role("button", name="View code").press("Enter")
    shown = page.locator("dialog pre")
    await expect(shown).to_have_count(2)
    codes = [await code.inner_text() for code in await shown.all()]
    assert ['"seed": 7' in code for code in codes] == [False, True]
    await assert_accessible(page)


async def test_a_refusal_is_told_in_the_servers_words(
    scripted_page: Page, scripted_server: Gateway, watch: Watch
) -> None:
    page = scripted_page
    watch.expect_status(403, "/console/v1/chat/completions")
    await enter(page, scripted_server, credits_granted=0)

    await ask(page)

    refusal = page.get_by_role("alert")
    await expect(refusal).to_contain_text("The call failed")
    await expect(refusal.get_by_role("link", name="Add credits")).to_have_attribute("href", "/app/billing")


async def test_the_stand_in_engine_is_labelled(page: Page, app_server: Gateway) -> None:
    await page.set_viewport_size({"width": 1440, "height": 900})
    await enter(page, app_server)

    await expect(page.get_by_text("Stand-in engine")).to_be_visible()
    # How long it talks is up to chance.
    await page.get_by_label("max_tokens", exact=True).fill("60")
    await ask(page, "Say hello.")
    await expect(page.get_by_role("button", name=re.compile("^Thought for"))).to_be_visible(timeout=ANSWER_WAIT_MS)
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden(timeout=ANSWER_WAIT_MS)
    await expect(page.get_by_text("≈ estimate")).to_be_hidden()
