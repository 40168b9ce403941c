"""The table that is printed, and the page that holds it."""

import os
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from benchmarks import chart
from benchmarks.own import SOAK_STREAMS, Growth, Soak
from benchmarks.peers import ALONE, OWN
from benchmarks.results import FIGURES, Figure, Results

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
_CHARTED = ("json_64", "streams", "paced_200_lag_p99", "memory_idle")
_SPARKS = "▁▂▃▄▅▆▇█"


class Conditions(Struct, frozen=True, kw_only=True):
    """What the figures stand on."""

    rounds: int
    commits_ms: tuple[float, ...]
    command: str
    versions: tuple[str, ...]


def lines_of(results: Results, conditions: Conditions) -> list[str]:
    """Return the table of medians and what stands around it, as lines of Markdown."""
    programs = results.programs()
    rows = [["", *programs, f"{OWN}, lowest to highest", f"{OWN} to nginx", f"{OWN} to Rust"]]
    for figure in results.measured():
        cells = [_median(results, figure, program) for program in programs]
        ratios = [_ratio(ratio) for ratio in results.ratios(figure, OWN)]
        rows.append([f"{figure.title}, {figure.unit}", *cells, _spread(results, figure, OWN), *ratios])
    return [
        f"Medians of {conditions.rounds} alternating rounds, durable billing on in {OWN}, each program on one core,",
        "mock upstream and load on the other. The last columns are ratios in this run: to nginx, and to the fastest",
        f"Rust router. One durable commit of this disk took {statistics.median(conditions.commits_ms):.2f} ms in the",
        f"median ({min(conditions.commits_ms):.2f} to {max(conditions.commits_ms):.2f} over the run).",
        "",
        *_table(rows),
        *([""] if results.remarks else []),
        *(f"- {remark}" for remark in results.remarks),
    ]


def detail_lines(results: Results) -> list[str]:
    """Return a table with the spread and the ratios of every program."""
    programs = [program for program in results.programs() if program != ALONE]
    rows = [["", *programs]]
    rows += [
        [f"{figure.title}, {figure.unit}", *(_detail(results, figure, program) for program in programs)]
        for figure in results.measured()
    ]
    return [
        "Lowest to highest round; in brackets the ratios to nginx and to the fastest Rust router.",
        "",
        *_table(rows),
    ]


def growth_lines(growth: Growth) -> list[str]:
    """Return what a full database changes."""
    rows = (
        ("JSON, 64 callers, requests/s", growth.rates, 0),
        ("JSON, 1 caller, p50, ms", growth.p50_ms, 3),
        ("JSON, 1 caller, p99, ms", growth.p99_ms, 3),
    )
    lines = [
        f"Growth: {growth.keys:,} keys and {growth.rows:,} usage rows ({growth.size_gb:.1f} GB of SQLite).",
        "",
        "| | new database | full database | change |",
        "| --- | --- | --- | --- |",
    ]
    for title, (new, full), digits in rows:
        lines.append(f"| {title} | {new:,.{digits}f} | {full:,.{digits}f} | {full / new - 1:+.1%} |")
    return lines


def soak_lines(soak: Soak) -> list[str]:
    """Return how the memory went."""
    low, high = min(soak.memory_mb), max(soak.memory_mb)
    steps = [_SPARKS[min(7, int((one - low) / (high - low or 1.0) * 8))] for one in soak.memory_mb]
    return [
        f"Soak of {soak.seconds / 60:.1f} minutes: {soak.requests:,.0f} JSON requests ({soak.errors} failed) beside",
        f"{SOAK_STREAMS} paced streams ({soak.broken_streams} broke off).",
        f"Resident memory {low:.1f} to {high:.1f} MB; the last quarter against the second: {soak.growth_mb:+.1f} MB.",
        "",
        f"`{''.join(steps)}`",
    ]


