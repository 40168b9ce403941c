"""What other prices would have earned, from the sums that are kept of all usage."""

from collections.abc import Iterator

from msgspec import Struct
from sqlalchemy import Table, func, select

from tollway.credits.pricing import Meters, charge_credits
from tollway.credits.rate_cards import ModelPrices
from tollway.keys.tables import keys
from tollway.kit.database import Database
from tollway.usage.tables import usage_rollups, usage_wide_rollups
from tollway.usage.types import SLOT_MS, WIDE_SLOT_MS

_SUMMED = (
    "succeeded",
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "charged_credits",
)


class PricePreview(Struct, frozen=True, kw_only=True):
    """A period of a model at other prices.

    Attributes:
        from_ms, to_ms: the period in Unix milliseconds, widened to whole quarters of an hour; its end is not included.
        requests: how many were answered.
        meters: their tokens.
        earned_credits: what was charged for them.
        would_have_earned_credits: what the tokens cost at the other prices, rounded up once for the whole period.
            Each request would have been rounded up by itself, which adds less than one credit a request.
    """

    from_ms: int
    to_ms: int
    requests: int
    meters: Meters
    earned_credits: int
    would_have_earned_credits: int


class PreviewPrices:
    """Computes what a period would have earned. Nothing is changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def preview(self, prices: ModelPrices, from_ms: int, to_ms: int) -> PricePreview:
        """Price a model's tokens of a period anew; ``to_ms`` must be later than ``from_ms``.

        That holds were limited by prices of their time is left aside, and so is what callers would have done.
        """
        first_ms, end_ms = from_ms // SLOT_MS * SLOT_MS, -(-to_ms // SLOT_MS) * SLOT_MS
        sums = [0] * len(_SUMMED)
        async with self._database.connect() as connection:
            for table, start_ms, stop_ms in _parts(first_ms, end_ms):
                # Led by the keys, each of which is one look into the table's order of key and time.
                query = (
                    select(*[func.coalesce(func.sum(table.c[name]), 0) for name in _SUMMED])
                    .select_from(keys.join(table, table.c.key_id == keys.c.id))
                    .where(table.c.slot_ms >= start_ms, table.c.slot_ms < stop_ms)
                    .where(table.c.model_id == prices.model_id)
                )
                found = (await connection.execute(query)).one()
                sums = [total + int(part) for total, part in zip(sums, found, strict=True)]
        requests, *tokens, earned_credits = sums
        meters = Meters(*tokens)
        return PricePreview(
            from_ms=first_ms,
            to_ms=end_ms,
            requests=requests,
            meters=meters,
            earned_credits=earned_credits,
            would_have_earned_credits=charge_credits(meters, prices.card(0)),
        )


def _parts(first_ms: int, end_ms: int) -> Iterator[tuple[Table, int, int]]:
    """Cut a period into what the wide sums cover, and its borders."""
    wide_ms, wide_end_ms = -(-first_ms // WIDE_SLOT_MS) * WIDE_SLOT_MS, end_ms // WIDE_SLOT_MS * WIDE_SLOT_MS
    if wide_ms >= wide_end_ms:
        yield usage_rollups, first_ms, end_ms
        return
    yield usage_rollups, first_ms, wide_ms
    yield usage_wide_rollups, wide_ms, wide_end_ms
    yield usage_rollups, wide_end_ms, end_ms
