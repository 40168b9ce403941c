"""The pages of a wallet's movements, on a real ledger and its database."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from sqlalchemy import event

from tests.support.database import add_account, migrated_database
from tests.support.ledger import NOON_MS, HeldClock, hold_request, open_ledger, usage_row
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.statement import (
    Direction,
    MovementType,
    Position,
    StatementEntry,
    StatementFilter,
    StatementPage,
    statement_page,
)
from tollway.credits.types import CHARGE_KIND, Charge, GrantType, TakeType
from tollway.kit.database import Database

EVERYTHING = StatementFilter()


class World(Struct, frozen=True):
    """An open ledger and a reader beside it."""

    path: Path
    ledger: SqliteLedger
    clock: HeldClock
    database: Database

    async def page(
        self, wanted: StatementFilter = EVERYTHING, *, size: int = 50, after: Position | None = None
    ) -> StatementPage:
        async with self.database.connect() as connection:
            return await statement_page(connection, 1, wanted, entries_max=size, after=after)

    async def all(self, wanted: StatementFilter = EVERYTHING, *, size: int = 50) -> list[StatementEntry]:
        """Every movement that the filter keeps, page by page."""
        page = await self.page(wanted, size=size)
        entries = list(page.entries)
        while page.next_after is not None:
            assert len(page.entries) == size
            page = await self.page(wanted, size=size, after=page.next_after)
            entries += page.entries
        return entries

    async def charge(self, credits_charged: int) -> str:
        hold = await self.ledger.hold(hold_request(output_tokens=max(credits_charged, 1)))
        await self.ledger.settle(hold, Charge(credits_charged, 0), usage_row(hold, charged=credits_charged))
        return hold.inference_id


@asynccontextmanager
async def open_world(folder: Path) -> AsyncIterator[World]:
    path, clock = migrated_database(folder), HeldClock()
    add_account(path)
    add_account(path, 2, keys=(2,))
    async with open_ledger(path, clock) as ledger:
        database = Database(path)
        try:
            yield World(path, ledger, clock, database)
        finally:
            await database.close()


async def random_day(world: World, seed: int, movements: int) -> None:
    """Move money of account 1 at random, often several times within a millisecond; account 2 must stay unseen."""
    chance = random.Random(seed)
    await world.ledger.grant(1, 1_000_000, GrantType.INIT, None)
    await world.ledger.grant(2, 1_000_000, GrantType.INIT, None)
    for number in range(movements):
        world.clock.moment_ms += chance.choice([0, 0, 1, 5])
        match chance.randrange(8):
            case 0:
                await world.ledger.grant(1, chance.randint(1, 500), chance.choice(list(GrantType)), f"g{number}")
            case 1:
                await world.ledger.grant(1, -chance.randint(1, 50), GrantType.ADJUSTMENT, None)
            case 2:
                await world.ledger.take(1, chance.randint(1, 50), chance.choice(list(TakeType)), f"t{number}")
            case 3:
                await world.ledger.grant(2, 7, GrantType.BONUS, None)
            case _:
                await world.charge(chance.choice([0, 1, 20]))


def signed(entries: list[StatementEntry]) -> int:
    return sum(
        entry.amount_credits if entry.direction is Direction.TOPUP else -entry.amount_credits for entry in entries
    )


def places(entries: list[StatementEntry]) -> list[tuple[int, int]]:
    return [(entry.position.created_at_ms, entry.position.transfer_id) for entry in entries]


@pytest.mark.parametrize("size", [1, 7, 100])
async def test_statement_adds_up_to_the_balance_in_pages_of_any_size(tmp_path: Path, size: int) -> None:
    async with open_world(tmp_path) as world:
        await random_day(world, seed=size, movements=300)
        entries = await world.all(size=size)
        balance = await world.ledger.balance(1)

    assert signed(entries) == balance.posted_credits
    assert places(entries) == sorted(set(places(entries)), reverse=True)
    assert {entry.type for entry in entries} == set(MovementType)


@pytest.mark.parametrize("seed", range(3))
async def test_filters_keep_what_they_say_and_nothing_else(tmp_path: Path, seed: int) -> None:
    async with open_world(tmp_path) as world:
        await random_day(world, seed, movements=200)
        entries = await world.all()
        chance = random.Random(seed)
        moments = [None, *[chance.choice(entries).position.created_at_ms for _ in range(3)]]
        for direction in (None, *Direction):
            for kind in (None, *MovementType):
                from_ms, to_ms = chance.choice(moments), chance.choice(moments)
                wanted = StatementFilter(from_ms=from_ms, to_ms=to_ms, direction=direction, type=kind)
                expected = [
                    entry
                    for entry in entries
                    if direction in {None, entry.direction}
                    and kind in {None, entry.type}
                    and (from_ms is None or entry.position.created_at_ms >= from_ms)
                    and (to_ms is None or entry.position.created_at_ms < to_ms)
                ]
                assert await world.all(wanted, size=chance.choice([1, 3, 50])) == expected


async def test_nothing_is_missed_or_doubled_while_money_moves(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        await random_day(world, seed=5, movements=150)
        balance_credits = (await world.ledger.balance(1)).posted_credits
        page = await world.page(size=9)
        entries = list(page.entries)
        while page.next_after is not None:
            # At the moment of the newest entry too, which is the hardest place to keep apart.
            await asyncio.gather(world.charge(3), world.ledger.grant(1, 11, GrantType.BONUS, None))
            page = await world.page(size=9, after=page.next_after)
            entries += page.entries

    assert signed(entries) == balance_credits
    assert places(entries) == sorted(set(places(entries)), reverse=True)


async def test_entries_say_where_they_come_from(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        await world.ledger.grant(1, 100, GrantType.PAYMENT, "pay_1")
        inference_id = await world.charge(30)
        await world.charge(0)
        await world.ledger.take(1, 20, TakeType.REFUND, "pay_1:re_1")
        refund, charge, payment = await world.all()

    assert (payment.direction, payment.type, payment.amount_credits) == (Direction.TOPUP, MovementType.PAYMENT, 100)
    assert (payment.reference, payment.hold_id, payment.model_id) == ("pay_1", None, None)
    assert (charge.direction, charge.type, charge.amount_credits) == (Direction.CHARGE, MovementType.MODEL_USAGE, 30)
    assert (charge.reference, charge.hold_id, charge.model_id) == (None, inference_id, "one-credit")
    assert (refund.direction, refund.type, refund.amount_credits) == (Direction.CHARGE, MovementType.REFUND, 20)
    assert (refund.reference, refund.hold_id, refund.model_id) == ("pay_1:re_1", None, None)
    assert refund.position.created_at_ms == NOON_MS


async def test_account_without_movements_has_an_empty_statement(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        assert await world.all() == []


async def test_no_page_reads_more_than_it_shows(tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:  # noqa: ANN401
        asked.append((statement, parameters))

    async with open_world(tmp_path) as world:
        await world.ledger.grant(1, 100, GrantType.BONUS, None)
        event.listen(world.database._engine.sync_engine, "before_cursor_execute", note)
        for wanted in (
            EVERYTHING,
            StatementFilter(from_ms=1, to_ms=NOON_MS, direction=Direction.CHARGE),
            StatementFilter(to_ms=NOON_MS, type=MovementType.ADJUSTMENT),
        ):
            for after in (None, Position(NOON_MS, 77)):
                await world.page(wanted, after=after)
        with closing(sqlite3.connect(world.path)) as connection:
            plans = [
                [step[3] for step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
                for statement, parameters in asked
                if "FROM transfers" in statement
            ]

    assert len(plans) == 2 * (3 + 2 + 2)
    assert not [step for plan in plans for step in plan if "SCAN" in step or "TEMP B-TREE" in step]
    assert {step.split("USING INDEX ")[1].split(" ")[0] for plan in plans for step in plan if "transfers" in step} == {
        "ix_transfers_charges",
        "ix_transfers_debits",
        "ix_transfers_credits",
    }
    assert all("created_at_ms<?" in plan[0] for plan in plans[3:]), "a page that has an upper end begins there"


def test_every_kind_of_transfer_is_a_type_of_the_statement() -> None:
    assert {str(kind) for kind in MovementType} == {*map(str, GrantType), *map(str, TakeType), CHARGE_KIND}
