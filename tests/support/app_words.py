"""The words of the web app, by language, and those that a page shows in the wrong one."""

import re
from collections.abc import Iterable
from typing import Any

from playwright.async_api import Page

from tests.support.app_pages import WEB

_WORD = re.compile(r"[A-Za-z]{3,}")
_TEXT = re.compile(r"'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`")
_VALUE = re.compile(r"\$\{[^}]*\}")
# Paths, addresses, scopes, coupons and the beginnings of keys.
_NO_WORDS = re.compile(r"\S*[_:/@]\S*|\btw[km]\w+|\b\w{4}(?:-\w{4}){3}\b")
# Code is code in every language, and what is marked as English is meant to be.
_SHOWN = """() => {
  const isOwn = element => !element.closest('code, pre, kbd, samp, body [lang]:not([lang="zh-CN"])')
  const texts = [document.title]
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement
    if (isOwn(parent) && parent.checkVisibility()) texts.push(walker.currentNode.data)
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-roledescription']) {
    for (const one of document.querySelectorAll(`[${name}]`)) if (isOwn(one)) texts.push(one.getAttribute(name))
  }
  return texts
}"""


def words_of(language: str) -> frozenset[str]:
    """The Latin words, three letters and longer, in the texts of a language, in lower case."""
    found: set[str] = set()
    for file in (WEB / "texts" / language).glob("*.ts"):
        for text in _TEXT.finditer(file.read_text(encoding="utf-8")):
            found |= latin_words([_VALUE.sub(" ", text[1] or text[2] or "")])
    return frozenset(found)


def latin_words(texts: Iterable[str]) -> set[str]:
    """The Latin words in texts, in lower case."""
    return {word.lower() for text in texts for word in _WORD.findall(text)}


def api_words(document: Any) -> set[str]:  # noqa: ANN401 - any part of a JSON document
    """The words that the API's own document gives to properties, types and their values."""
    if isinstance(document, list):
        return set().union(*map(api_words, document))
    if not isinstance(document, dict):
        return set()
    named = [*document.get("properties", {}), document.get("type"), *document.get("enum", [])]
    own = latin_words(text.replace("_", " ") for text in named if isinstance(text, str))
    return own.union(*map(api_words, document.values()))


def foreign_texts(texts: Iterable[str], known: set[str]) -> list[str]:
    """Those of the texts of a Chinese page that hold Latin words of neither its language nor those that are known.

    The words stand before each.
    """
    known = known | words_of("zh-CN")
    foreign = {text.strip(): sorted(latin_words([_NO_WORDS.sub(" ", text)]) - known) for text in texts}
    return [f"{', '.join(words)}: {text}" for text, words in foreign.items() if words]


async def shown_texts(page: Page) -> list[str]:
    """All that the page says, to eyes and to screen readers, without code and what is marked as another language."""
    texts: list[str] = await page.evaluate(_SHOWN)
    return texts
