"""Computing the bills of a period again, from what the usage log says of each inference and the stored prices."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Row, Select, and_, select

from tollway.credits.pricing import Meters, RateCard, charge_credits
from tollway.credits.rate_cards import ModelPrices
from tollway.credits.tables import rate_cards, transfers
from tollway.credits.types import CHARGE_KIND, Charge
from tollway.kit.database import Database
from tollway.kit.errors import NotFoundError
from tollway.kit.ids import inference_id_floor
from tollway.usage.repository import ID_LAG_MS, kept_from_ms
from tollway.usage.tables import inferences

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

DIFFERENCES_SHOWN_MAX = 20
_ROWS_AT_ONCE = 500
"""Rows in memory at a time; a server that replays beside its answers is busy with them for some milliseconds."""
_EVERYTHING_AFTER = ""


class NeverPricedError(NotFoundError):
    """Prices were given for a model that never had any."""

    default_code = "model_never_priced"

    def __init__(self, model_ids: Iterable[str]) -> None:
        super().__init__(f"There was never a price of {', '.join(sorted(model_ids))}, so there is no bill to compare.")


class Period(Struct, frozen=True):
    """Inferences by the moment at which they started, in Unix milliseconds; None is no border.

    ``from_ms`` belongs to the period, ``to_ms`` does not.
    """

    from_ms: int | None = None
    to_ms: int | None = None


class Difference(Struct, frozen=True, kw_only=True):
    """An inference whose bill is not what it should be.

    Attributes:
        expected: the bill computed again; None where the rate card that it names is not stored.
        logged: the bill in the usage log.
        ledger_credits: what the ledger charged; a hold that was released charged nothing.
    """

    inference_id: str
    expected: Charge | None
    logged: Charge
    ledger_credits: int


class Replay(Struct, frozen=True, kw_only=True):
    """What computing the bills of a period again has found.

    Attributes:
        inferences: how many were computed.
        charged_credits, absorbed_credits: sums of the bills computed again.
        ledger_credits: sum of what the ledger charged for the same inferences.
        difference_count: how many bills differ.
        differences: the first of them.
        kept_from_ms: the log's horizon: earlier inferences may be gone from it, and were not computed then.
    """

    inferences: int
    charged_credits: int
    absorbed_credits: int
    ledger_credits: int
    difference_count: int
    differences: tuple[Difference, ...]
    kept_from_ms: int


class ModelPreview(Struct, frozen=True, kw_only=True):
    """What a model earned in a period, and what other prices would have earned with the same answers."""

    model_id: str
    inferences: int
    earned_credits: int
    would_earn_credits: int


class Preview(Struct, frozen=True, kw_only=True):
    """A preview of the models that prices were given for, by id; ``kept_from_ms`` as in `Replay`."""

    models: tuple[ModelPreview, ...]
    kept_from_ms: int


class ReplayBills:
    """Reads the usage log piece by piece, whatever its size. Only reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def replay(self, period: Period) -> Replay:
        """Compute every bill of a period again, and compare it with the usage log and the ledger."""
        counted = charged = absorbed = booked = 0
        differing = 0
        shown: list[Difference] = []
        async for rows in self._read(_bills(), period):
            for row in rows:
                logged = Charge(row.charged_credits, row.absorbed_credits)
                ledger_credits = row.ledger_credits or 0
                expected = _expected(row)
                counted += 1
                booked += ledger_credits
                if expected is not None:
                    charged += expected.charged_credits
                    absorbed += expected.absorbed_credits
                    if expected == logged and ledger_credits == logged.charged_credits:
                        continue
                differing += 1
                if len(shown) < DIFFERENCES_SHOWN_MAX:
                    shown.append(
                        Difference(
                            inference_id=row.inference_id,
                            expected=expected,
                            logged=logged,
                            ledger_credits=ledger_credits,
                        )
                    )
        return Replay(
            inferences=counted,
            charged_credits=charged,
            absorbed_credits=absorbed,
            ledger_credits=booked,
            difference_count=differing,
            differences=tuple(shown),
            kept_from_ms=await self._kept_from_ms(),
        )

    async def preview(self, period: Period, prices: Sequence[ModelPrices]) -> Preview:
        """Say what models earned in a period, and what they would have earned with other prices.

        The other prices are applied to what was delivered. Neither the holds of that time bound them, as other prices
        would have made other holds, nor is it guessed who would have called more or less.

        Raises:
            NeverPricedError: a model never had a price, so that it cannot have been called.
        """
        cards = {price.model_id: price.card(0) for price in prices}
        async with self._database.connect() as connection:
            await _refuse_never_priced(connection, cards)
        counts, earned, would_earn = (dict.fromkeys(cards, 0) for _ in range(3))
        query = _bills().where(inferences.c.model_id.in_(sorted(cards)))
        async for rows in self._read(query, period):
            for row in rows:
                model_id = row.model_id
                counts[model_id] += 1
                earned[model_id] += row.charged_credits
                would_earn[model_id] += 0 if _is_free(row) else charge_credits(_meters(row), cards[model_id])
        models = (
            ModelPreview(
                model_id=model_id,
                inferences=counts[model_id],
                earned_credits=earned[model_id],
                would_earn_credits=would_earn[model_id],
            )
            for model_id in sorted(cards)
        )
        return Preview(models=tuple(models), kept_from_ms=await self._kept_from_ms())

    async def _read(self, query: Select[Any], period: Period) -> AsyncIterator[Sequence[Row[Any]]]:
        """Read in the order of ids, which is that of time: the log needs no index of the moments for it."""
        inference_id, started_at_ms = inferences.c.inference_id, inferences.c.started_at_ms
        after_id = _EVERYTHING_AFTER
        if period.from_ms is not None:
            after_id = inference_id_floor(period.from_ms - ID_LAG_MS)
            query = query.where(started_at_ms >= period.from_ms)
        if period.to_ms is not None:
            query = query.where(
                started_at_ms < period.to_ms, inference_id < inference_id_floor(period.to_ms + ID_LAG_MS)
            )
        query = query.order_by(inference_id).limit(_ROWS_AT_ONCE)
        while True:
            # Each piece has a transaction of its own: a long one would keep the database's log from being emptied.
            async with self._database.connect() as connection:
                rows = (await connection.execute(query.where(inference_id > after_id))).all()
            if not rows:
                return
            yield rows
            after_id = rows[-1].inference_id

    async def _kept_from_ms(self) -> int:
        async with self._database.connect() as connection:
            return await kept_from_ms(connection)


