"""What was measured: for each figure and program the value of every round, their median and their spread."""

import statistics
from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from benchmarks.peers import ALONE, NGINX, RUST


class Figure(Struct, frozen=True):
    """One row of the table; ``more`` says that a higher value is better."""

    key: str
    title: str
    unit: str
    more: bool = False
    digits: int = 0


LEVELS = (200, 500, 800)
CEILING_LAG_MS = 50.0
_LEVEL_FIGURES = tuple(
    figure
    for level in LEVELS
    for figure in (
        Figure(f"paced_{level}_lag_p50", f"{level} paced streams: lag of a chunk, p50", "ms", digits=2),
        Figure(f"paced_{level}_lag_p99", f"{level} paced streams: lag of a chunk, p99", "ms", digits=1),
        Figure(f"paced_{level}_first_p50", f"{level} paced streams: time to first token, p50", "ms", digits=2),
        Figure(f"paced_{level}_first_p99", f"{level} paced streams: time to first token, p99", "ms", digits=1),
    )
)
FIGURES = (
    Figure("json_1_p50", "JSON, 1 caller: added, p50", "ms", digits=3),
    Figure("json_1_p99", "JSON, 1 caller: added, p99", "ms", digits=3),
    Figure("json_64", "JSON, 64 callers", "requests/s", more=True),
    Figure("json_64_cpu", "JSON, 64 callers: processor time of a request", "µs"),
    Figure("json_512", "JSON, 512 callers", "requests/s", more=True),
    Figure("prompt_p50", "24,000-token prompt, 1 caller: added, p50", "ms", digits=3),
    Figure("prompt_8", "24,000-token prompt, 8 callers", "requests/s", more=True),
    Figure("streams", "Streams of 200 chunks at full speed", "streams/s", more=True),
    *_LEVEL_FIGURES,
    Figure("ceiling", f"Most paced streams with p99 lag under {CEILING_LAG_MS:.0f} ms", "streams", more=True),
    Figure("start", "Start of the process to first answer", "s", digits=2),
    Figure("memory_idle", "Resident memory after the first answer", "MB"),
    Figure("memory_load", "Resident memory under load, 64 callers", "MB"),
    Figure("memory_stream", "Resident memory of an open stream", "KB", digits=1),
    Figure("slow_memory", "Resident memory of a reader that has stopped reading", "KB"),
    Figure("slow_p50", "JSON, 1 caller, beside 20 such readers: added, p50", "ms", digits=3),
)


class Results:
    """Values by figure and program, and remarks on what has none."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], list[float]] = defaultdict(list)
        self._remarks: dict[str, None] = {}

    def add(self, figure: str, program: str, value: float) -> None:
        """Take the value of one round."""
        self._values[figure, program].append(value)

    def remark(self, text: str) -> None:
        """Take a sentence that stands under the table, once."""
        self._remarks[text] = None

    @property
    def remarks(self) -> Sequence[str]:
        """All sentences, in the order in which they came."""
        return tuple(self._remarks)

    def values(self, figure: str, program: str) -> Sequence[float]:
        """Return the values of all rounds."""
        return self._values.get((figure, program), ())

    def median(self, figure: str, program: str) -> float | None:
        """Return the median of the rounds, if there was one."""
        values = self.values(figure, program)
        return statistics.median(values) if values else None

    def fastest_rust(self, figure: Figure) -> float | None:
        """Return the better median of the routers written in Rust."""
        medians = [value for name in RUST if (value := self.median(figure.key, name)) is not None]
        return (max(medians) if figure.more else min(medians)) if medians else None

    def ratios(self, figure: Figure, program: str) -> tuple[float | None, float | None]:
        """Return what a program's figure is of nginx's, and of the fastest Rust router's."""
        value = self.median(figure.key, program)
        return _ratio(value, self.median(figure.key, NGINX)), _ratio(value, self.fastest_rust(figure))

    def measured(self) -> list[Figure]:
        """Return the figures that have a value, in their order."""
        return [figure for figure in FIGURES if any(key == figure.key for key, _ in self._values)]

    def programs(self) -> list[str]:
        """Return the programs that have a value: the upstream alone first, then in the order in which they came."""
        found = dict.fromkeys(program for _, program in self._values)
        return sorted(found, key=lambda program: program != ALONE)


def _ratio(value: float | None, base: float | None) -> float | None:
    return value / base if value is not None and base is not None and base > 0 and value > 0 else None
