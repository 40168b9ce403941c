"""What a key has used and what it cost: as a sum, by model, by day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct

from tollway.flows.reported_key import reported_key_id
from tollway.keys.types import KeyEntry
from tollway.kit.database import Database
from tollway.usage.calendar import days_of
from tollway.usage.report import read_sums
from tollway.usage.repository import kept_from_ms
from tollway.usage.slots import Span, cut
from tollway.usage.types import UsageSums

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Grouping(Struct, frozen=True):
    """How usage is broken down; by day needs the zone whose days are meant."""

    by_day_in: ZoneInfo | None = None
    by_model: bool = False


class UsageGroup(Struct, frozen=True):
    """One group; day and model are None where the groups are not made by them."""

    day: date | None
    model_id: str | None
    sums: UsageSums


class UsageReport(Struct, frozen=True):
    """A key's usage within a span.

    Attributes:
        models: by model, highest spend first.
        groups: as asked for: by day, oldest first, and within a day by spend; None where nothing was asked for.
    """

    sums: UsageSums
    models: tuple[UsageGroup, ...] = ()
    groups: tuple[UsageGroup, ...] | None = None


class ReadUsage:
    """Answers what keys have used. Everything in an answer is of one moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def total(self, caller: KeyEntry, span: Span, prefix: str | None = None) -> UsageSums:
        """Sum up the usage of the caller's key, or of the key that a prefix names.

        Raises:
            OtherKeyRefusedError: the prefix is another key's, and the caller is no management key.
            UnknownKeyError: the caller's account never had a key of that prefix.
        """
        return (await self.report(caller, span, prefix)).sums

    async def report(
        self, caller: KeyEntry, span: Span, prefix: str | None = None, grouping: Grouping | None = None
    ) -> UsageReport:
        """Break down the usage of the caller's key, or of the key that a prefix names.

        Raises:
            OtherKeyRefusedError: the prefix is another key's, and the caller is no management key.
            UnknownKeyError: the caller's account never had a key of that prefix.
        """
        async with self._database.connect() as connection:
            key_id = await reported_key_id(connection, caller, prefix)
            found = await _read(connection, key_id, span, grouping)
        models = _grouped(((None, model_id), sums) for (_, model_id), sums in found.items())
        return UsageReport(
            sums=_added(found.values()),
            models=models,
            groups=None if grouping is None else _groups(found, grouping),
        )


async def _read(
    connection: "AsyncConnection", key_id: int, span: Span, grouping: Grouping | None
) -> dict[tuple[date | None, str], UsageSums]:
    horizon_ms = await kept_from_ms(connection)
    zone = None if grouping is None else grouping.by_day_in
    parts: list[tuple[date | None, Span]] = [(None, span)] if zone is None else [*days_of(span, zone)]
    found = await read_sums(connection, key_id, [cut(part, horizon_ms) for _, part in parts])
    return {(parts[number][0], model_id): sums for (number, model_id), sums in found.items()}


def _groups(found: Mapping[tuple[date | None, str], UsageSums], grouping: Grouping) -> tuple[UsageGroup, ...]:
    return _grouped(((day, model_id if grouping.by_model else None), sums) for (day, model_id), sums in found.items())


def _grouped(named: Iterable[tuple[tuple[date | None, str | None], UsageSums]]) -> tuple[UsageGroup, ...]:
    groups: dict[tuple[date | None, str | None], UsageSums] = {}
    for name, sums in named:
        groups[name] = groups[name] + sums if name in groups else sums
    made = [UsageGroup(day, model_id, sums) for (day, model_id), sums in groups.items()]
    made.sort(key=lambda one: (one.day or date.min, -one.sums.charged_credits, one.model_id or ""))
    return tuple(made)


def _added(parts: Iterable[UsageSums]) -> UsageSums:
    return sum(parts, start=UsageSums())
