"""A person without a mouse: goes from stop to stop by Tab, and sees at each where they are."""

from typing import Any, Literal, get_args

from playwright.async_api import Locator, Page, expect

Direction = Literal["Tab", "Shift+Tab"]
_STOPS_MAX = 80
# A dialog hands over to the browser's own buttons between its last and its first stop; the page has no focus then.
_STOP = """wanted => {
  const here = document.activeElement
  if (here === null || here === document.body || here === document.documentElement) return null
  // A radio button that is drawn as its label shows the focus there.
  const shown = here.type === 'radio' ? here.labels[0] : here
  const style = getComputedStyle(shown)
  const outline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
  const box = shown.getBoundingClientRect()
  const isWithin = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth
  const seen = box.width > 1 && box.height > 1 && isWithin
  const name = here.getAttribute('aria-label') ?? here.labels?.[0]?.textContent ?? here.textContent.slice(0, 60)
  const inside = here.closest('dialog[open]') !== null
  return { what: `${here.localName} "${name}"`, outline, seen, inside, wanted: wanted.includes(here) }
}"""


class Keyboard:
    """Goes through a page by keys alone, and collects the stops at which the focus cannot be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._unseen: dict[str, str] = {}

    async def to(self, goal: Locator, *, by: Direction = "Tab") -> None:
        """Press Tab until one of the goal's elements has the focus.

        Raises:
            AssertionError: it does not come to it; says which stops there were.
        """
        await expect(goal.first).to_be_visible()
        passed: list[str] = []
        for _ in range(_STOPS_MAX):
            stop = await self._look(goal)
            if stop is not None and stop["wanted"]:
                return
            passed.append("the browser" if stop is None else stop["what"])
            await self.page.keyboard.press(by)
        raise AssertionError(f"{_STOPS_MAX} times {by} do not lead to {goal}: {passed}")

    async def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def write(self, text: str) -> None:
        """Write into what has the focus, in the place of what stands there."""
        await self.page.keyboard.press("Control+a")
        await self.page.keyboard.type(text)

    async def use(self, goal: Locator, key: str = "Enter", *, by: Direction = "Tab") -> None:
        """Go to a link or button, and press it."""
        await self.to(goal, by=by)
        await self.page.keyboard.press(key)

    async def fill(self, field: Locator, text: str) -> None:
        """Go to a field and write into it."""
        await self.to(field)
        await self.write(text)

    async def assert_kept_in(self, dialog: Locator) -> None:
        """Assert that Tab goes round in an open dialog, forwards and backwards, and never behind it."""
        for direction in get_args(Direction):
            stops = []
            for _ in range(await dialog.locator("a, button, input, select, textarea, [tabindex='0']").count() + 2):
                await self.page.keyboard.press(direction)
                stops.append(await self._look(dialog))
            behind = [stop["what"] for stop in stops if stop is not None and not stop["inside"]]
            assert behind == [], f"{direction} leads out of the dialog: {behind}"
            assert any(stop is not None for stop in stops)

    def assert_focus_was_seen(self) -> None:
        """Assert that the focus could be seen at every stop until now."""
        assert self._unseen == {}, "\n".join(f"{what}: {why}" for what, why in self._unseen.items())

    async def _look(self, goal: Locator) -> dict[str, Any] | None:
        handles = await goal.element_handles()
        stop: dict[str, Any] | None = await self.page.evaluate(_STOP, handles)
        # The main part takes the focus of a page that was just opened; it is no stop of the keyboard's own.
        if stop is not None and not stop["what"].startswith("main "):
            if not stop["outline"]:
                self._unseen[stop["what"]] = "no outline"
            if not stop["seen"]:
                self._unseen[stop["what"]] = "outside of what is shown"
        return stop
