"""What can be said of a page's looks without looking: axe's verdict, and that nothing is wider than the screen.

And pictures of it, for those who do look.
"""

from pathlib import Path
from typing import Any, get_args

from playwright.async_api import Page

from tests.support.browser import ColorScheme

_ROOT = Path(__file__).resolve().parents[2]
_AXE = _ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = _ROOT / "web" / "test-results" / "screens"
WIDTHS = (390, 768, 1440)
_HEIGHTS = {390: 844, 768: 1024, 1440: 900}
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_SCHEMES: tuple[ColorScheme, ...] = get_args(ColorScheme)
_RUN_AXE = "tags => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })"
# Transitions of colours would be measured halfway; what pulses or turns for ever is not waited for.
_AT_REST = """() => Promise.all(document.getAnimations()
  .filter(animation => Number.isFinite(animation.effect.getComputedTiming().endTime))
  .map(animation => animation.finished.catch(() => {})))"""
# The width that the page was laid out in, which a gutter for the scroll bar makes smaller than the window.
_OVERFLOW = "(page => page.scrollWidth - Math.ceil(page.getBoundingClientRect().width))(document.documentElement)"


async def assert_accessible(page: Page, *schemes: ColorScheme) -> None:
    """Assert that axe finds no violation on the page as it stands, light and dark unless one is named."""
    assert _AXE.is_file(), "the tools of the web app are not installed: run make web"
    found: list[str] = []
    for scheme in schemes or _SCHEMES:
        await _switch(page, scheme)
        if not await page.evaluate("() => 'axe' in window"):
            # The debugger may run what the content policy would refuse the page itself.
            await page.evaluate(_AXE.read_text(encoding="utf-8"))
        report: dict[str, Any] = await page.evaluate(_RUN_AXE, list(_RULES))
        found += [
            f"{scheme} {page.url}: {rule['id']} ({rule['impact']}): {node['target']}: {node['failureSummary']}"
            for rule in report["violations"]
            for node in rule["nodes"]
        ]
    assert found == [], "\n".join(found)


async def take_pictures(page: Page, name: str) -> None:
    """Write pictures of the page in three widths, light and dark, and assert that it is never wider than the screen."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    before, wide = page.viewport_size, {}
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": _HEIGHTS[width]})
        for scheme in _SCHEMES:
            await _switch(page, scheme)
            await page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
        if overflow := await page.evaluate(_OVERFLOW):
            wide[width] = overflow
    if before is not None:
        await page.set_viewport_size(before)
    assert wide == {}, f"{page.url} is wider than the screen, by pixels at each width: {wide}"


async def _switch(page: Page, scheme: ColorScheme) -> None:
    await page.emulate_media(color_scheme=scheme)
    await page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
    await page.evaluate(_AT_REST)
