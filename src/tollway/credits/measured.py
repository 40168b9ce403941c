"""A ledger that measures how long its changes take to be durable."""

from collections.abc import Sequence

from tollway.credits.types import (
    Balance,
    Charge,
    Companion,
    Exposure,
    GrantType,
    Hold,
    HoldRequest,
    Ledger,
    TakeType,
)
from tollway.kit.clock import Clock
from tollway.kit.metrics import Metrics


class MeasuredLedger:
    """Passes everything on to another ledger; see the port for what the methods promise."""

    def __init__(self, inner: Ledger, metrics: Metrics, clock: Clock) -> None:
        self._inner = inner
        self._metrics = metrics
        self._clock = clock

    async def hold(self, request: HoldRequest) -> Hold:
        """Set money aside for one inference."""
        started_s = self._clock.monotonic_s()
        hold = await self._inner.hold(request)
        self._metrics.hold_latency.observe(self._clock.monotonic_s() - started_s)
        return hold

    async def settle(self, hold: Hold, charge: Charge, rows: Sequence[Companion] = ()) -> None:
        """Charge the hold, release the rest and insert the rows."""
        started_s = self._clock.monotonic_s()
        await self._inner.settle(hold, charge, rows)
        self._metrics.settle_latency.observe(self._clock.monotonic_s() - started_s)

    async def void(self, hold: Hold, exposure: Exposure | None, rows: Sequence[Companion] = ()) -> None:
        """Release the whole hold, record the exposure if any and insert the rows."""
        await self._inner.void(hold, exposure, rows)

    async def note_exposures(self, under_way: Sequence[tuple[Hold, Exposure]]) -> None:
        """Record what holds under way have received so far."""
        await self._inner.note_exposures(under_way)

    async def grant(
        self,
        account_id: int,
        amount_credits: int,
        kind: GrantType,
        reference: str | None,
        rows: Sequence[Companion] = (),
    ) -> Balance:
        """Add credits to a wallet."""
        return await self._inner.grant(account_id, amount_credits, kind, reference, rows)

    async def take(
        self,
        account_id: int,
        at_most_credits: int,
        kind: TakeType,
        reference: str,
        rows: Sequence[Companion] = (),
    ) -> int:
        """Take credits from a wallet."""
        return await self._inner.take(account_id, at_most_credits, kind, reference, rows)

    async def balance(self, account_id: int) -> Balance:
        """Return a wallet's balance."""
        return await self._inner.balance(account_id)
