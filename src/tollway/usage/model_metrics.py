"""How fast models answer: percentiles over the last five minutes, in memory that does not grow with the requests.

Each model has a sketch for each metric and each ten seconds. DDSketch (Masson, Rim and Lee, PVLDB 12/12, 2019) gives
quantiles within 1 % of the true value and merges without loss, so that slices of time are merged here, and those of
several servers can be.
"""

import math
from collections import OrderedDict
from collections.abc import Iterator

from ddsketch import DDSketch
from msgspec import Struct

from tollway.kit.clock import Clock
from tollway.usage.types import InferenceRecord

WINDOW_S = 300
"""Length of the sliding window (the contract's section on the catalogue)."""
RELATIVE_ACCURACY = 0.01
_SLICE_MS = 10_000
_REMEMBERED_MS = 1_000  # Anybody may ask, and an answer takes some milliseconds to make.
_PORTION = 64
"""So many requests are put into the sketches together: one after the other costs more than twice as much, because the
code of a whole request lies between."""
_QUANTILES = (0.5, 0.75, 0.9, 0.99)


class Percentiles(Struct, frozen=True):
    """Quantiles of one metric."""

    p50: float
    p75: float
    p90: float
    p99: float


class ModelSpeed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Percentiles of one model; a metric that nothing in the window says anything about is None.

    Attributes:
        ttft_ms: time to the first token, streams only.
        tps: completion tokens a second, reasoning included, from the first token on where that is known.
        duration_ms: the whole request.
    """

    ttft_ms: Percentiles | None = None
    tps: Percentiles | None = None
    duration_ms: Percentiles | None = None


class Speeds(Struct, frozen=True):
    """What was measured, by model id, at one moment."""

    generated_at_ms: int
    models: dict[str, ModelSpeed]


class _Sketches:
    """One model in one slice of time, or in all of the window."""

    __slots__ = ("duration_ms", "tps", "ttft_ms")

    def __init__(self) -> None:
        self.ttft_ms = DDSketch(RELATIVE_ACCURACY)
        self.tps = DDSketch(RELATIVE_ACCURACY)
        self.duration_ms = DDSketch(RELATIVE_ACCURACY)

    def merge(self, other: "_Sketches") -> None:
        """Add what another one has seen."""
        for name in self.__slots__:
            getattr(self, name).merge(getattr(other, name))


class ModelMetrics:
    """Collects the speed of successful requests; all methods run on the event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[InferenceRecord] = []
        self._slices: OrderedDict[int, dict[str, _Sketches]] = OrderedDict()
        self._newest = Speeds(-_REMEMBERED_MS, {})

    def observe(self, record: InferenceRecord) -> None:
        """Count a request that was answered to its end; others say nothing about a model's speed."""
        if record.status != "succeeded" or record.client_disconnected:
            return
        self._waiting.append(record)
        if len(self._waiting) == _PORTION:
            self._sketch_waiting()

    def _sketch_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for record in waiting:
            self._sketch(record)

    def _sketch(self, record: InferenceRecord) -> None:
        sketches = self._sketches(record.model_id, record.finished_at_ms)
        duration_ms = max(1, record.finished_at_ms - record.started_at_ms)
        sketches.duration_ms.add(duration_ms)
        generating_ms = duration_ms
        if record.stream and record.ttft_ms is not None:
            sketches.ttft_ms.add(record.ttft_ms)
            generating_ms = max(1, duration_ms - record.ttft_ms)
        tokens = record.output_tokens + record.reasoning_tokens
        if tokens:
            sketches.tps.add(tokens * 1000 / generating_ms)

    def speeds(self) -> Speeds:
        """Return the percentiles of every model that answered within the window; made anew once a second."""
        self._sketch_waiting()
        now_ms = self._clock.now_ms()
        if not 0 <= now_ms - self._newest.generated_at_ms < _REMEMBERED_MS:
            self._newest = Speeds(now_ms, dict(self._percentiles(now_ms)))
        return self._newest

    def _sketches(self, model_id: str, moment_ms: int) -> _Sketches:
        start_ms = moment_ms // _SLICE_MS * _SLICE_MS
        models = self._slices.get(start_ms)
        if models is None:
            self._forget(start_ms)
            models = self._slices[start_ms] = {}
        sketches = models.get(model_id)
        if sketches is None:
            sketches = models[model_id] = _Sketches()
        return sketches

    def _forget(self, now_ms: int) -> None:
        """Drop what has left the window; a clock that was set back leaves nothing from the future either."""
        for start_ms in [start for start in self._slices if not 0 <= now_ms - start <= WINDOW_S * 1000]:
            del self._slices[start_ms]

    def _percentiles(self, now_ms: int) -> Iterator[tuple[str, ModelSpeed]]:
        self._forget(now_ms // _SLICE_MS * _SLICE_MS)
        merged: dict[str, _Sketches] = {}
        for start_ms, models in self._slices.items():
            # A slice counts until its middle has left the window.
            if now_ms - start_ms <= WINDOW_S * 1000 + _SLICE_MS // 2:
                for model_id, sketches in models.items():
                    merged.setdefault(model_id, _Sketches()).merge(sketches)
        for model_id in sorted(merged):
            whole = merged[model_id]
            yield (
                model_id,
                ModelSpeed(
                    ttft_ms=_percentiles(whole.ttft_ms),
                    tps=_percentiles(whole.tps),
                    duration_ms=_percentiles(whole.duration_ms),
                ),
            )


def _percentiles(sketch: DDSketch) -> Percentiles | None:
    if not sketch.count:
        return None
    return Percentiles(*(round(_nearest_rank(sketch, quantile), 3) for quantile in _QUANTILES))


def _nearest_rank(sketch: DDSketch, quantile: float) -> float:
    """Return the smallest value that the given part of all values does not exceed: of three, the 99th is the slowest.

    The library counts ranks from 0 to n - 1 and rounds down, which among few values leaves out the slowest ones; the
    half lets no rounding of floats lead to the rank before.
    """
    last = sketch.count - 1
    rank = min(math.ceil(quantile * sketch.count) - 0.5, last)
    return (sketch.get_quantile_value(rank / last if last > 0 else 0.0)) or 0.0
