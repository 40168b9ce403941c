"""What commands print: one JSON object for programs, tables and lines for people."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

_WIDE_COLUMNS = 1_000


def print_json(answer: Any) -> None:  # noqa: ANN401 - Whatever JSON can say.
    """Print the one JSON object of a command."""
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")


def print_fields(title: str, fields: Iterable[tuple[str, object]]) -> None:
    """Print names with their values below a title; no value is cut or folded, however narrow the terminal is."""
    from rich.console import Console
    from rich.text import Text

    given = list(fields)
    width = max((len(name) for name, _ in given), default=0)
    console = Console(highlight=False)
    for line in (Text(title, style="italic"), *(_named(name.ljust(width), value) for name, value in given)):
        console.print(line, soft_wrap=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], when_empty: str) -> None:
    """Print rows below the names of their columns."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*[_text(value) for value in row])
    if table.row_count:
        # What goes into a file or another program is not folded.
        width = None if sys.stdout.isatty() else _WIDE_COLUMNS
        Console(highlight=False, width=width).print(table)
    else:
        print(when_empty)


def day_and_time(moment_ms: int | None) -> str:
    """Write a moment for people, in UTC."""
    return "never" if moment_ms is None else f"{datetime.fromtimestamp(moment_ms / 1000, tz=UTC):%Y-%m-%d %H:%M} UTC"


def _named(name: str, value: object) -> Any:  # noqa: ANN401 - Rich's text has no base that says so.
    from rich.text import Text

    return Text.assemble((name, "dim"), "  ", _text(value))


def _text(value: object) -> Any:  # noqa: ANN401 - Rich's text has no base that says so.
    from rich.text import Text

    # Text is never markup: a name like "[red]" is printed as it is.
    return Text("" if value is None else str(value))
