"""A chart of bars as SVG, written by hand so that a page needs nothing to show it."""

from collections.abc import Sequence
from html import escape

_WIDTH = 760
_LABEL_WIDTH = 150
_VALUE_WIDTH = 110
_BAR = 18
_GAP = 6
_TITLE = 34
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#57606a}.t{font-weight:600}rect{fill:#8c959f}.own{fill:#0a7ea4}"
    "@media(prefers-color-scheme:dark){text{fill:#b1bac4}rect{fill:#6e7681}.own{fill:#39b3d7}}"
)


def bars(groups: Sequence[tuple[str, Sequence[tuple[str, float, str]]]], *, marked: str) -> str:
    """Draw groups of bars, each with a title and rows of name, value and what is written beside the bar.

    Within a group the longest bar is the highest value; the bar of the marked name has a colour of its own.
    """
    parts, y = [], 8
    for title, rows in groups:
        parts.append(f'<text class="t" x="0" y="{y + 16}">{escape(title)}</text>')
        y += _TITLE
        highest = max((value for _, value, _ in rows), default=0.0) or 1.0
        for name, value, shown in rows:
            width = max(1.0, value / highest * (_WIDTH - _LABEL_WIDTH - _VALUE_WIDTH))
            kind = ' class="own"' if name == marked else ""
            parts.append(f'<text x="0" y="{y + 14}">{escape(name)}</text>')
            parts.append(f'<rect{kind} x="{_LABEL_WIDTH}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="3"/>')
            parts.append(f'<text x="{_LABEL_WIDTH + width + 8:.1f}" y="{y + 14}">{escape(shown)}</text>')
            y += _BAR + _GAP
        y += _GAP * 2
    said = "; ".join(f"{title}: " + ", ".join(f"{name} {shown}" for name, _, shown in rows) for title, rows in groups)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" width="{_WIDTH}" height="{y}" '
        f'role="img" aria-label="{escape(said, quote=True)}">'
    )
    return "\n".join([head, f"<style>{_STYLE}</style>", *parts, "</svg>", ""])
