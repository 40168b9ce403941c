"""The code blocks of the documentation's pages, and what their opening lines say of them.

After the language stands what kind of block it is, and for a sample what its output must hold, as a regular expression
without spaces: ```` ```python requests prints=408 ````. Readers see none of it.
"""

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
ADDRESS = "http://127.0.0.1:8080"
SAMPLE_KINDS = {"python": ("requests", "openai"), "javascript": ("fetch", "openai"), "sh": ("curl",)}
"""The labels that samples have, by language; the web app makes tabs of neighbouring ones."""
SHOWN_KINDS = {"json": ("answer", "error", "receipt"), "text": ("stream",)}
"""The labels of what a server says, by language."""
NOT_FOR_CALLERS = {
    "README.md",
    "account.md",
    "benchmarks.md",
    "operating.md",
    "payments.md",
    "reliability.md",
    "settings.md",
}
"""The index, and pages whose samples belong together and are run as a whole, if there are any."""
_SETUP = "export TOLLWAY_KEY='twk…'\n"
"""The one line that readers complete by hand."""
_BLOCK = re.compile(r"^```(?P<language>\w+)(?P<info>[^\n]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One code block; ``number`` counts the blocks of its page, from 1."""

    page: str
    number: int
    language: str
    kind: str
    prints: str
    code: str

    @property
    def id(self) -> str:
        """What tells it from all others, fit for the name of a file."""
        return f"{self.page.removesuffix('.md')}-{self.number:02}-{self.language}-{self.kind}"

    @property
    def is_sample(self) -> bool:
        """Whether it is run."""
        return self.kind in SAMPLE_KINDS.get(self.language, ())

    @property
    def is_shown_answer(self) -> bool:
        """Whether it shows what a server says."""
        return self.kind in SHOWN_KINDS.get(self.language, ())


def blocks_of(page: Path) -> list[Block]:
    """Read the blocks of a page in their order."""
    blocks = []
    for number, found in enumerate(_BLOCK.finditer(page.read_text(encoding="utf-8")), start=1):
        kind, _, prints = found["info"].strip().partition(" prints=")
        blocks.append(Block(page.name, number, found["language"], kind, prints, found["code"]))
    return blocks


CALLERS_BLOCKS = [
    block
    for page in sorted(DOCS.glob("*.md"))
    if page.name not in NOT_FOR_CALLERS
    for block in blocks_of(page)
    if block.code != _SETUP
]
"""The blocks of all pages that tell how to call a server."""
