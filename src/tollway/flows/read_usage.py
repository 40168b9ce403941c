"""What a key, or a whole account, has used and what it cost: as a sum, by model, by day, by key."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from tollway.flows.account_keys import UsedKey, used_keys
from tollway.flows.reported_key import reported_key_id
from tollway.keys.types import KeyEntry
from tollway.kit.database import Database
from tollway.usage.calendar import days_of
from tollway.usage.report import SumsOf, read_sums
from tollway.usage.repository import kept_from_ms
from tollway.usage.slots import Span, cut
from tollway.usage.types import UsageSums

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Grouping(Struct, frozen=True):
    """How usage is broken down; by day needs the zone whose days are meant."""

    by_day_in: ZoneInfo | None = None
    by_model: bool = False
    by_key: bool = False


class UsageGroup(Struct, frozen=True):
    """One group; day, model and key are None where the groups are not made by them."""

    day: date | None
    model_id: str | None
    sums: UsageSums
    key: UsedKey | None = None


class UsageReport(Struct, frozen=True):
    """Usage within a span.

    Attributes:
        models: by model, highest spend first.
        groups: as asked for: by day, oldest first, and within a day by spend; None where nothing was asked for.
    """

    sums: UsageSums
    models: tuple[UsageGroup, ...] = ()
    groups: tuple[UsageGroup, ...] | None = None


class ReadUsage:
    """Answers what keys and accounts have used. Everything in an answer is of one moment."""

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
            found = await _read(connection, (key_id,), span, grouping)
        return _report(found, {}, grouping)

    async def account_report(
        self, account_id: int, span: Span, prefix: str | None = None, grouping: Grouping | None = None
    ) -> UsageReport:
        """Break down the usage of all keys that an account has or had, or of the one that a prefix names.

        Raises:
            UnknownKeyError: the account never had a key of that prefix.
        """
        async with self._database.connect() as connection:
            keys = await used_keys(connection, account_id, span, prefix=prefix)
            found = await _read(connection, keys, span, grouping)
        return _report(found, keys, grouping)


class _Name(Struct, frozen=True):
    """What a group is made by."""

    day: date | None = None
    model_id: str | None = None
    key_id: int | None = None


async def _read(
    connection: "AsyncConnection", key_ids: Collection[int], span: Span, grouping: Grouping | None
) -> dict[_Name, UsageSums]:
    horizon_ms = await kept_from_ms(connection)
    zone = None if grouping is None else grouping.by_day_in
    parts: list[tuple[date | None, Span]] = [(None, span)] if zone is None else [*days_of(span, zone)]
    by_key = grouping is not None and grouping.by_key
    found = await read_sums(connection, key_ids, [cut(part, horizon_ms) for _, part in parts], by_key=by_key)
    return {_name(of, parts): sums for of, sums in found.items()}


def _name(of: SumsOf, parts: list[tuple[date | None, Span]]) -> _Name:
    return _Name(parts[of.span_number][0], of.model_id, of.key_id)


def _report(found: Mapping[_Name, UsageSums], keys: Mapping[int, UsedKey], grouping: Grouping | None) -> UsageReport:
    by_model = ((_Name(model_id=name.model_id), sums) for name, sums in found.items())
    groups = None
    if grouping is not None:
        kept = ((name if grouping.by_model else replace(name, model_id=None), sums) for name, sums in found.items())
        groups = _grouped(kept, keys)
    return UsageReport(sums=_added(found.values()), models=_grouped(by_model, keys), groups=groups)


def _grouped(named: Iterable[tuple[_Name, UsageSums]], keys: Mapping[int, UsedKey]) -> tuple[UsageGroup, ...]:
    groups: dict[_Name, UsageSums] = {}
    for name, sums in named:
        groups[name] = groups[name] + sums if name in groups else sums
    ordered = sorted(groups.items(), key=_order)
    return tuple(
        UsageGroup(name.day, name.model_id, sums, None if name.key_id is None else keys[name.key_id])
        for name, sums in ordered
    )


def _order(group: tuple[_Name, UsageSums]) -> tuple[date, int, str, int]:
    name, sums = group
    return name.day or date.min, -sums.charged_credits, name.model_id or "", name.key_id or 0


def _added(parts: Iterable[UsageSums]) -> UsageSums:
    return sum(parts, start=UsageSums())
