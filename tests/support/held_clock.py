"""A clock that moves only when a test moves it."""


class HeldClock:
    """Stands at a moment; `advance` moves both of its times."""

    def __init__(self, now_ms: int = 1_768_940_690_000) -> None:
        """Stand at a moment, in milliseconds since the Unix epoch."""
        self._now_ms = now_ms
        self._monotonic_s = 1000.0

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return self._now_ms

    def monotonic_s(self) -> float:
        """Seconds of a clock that never goes back."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now_ms += round(seconds * 1000)
        self._monotonic_s += seconds
