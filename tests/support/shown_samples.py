"""The code that a model's page shows: read off the page in the browser, and run as a reader would run it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, expect

FORMS = ("In one piece", "As a stream")
TABS = {
    "cURL": "curl",
    "Python · requests": "python-requests",
    "Python · OpenAI SDK": "python-openai",
    "JavaScript · fetch": "javascript-fetch",
    "JavaScript · OpenAI SDK": "javascript-openai",
}
"""What the page calls each sample, and its name in the page's source."""
_AT_ONCE = 2
_LIMIT_S = 900.0


@dataclass(frozen=True)
class ShownSample:
    """One sample as it stands on a page; ``name`` is that of its tab in the source."""

    name: str
    is_stream: bool
    code: str


async def shown_samples(page: Page) -> AsyncIterator[ShownSample]:
    """Read every sample of a model's page that is open, by going through its forms and tabs."""
    tabs = page.get_by_role("tablist", name="Code in several languages")
    for form in FORMS:
        await page.get_by_text(form, exact=True).click()
        await expect(tabs.get_by_role("tab")).to_have_count(len(TABS))
        for tab, name in TABS.items():
            await tabs.get_by_role("tab", name=tab, exact=True).click()
            code = await page.locator(f"[data-sample={name}] pre").text_content()
            assert code
            yield ShownSample(name, form == FORMS[1], code)


async def run_shown(samples: Sequence[ShownSample], folder: Path, node: Path, *, key: str) -> list[str]:
    """Run samples, two at a time, each as a program of its own, and return what each printed; none may fail."""
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def run(number: int, sample: ShownSample) -> str:
        async with at_once:
            return await _run(sample, folder / f"{number:02}-{sample.name}", node, key)

    return await asyncio.gather(*(run(number, sample) for number, sample in enumerate(samples)))


async def _run(sample: ShownSample, file: Path, node: Path, key: str) -> str:
    language = sample.name.partition("-")[0]
    suffix = {"curl": ".sh", "python": ".py", "javascript": ".mjs"}[language]
    runner = {"curl": "bash", "python": sys.executable, "javascript": str(node)}[language]
    path = file.with_suffix(suffix)
    path.write_text(sample.code, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        runner, path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"TOLLWAY_KEY": key, "NO_PROXY": "127.0.0.1"},
    )  # fmt: skip
    try:
        output, errors = await asyncio.wait_for(process.communicate(), _LIMIT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise AssertionError(f"{path.name} does not end:\n{sample.code}") from None
    assert process.returncode == 0, f"{path.name}:\n{sample.code}\n{errors.decode()}{output.decode()}"
    return output.decode()