def write_page(results: Results, conditions: Conditions, more: Sequence[Sequence[str]]) -> None:
    """Write the page, with a chart of the main figures."""
    page = [
        "# Benchmarks",
        "",
        f"Written by `{conditions.command}` on {time.strftime('%Y-%m-%d', time.gmtime())}; run it to see the figures",
        "of your own machine. It installs what it compares with into `.cache/bench`. A figure counts beside the others",
        "of its run, not beside those of another machine.",
        "",
        *machine_lines(conditions),
        "",
    ]
    if chart_lines := _chart_lines(results):
        page += ["```text", *chart_lines, "```", ""]
    page += ["## Figures", "", *lines_of(results, conditions), ""]
    page += ["## Spreads and ratios", "", *detail_lines(results), ""]
    for lines in more:
        page += [*lines, ""]
    page += _METHOD
    PAGE.write_text("\n".join(page), encoding="utf-8")


def machine_lines(conditions: Conditions) -> list[str]:
    """Return what the machine is, without its name and paths."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    model = next(
        (line.partition(":")[2].strip() for line in _read("/proc/cpuinfo").splitlines() if "model name" in line),
        platform.machine(),
    )
    system = f"Linux {platform.release().partition('-')[0]}" if platform.system() == "Linux" else platform.system()
    python = platform.python_version()
    return [
        f"- Machine: {model}, {os.cpu_count()} cores, {memory_gb:.0f} GB of memory, {system}, Python {python}",
        f"- Compared: {', '.join(conditions.versions)}",
    ]


def number(value: float, digits: int) -> str:
    """Write a number with the digits that its figure has."""
    return f"{value:,.{digits}f}"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay cells out as a table of Markdown whose columns also stand below each other in a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = cells
        padded = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return [line(rows[0]), line(rule), *map(line, rows[1:])]


def _median(results: Results, figure: Figure, program: str) -> str:
    median = results.median(figure.key, program)
    return "-" if median is None else number(median, figure.digits)


def _spread(results: Results, figure: Figure, program: str) -> str:
    values = results.values(figure.key, program)
    if len(values) < 2:
        return ""
    return f"{number(min(values), figure.digits)} to {number(max(values), figure.digits)}"


def _detail(results: Results, figure: Figure, program: str) -> str:
    if results.median(figure.key, program) is None:
        return "-"
    spread = _spread(results, figure, program) or _median(results, figure, program)
    return f"{spread} [{' / '.join(_ratio(ratio) for ratio in results.ratios(figure, program))}]"


def _ratio(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def _chart_lines(results: Results) -> list[str]:
    lines: list[str] = []
    for figure in (one for one in FIGURES if one.key in _CHARTED):
        rows = [
            (program, value, f"{number(value, figure.digits)} {figure.unit}")
            for program in results.programs()
            if program != ALONE and (value := results.median(figure.key, program)) is not None
        ]
        if rows:
            rows.sort(key=lambda row: row[1], reverse=figure.more)
            title = f"{figure.title} ({'more' if figure.more else 'less'} is better)"
            lines += [*([""] if lines else []), *chart.bars(title, rows)]
    return lines


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


_METHOD = [
    "## How it is measured",
    "",
    "- The mock upstream answers with JSON of 3.5 KB, or with a stream of 200 chunks, half of them reasoning, at full",
    "  speed or one every 20 ms. Its own column shows what it and the load can do at most: where another column comes",
    "  near it, the figure is a lower bound.",
    "- JSON at many callers is asked for by wrk, at one caller by a bare socket, streams by a client that is a bare",
    "  protocol on uvloop. Added latency is what a program adds to the direct call in the same round.",
    "- The lag of a chunk is the time from its sending by the upstream to its arrival at the client; both read the",
    "  same clock. Time to first token is the time from the request to the first chunk.",
    "- Tollway runs as an operator runs it: keys, limits, and two durable commits for each request. The others forward",
    "  only: nginx as a plain proxy with one worker, the Rust routers with their cheapest policy, Portkey and LiteLLM",
    "  without database. After a run Tollway's ledger has to balance.",
    "- Memory of an open stream is what 300 paced streams add to a warm program. Readers that stop are 20 that ask for",
    "  a stream of 32 MB and read nothing; socket buffers of the kernel are not in the figure.",
    "",
]
