"""How quickly the web app stands, and how smoothly the playground shows a long answer, in Chromium on two cores.

Every load has an empty cache. What the playground keeps of the frames is also told as a share of what an empty page
gets in the same browser, since a machine without a screen gives no page as many as it could show.
"""

import asyncio
import contextlib
import itertools
import os
import statistics
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct
from playwright.async_api import Browser, Page, Request, expect

from tests.support.browser import open_browser
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.upstream_answers import Answer, stream_events
from tests.support.upstream_scripts import Script, stream_script
from tests.support.web_person import new_person, sign_in

PAINT_LIMIT_MS = 1000.0
SCRIPT_LIMIT_KB = 250.0
FRAMES_LIMIT = 50.0
TOKENS = 2000
_CORES = 2
_EMPTY_PAGE_S = 3.0
_STREAM_LIMIT_MS = 120_000
_PROSE = "A **merge** costs $O(n + m)$ time, and `merge` moves the smaller head of two lists, one after another.\n\n"
_CODE = (
    "```python\ndef merge(left, right):\n    return sorted(left + right)\n```\n\n"
    "| Case | Time |\n| --- | --- |\n| worst | 2 |\n\n"
)
_PAINT = """() => new Promise(resolve => {
  const find = list => list.getEntriesByName('first-contentful-paint').forEach(one => resolve(one.startTime))
  new PerformanceObserver(find).observe({ type: 'paint', buffered: true })
})"""
_SCRIPT_BYTES = """() => performance.getEntriesByType('resource')
  .filter(one => new URL(one.name).pathname.endsWith('.js'))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)"""
_COUNT_FRAMES = """() => {
  const at = []
  let isOn = true
  const next = now => { at.push(now); if (isOn) requestAnimationFrame(next) }
  requestAnimationFrame(next)
  window.endFrames = () => { isOn = false; return (at.length - 1) * 1000 / (at.at(-1) - at[0]) }
}"""


class Load(Struct, frozen=True):
    """A page's loads with an empty cache: times in milliseconds, and the script that each fetched, compressed."""

    name: str
    paints_ms: list[float]
    script_kb: float


class Frames(Struct, frozen=True):
    """Frames per second of some streams in the playground, and those of an empty page before each."""

    playground: list[float]
    empty_page: list[float]


def measure_web_app(folder: Path, *, loads: int, streams: int) -> tuple[list[Load], Frames]:
    """Run server, upstream and browser on two cores, and measure in turn."""
    with _two_cores():
        return asyncio.run(_measure(folder, loads, streams))


def web_app_lines(loads: list[Load], frames: Frames) -> list[str]:
    """Return both tables as lines of Markdown, with a mark at what is not kept."""
    times = len(loads[0].paints_ms)
    lines = [
        f"The web app in Chromium on {_CORES} cores, {times} loads of each page with an empty cache.",
        f"The paint should come within {PAINT_LIMIT_MS:.0f} ms, with {SCRIPT_LIMIT_KB:.0f} KB of script at most.",
        "",
        "| page | first contentful paint, median | (min to max) | compressed script |",
        "| --- | --- | --- | --- |",
    ]
    for load in loads:
        paint = statistics.median(load.paints_ms)
        lines.append(
            f"| {load.name} | {paint:.0f} ms{_mark(paint < PAINT_LIMIT_MS)} "
            f"| {min(load.paints_ms):.0f} to {max(load.paints_ms):.0f} ms "
            f"| {load.script_kb:.0f} KB{_mark(load.script_kb < SCRIPT_LIMIT_KB)} |"
        )
    shown, empty = statistics.median(frames.playground), statistics.median(frames.empty_page)
    spread = f"{min(frames.playground):.1f} to {max(frames.playground):.1f}"
    return [
        *lines,
        "",
        f"The playground shows a stream of {TOKENS:,} tokens, {len(frames.playground)} times.",
        f"It should keep {FRAMES_LIMIT:.0f} frames per second.",
        "",
        "| page | frames per second, median | (min to max) | ratio to the empty page |",
        "| --- | --- | --- | --- |",
        f"| empty page | {empty:.1f} | {min(frames.empty_page):.1f} to {max(frames.empty_page):.1f} | |",
        f"| playground | {shown:.1f}{_mark(shown >= FRAMES_LIMIT)} | {spread} | {shown / empty:.2f} |",
    ]


def _mark(is_kept: bool) -> str:
    return "" if is_kept else " (not kept)"


@contextlib.contextmanager
def _two_cores() -> Iterator[None]:
    """Keep this process and all that it starts on two cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(itertools.islice(sorted(before), _CORES)))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


async def _measure(folder: Path, loads: int, streams: int) -> tuple[list[Load], Frames]:
    async with ScriptedUpstream() as upstream, open_browser() as browser:
        settings = upstream_settings(upstream.base_url)
        async with Gateway(folder, settings=settings) as server, _page(browser, server) as page:
            await sign_in(page, await new_person(server, credits_granted=10**9), "/playground")
            frames = await _frames(browser, page, upstream, streams)
            cookies = await page.context.cookies()
            measured = {}
            for name, path, known in (("landing", "/app/sign-in", []), ("home", "/app", cookies)):
                measured[name] = [await _load(browser, server, path, known) for _ in range(loads)]
    return [Load(name, [paint for paint, _ in all_], all_[0][1] / 1024) for name, all_ in measured.items()], frames


@contextlib.asynccontextmanager
async def _page(browser: Browser, server: Gateway) -> AsyncIterator[Page]:
    """Open a page with an empty cache, as another person at another computer."""
    context = await browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900}, locale="en-GB")
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def _load(browser: Browser, server: Gateway, path: str, cookies: list[Any]) -> tuple[float, float]:
    """Load a page; returns the time of its first paint in milliseconds, and the bytes of its script."""
    async with _page(browser, server) as page:
        await page.context.add_cookies(cookies)
        await page.goto(path, wait_until="networkidle")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        return await page.evaluate(_PAINT), await page.evaluate(_SCRIPT_BYTES)


async def _frames(browser: Browser, page: Page, upstream: ScriptedUpstream, streams: int) -> Frames:
    # What is loaded on first use is not the stream's.
    await _ask(page, upstream, _stream(_PROSE + _CODE, 50))
    frames = Frames([], [])
    for _ in range(streams):
        frames.empty_page.append(await _empty_page_frames(browser))
        await page.get_by_role("button", name="New conversation").click()
        await page.evaluate(_COUNT_FRAMES)
        await _ask(page, upstream, _stream(((_PROSE + _CODE) * 40)[: TOKENS * 4], TOKENS))
        frames.playground.append(await page.evaluate("endFrames()"))
    return frames


async def _empty_page_frames(browser: Browser) -> float:
    empty = await browser.new_page()
    await empty.evaluate(_COUNT_FRAMES)
    await asyncio.sleep(_EMPTY_PAGE_S)
    rate: float = await empty.evaluate("endFrames()")
    await empty.close()
    return rate


async def _ask(page: Page, upstream: ScriptedUpstream, script: Script) -> None:
    """Run a call in the playground, until its end."""
    upstream.play(script)
    await page.get_by_label("Your message").fill("How is a list merged?")
    async with page.expect_request_finished(_is_call, timeout=_STREAM_LIMIT_MS):
        await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def _is_call(request: Request) -> bool:
    return request.url.endswith("/console/v1/chat/completions")


def _stream(content: str, tokens: int) -> Script:
    answer = Answer(content=content, reasoning=_PROSE, reasoning_tokens=20, completion_tokens=tokens + 20)
    return stream_script(stream_events(answer, usage="every", piece_chars=4), pause_s=0.004)