def _bills() -> Select[Any]:
    """Select what bills are computed from and compared with; rows of the log are never changed."""
    return (
        select(
            inferences.c.inference_id,
            inferences.c.model_id,
            inferences.c.status,
            inferences.c.stream,
            inferences.c.client_disconnected,
            inferences.c.input_tokens,
            inferences.c.cached_input_tokens,
            inferences.c.output_tokens,
            inferences.c.reasoning_tokens,
            inferences.c.hold_credits,
            inferences.c.charged_credits,
            inferences.c.absorbed_credits,
            transfers.c.amount_credits.label("ledger_credits"),
            rate_cards.c.version,
            rate_cards.c.input_nanousd,
            rate_cards.c.cached_input_nanousd,
            rate_cards.c.output_nanousd,
            rate_cards.c.reasoning_nanousd,
        )
        .outerjoin_from(
            inferences,
            transfers,
            and_(transfers.c.hold_id == inferences.c.inference_id, transfers.c.kind == CHARGE_KIND),
        )
        .outerjoin(
            rate_cards,
            and_(
                rate_cards.c.model_id == inferences.c.model_id, rate_cards.c.version == inferences.c.rate_card_version
            ),
        )
    )


def _expected(row: Row[Any]) -> Charge | None:
    """Compute a bill; None where the prices are missing."""
    if _is_free(row):
        return Charge(0, 0)
    if row.version is None:
        return None
    card = RateCard(
        row.model_id,
        row.version,
        row.input_nanousd,
        row.cached_input_nanousd,
        row.output_nanousd,
        row.reasoning_nanousd,
    )
    price = charge_credits(_meters(row), card)
    charged = min(price, row.hold_credits)
    return Charge(charged, price - charged)


def _is_free(row: Row[Any]) -> bool:
    """Say whether nothing may be charged: it failed, or it was an answer in one piece that nobody waited for."""
    return row.status == "failed" or (row.client_disconnected and not row.stream)


def _meters(row: Row[Any]) -> Meters:
    return Meters(row.input_tokens, row.cached_input_tokens, row.output_tokens, row.reasoning_tokens)


async def _refuse_never_priced(connection: "AsyncConnection", cards: Mapping[str, RateCard]) -> None:
    found = await connection.execute(select(rate_cards.c.model_id).distinct())
    missing = cards.keys() - set(found.scalars())
    if missing:
        raise NeverPricedError(missing)
