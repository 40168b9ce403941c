"""A real Chromium, and a watch over it that notices whatever a browser would complain of."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Request,
    Response,
    WebError,
    async_playwright,
)

IN_BROWSER = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
"""The marks of a file of tests that need the browser, which lives as long as the session."""
CHROMIUM = "TOLLWAY_CHROMIUM"
"""The environment variable that names the browser to use."""
ColorScheme = Literal["light", "dark"]
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
)
# The browser's own word on an answer that the watch has seen already, with its path.
_STATUS_NOTE = re.compile(r"Failed to load resource: the server responded with a status of \d+")
_TELL_VIOLATIONS = """
addEventListener('securitypolicyviolation', (event) => {
  console.error(`CSP violation: ${event.violatedDirective} by ${event.blockedURI} at ${event.sourceFile}`)
})
"""
_GIVEN_UP = "net::ERR_ABORTED"
_ERROR_MIN = 400
_DEADLINE_S = 60.0
_LAUNCH_MS = 120_000


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Start the browser of this machine."""
    named = os.environ.get(CHROMIUM)
    found = named or next((path for name in _NAMES if (path := shutil.which(name))), None)
    assert found, f"no Chromium was found: install Debian's package `chromium`, or name one in {CHROMIUM}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=list(_FLAGS), timeout=_LAUNCH_MS)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class _Expected:
    """Something that would be a complaint, had the test not announced it."""

    what: str
    path: re.Pattern[str]
    was_seen: bool = False


class Watch:
    """Collects what goes wrong in the browser while a test runs.

    A complaint is: an error on the console, an uncaught exception, a request that fails, an answer with a status of
    400 or more, a request to another origin, a violation of the content policy; and something announced that does not
    come. A page that is left gives up what it was still reading: that is no failure, but a change given up is.
    """

    def __init__(self) -> None:
        self._complaints: list[str] = []
        self._news = asyncio.Event()
        self._expected: list[_Expected] = []

    def expect_status(self, status: int, path: str) -> None:
        """Announce answers with this status, at paths that match the regular expression as a whole."""
        self._expected.append(_Expected(str(status), re.compile(path)))

    def expect_abort(self, path: str) -> None:
        """Announce requests that the page itself gives up, at paths that match the regular expression as a whole."""
        self._expected.append(_Expected(_GIVEN_UP, re.compile(path)))

    def complaints(self) -> list[str]:
        """What went wrong until now."""
        missing = [f"{one.what} at {one.path.pattern} did not come" for one in self._expected if not one.was_seen]
        return self._complaints + missing

    async def until_told(self, *wanted: str) -> None:
        """Wait until all these words stand in complaints."""
        async with asyncio.timeout(_DEADLINE_S):
            while [words for words in wanted if words not in "\n".join(self.complaints())]:
                self._news.clear()
                await self._news.wait()

    async def until_seen(self) -> None:
        """Wait until all that was announced has come; what has not at the deadline stays a complaint."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DEADLINE_S):
                while not all(one.was_seen for one in self._expected):
                    self._news.clear()
                    await self._news.wait()

    def forget(self) -> None:
        """Forget what went wrong and what was announced."""
        self._complaints.clear()
        self._expected.clear()

    async def over(self, context: BrowserContext, origin: str) -> None:
        """Watch every page of a context, which may speak with one origin only."""

        def on_request(request: Request) -> None:
            parts = urlsplit(request.url)
            if parts.scheme not in {"data", "blob"} and f"{parts.scheme}://{parts.netloc}" != origin:
                self._complain(f"request to another origin: {request.method} {request.url}")

        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", on_request)
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)
        await context.add_init_script(_TELL_VIOLATIONS)

    def _complain(self, text: str) -> None:
        self._complaints.append(text)
        self._news.set()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _STATUS_NOTE.match(message.text):
            self._complain(f"console: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self._complain(f"uncaught: {error.error}")

    def _on_failure(self, request: Request) -> None:
        reason = request.failure or "no reason"
        is_left = reason == _GIVEN_UP and request.method == "GET"
        if not self._is_expected(reason, request.url) and not is_left:
            self._complain(f"failed: {request.method} {request.url}: {reason}")

    def _on_response(self, response: Response) -> None:
        if response.status >= _ERROR_MIN and not self._is_expected(str(response.status), response.url):
            self._complain(f"{response.status}: {response.request.method} {response.url}")

    def _is_expected(self, what: str, url: str) -> bool:
        matching = [one for one in self._expected if one.what == what and one.path.fullmatch(urlsplit(url).path)]
        for one in matching:
            one.was_seen = True
        self._news.set()
        return bool(matching)
