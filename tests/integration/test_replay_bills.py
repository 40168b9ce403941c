"""Bills computed again: none differs, whatever happened; and a single wrong credit is found."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.calls import CHEAP, DEAR, FREE, Call, make_call, some_calls, store_cards
from tests.support.command_line import Commands
from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import NOON_MS, HeldClock, faults, open_ledger
from tollway.credits.pricing import Meters
from tollway.credits.rate_cards import ModelPrices
from tollway.credits.types import Charge, GrantType
from tollway.flows import replay_bills
from tollway.flows.replay_bills import NeverPricedError, Period, Preview, Replay, ReplayBills
from tollway.kit.database import Database

HOUR_MS = 3_600_000
ALWAYS = Period()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = migrated_database(tmp_path)
    add_account(path)
    store_cards(path)
    return path


async def make_calls(database: Path, *calls: Call) -> list[str]:
    clock = HeldClock()
    async with open_ledger(database, clock) as ledger:
        await ledger.grant(1, 2**40, GrantType.INIT, None)
        return [await make_call(ledger, clock, call) for call in calls]


@asynccontextmanager
async def bills(path: Path) -> AsyncIterator[ReplayBills]:
    database = Database(path)
    try:
        yield ReplayBills(database)
    finally:
        await database.close()


async def replay(path: Path, period: Period = ALWAYS) -> Replay:
    async with bills(path) as opened:
        return await opened.replay(period)


async def preview(path: Path, *prices: ModelPrices, period: Period = ALWAYS) -> Preview:
    async with bills(path) as opened:
        return await opened.preview(period, prices)


def tamper(database: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, values)


def number(database: Path, query: str) -> int:
    ((found,),) = rows(database, query)
    return int(str(found))


async def test_no_bill_differs_after_calls_of_every_kind(database: Path) -> None:
    calls = some_calls(random.Random(7), 1_700, from_ms=NOON_MS, every_ms=1_000)
    await make_calls(database, *calls)

    found = await replay(database)

    assert await faults(database) == []
    assert (found.inferences, found.difference_count, found.differences) == (1_700, 0, ())
    assert found.charged_credits == found.ledger_credits
    assert found.charged_credits == number(database, "SELECT sum(charged_credits) FROM inferences") > 0
    assert found.absorbed_credits == number(database, "SELECT sum(absorbed_credits) FROM inferences") > 0


@pytest.mark.parametrize(
    ("change", "expected", "logged", "ledger_credits"),
    [
        ("UPDATE inferences SET charged_credits = 82", Charge(81, 0), Charge(82, 0), 81),
        ("UPDATE inferences SET absorbed_credits = 1", Charge(81, 0), Charge(81, 1), 81),
        ("UPDATE inferences SET output_tokens = 31", Charge(82, 0), Charge(81, 0), 81),
        ("UPDATE inferences SET input_tokens = 200", Charge(116, 0), Charge(81, 0), 81),
        ("UPDATE inferences SET cached_input_tokens = 30", Charge(83, 0), Charge(81, 0), 81),
        ("UPDATE inferences SET hold_credits = 80", Charge(80, 1), Charge(81, 0), 81),
        ("UPDATE inferences SET rate_card_version = 2", Charge(136, 0), Charge(81, 0), 81),
        ("UPDATE inferences SET rate_card_version = 3", None, Charge(81, 0), 81),
        ("UPDATE inferences SET status = 'failed'", Charge(0, 0), Charge(81, 0), 81),
        ("UPDATE inferences SET client_disconnected = 1, stream = 0", Charge(0, 0), Charge(81, 0), 81),
        ("UPDATE transfers SET amount_credits = 80 WHERE hold_id IS NOT NULL", Charge(81, 0), Charge(81, 0), 80),
        ("DELETE FROM transfers WHERE hold_id IS NOT NULL", Charge(81, 0), Charge(81, 0), 0),
        ("UPDATE rate_cards SET input_nanousd = 181 WHERE model_id = 'acme/dear'", Charge(82, 0), Charge(81, 0), 81),
    ],
)
async def test_a_bill_that_differs_is_shown(
    database: Path, change: str, expected: Charge | None, logged: Charge, ledger_credits: int
) -> None:
    # 100 * 175 + 20 * 90 + 30 * 695 + 40 * 0 nano-USD are 80.3 credits, so 81 are charged.
    call = Call(started_at_ms=NOON_MS, meters=Meters(100, 20, 30, 40))
    (inference,) = await make_calls(database, call)
    assert number(database, "SELECT charged_credits FROM inferences") == 81
    tamper(database, change)

    found = await replay(database)

    assert found.difference_count == 1
    (one,) = found.differences
    assert (one.inference_id, one.expected, one.logged, one.ledger_credits) == (
        inference,
        expected,
        logged,
        ledger_credits,
    )


async def test_the_first_differences_are_shown_and_all_are_counted(database: Path) -> None:
    made = await make_calls(database, *[Call(started_at_ms=NOON_MS + number) for number in range(50)])
    tamper(database, "UPDATE inferences SET charged_credits = 1 WHERE inference_id >= ?", made[20])

    found = await replay(database)

    assert (found.inferences, found.difference_count) == (50, 30)
    assert [one.inference_id for one in found.differences] == made[20:40]


async def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(database: Path) -> None:
    made = await make_calls(database, *[Call(started_at_ms=NOON_MS + number) for number in range(4)])
    # An answer's row may name a moment a little after the one in its id.
    tamper(database, "UPDATE inferences SET started_at_ms = started_at_ms + 2 WHERE inference_id = ?", made[0])

    async def counted(from_ms: int | None, to_ms: int | None) -> int:
        return (await replay(database, Period(from_ms, to_ms))).inferences

    assert await counted(NOON_MS, NOON_MS + 1) == 0
    assert await counted(NOON_MS + 1, NOON_MS + 3) == 3
    assert await counted(NOON_MS + 3, None) == 1
    assert await counted(None, NOON_MS + 2) == 1
    assert await counted(NOON_MS + 2, NOON_MS + 2) == 0
    assert await counted(None, None) == 4


async def test_hours_add_up_to_the_day(database: Path) -> None:
    calls = some_calls(random.Random(3), 200, from_ms=NOON_MS, every_ms=HOUR_MS // 10)
    await make_calls(database, *calls)

    hours = [
        await replay(database, Period(NOON_MS + hour * HOUR_MS, NOON_MS + (hour + 1) * HOUR_MS)) for hour in range(20)
    ]

    day = await replay(database)
    assert [hour.inferences for hour in hours] == [10] * 20
    assert sum(hour.charged_credits for hour in hours) == day.charged_credits


async def test_few_rows_are_in_memory_at_a_time(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_bills, "_ROWS_AT_ONCE", 7)
    await make_calls(database, *[Call(started_at_ms=NOON_MS + number % 3) for number in range(50)])

    sizes = []
    async with bills(database) as opened:
        original = opened._read

        async def counting(*arguments: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - Handed on.
            async for piece in original(*arguments):
                sizes.append(len(piece))
                yield piece

        monkeypatch.setattr(opened, "_read", counting)
        found = await opened.replay(ALWAYS)

    assert (found.inferences, found.difference_count) == (50, 0)
    assert sizes == [7] * 7 + [1]


def dear(input_nanousd: int = 175, cached_input_nanousd: int = 90, output_nanousd: int = 695) -> ModelPrices:
    return ModelPrices(
        model_id=DEAR.model_id,
        input_nanousd=input_nanousd,
        cached_input_nanousd=cached_input_nanousd,
        output_nanousd=output_nanousd,
        reasoning_nanousd=0,
    )


async def test_a_preview_shows_what_other_prices_would_have_earned(database: Path) -> None:
    meters = Meters(100, 20, 30, 40)
    await make_calls(
        database,
        Call(started_at_ms=NOON_MS, meters=meters),
        Call(started_at_ms=NOON_MS + 1, meters=meters, ended="left"),
        Call(started_at_ms=NOON_MS + 2, meters=meters, ended="left_unseen"),
        Call(started_at_ms=NOON_MS + 3, meters=meters, ended="failed"),
        Call(started_at_ms=NOON_MS + 4, meters=meters, card=CHEAP),
        Call(started_at_ms=NOON_MS + HOUR_MS, meters=meters),
    )
    cheap = ModelPrices(
        model_id=CHEAP.model_id, input_nanousd=500, cached_input_nanousd=0, output_nanousd=0, reasoning_nanousd=500
    )

    found = await preview(database, dear(output_nanousd=1_390), cheap, period=Period(NOON_MS, NOON_MS + HOUR_MS))
    same = await preview(database, dear())

    # Each call is rounded up by itself: 61,000 nano-USD are 122 credits.
    shown = [(one.model_id, one.inferences, one.earned_credits, one.would_earn_credits) for one in found.models]
    assert shown == [("acme/cheap", 1, 1, 140), ("acme/dear", 4, 2 * 81, 2 * 122)]
    assert [(one.inferences, one.earned_credits, one.would_earn_credits) for one in same.models] == [(5, 243, 243)]


async def test_the_holds_of_that_time_do_not_bound_a_preview(database: Path) -> None:
    await make_calls(database, Call(started_at_ms=NOON_MS, meters=Meters(0, 0, 1_000, 0), output_limit=1))

    found = await preview(database, dear())

    assert [(one.earned_credits, one.would_earn_credits) for one in found.models] == [(2, 1_390)]


async def test_a_model_that_never_had_a_price_cannot_be_previewed(database: Path) -> None:
    async with bills(database) as opened:
        unknown = ModelPrices(
            model_id="acme/daer", input_nanousd=1, cached_input_nanousd=1, output_nanousd=1, reasoning_nanousd=1
        )
        with pytest.raises(NeverPricedError, match="acme/daer"):
            await opened.preview(ALWAYS, [dear(), unknown])


def test_the_command_line_replays(tmp_path: Path) -> None:
    database = migrated_database(tmp_path)
    add_account(database)
    store_cards(database)
    made = asyncio.run(make_calls(database, *[Call(started_at_ms=NOON_MS + number * HOUR_MS) for number in range(3)]))
    commands = Commands(tmp_path)

    whole = commands.json("ledger", "replay")
    part = commands.json("ledger", "replay", "--from", "2025-11-23T13:00:00Z", "--to", "2025-11-23T15:00+01:00")
    none = commands.json("ledger", "replay", "--to", "2025-11-23")
    people = commands.run("ledger", "replay")
    tamper(database, "UPDATE inferences SET charged_credits = 80 WHERE inference_id = ?", made[1])
    broken = commands.run("ledger", "replay", "--json")
    shown = commands.run("ledger", "replay")

    assert whole == {
        "ok": True,
        "inferences": 3,
        "charged_credits": 243,
        "absorbed_credits": 0,
        "ledger_credits": 243,
        "difference_count": 0,
        "differences": [],
        "kept_from": None,
    }
    assert (part["inferences"], none["inferences"]) == (1, 0)
    assert people.code == 0
    assert "3 bills computed again: 243 credits ($0.0001215) charged" in people.output
    assert "No bill differs." in people.output
    assert broken.code == 1
    (difference,) = broken.answer["differences"]
    assert difference == {
        "inference_id": made[1],
        "expected": {"charged_credits": 81, "absorbed_credits": 0},
        "logged": {"charged_credits": 80, "absorbed_credits": 0},
        "ledger_credits": 81,
    }
    assert (shown.code, "1 bills differ." in shown.output, made[1] in shown.output) == (1, True, True)


def test_the_command_line_tries_other_prices(tmp_path: Path) -> None:
    database = migrated_database(tmp_path)
    add_account(database)
    store_cards(database)
    asyncio.run(make_calls(database, Call(started_at_ms=NOON_MS), Call(started_at_ms=NOON_MS + 1, card=FREE)))
    tamper(database, "UPDATE usage_horizon SET kept_from_ms = ?", NOON_MS - HOUR_MS)
    card = tmp_path / "card.toml"
    card.write_text(
        '["acme/dear"]\ninput_nanousd = 175\noutput_nanousd = 1390\n'
        '["acme/free"]\ninput_nanousd = 0\noutput_nanousd = 500\n'
    )
    commands = Commands(tmp_path)

    found = commands.json("ledger", "replay", "--rate-card", str(card))
    people = commands.run("ledger", "replay", "--rate-card", str(card), "--from", "2025-11-01")
    later = commands.run("ledger", "replay", "--rate-card", str(card), "--from", "2025-11-24")

    # Cached input costs what input costs, unless it is named.
    assert found["models"] == [
        {"model_id": "acme/dear", "inferences": 1, "earned_credits": 81, "would_earn_credits": 126},
        {"model_id": "acme/free", "inferences": 1, "earned_credits": 0, "would_earn_credits": 30},
    ]
    assert found["totals"] == {"earned_credits": 81, "would_earn_credits": 156}
    assert found["kept_from"] == "2025-11-23T11:00:00.000Z"
    assert "(+75)" in people.output
    assert "Calls before 2025-11-23 11:00 UTC may be gone" in people.output
    assert "may be gone" not in later.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "yesterday"], "--from"),
        (["--from", "2025-02-30"], "received '2025-02-30'"),
        (["--from", "2025-11-23", "--to", "2025-11-23"], "later than the beginning"),
        (["--rate-card", "none.toml"], "No such file"),
    ],
)
def test_the_command_line_says_what_is_wrong(tmp_path: Path, arguments: list[str], words: str) -> None:
    migrated_database(tmp_path)

    refused = Commands(tmp_path).run("ledger", "replay", *arguments, "--json")

    assert (refused.code, refused.output) == (2, "")
    assert words in refused.errors


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "found none"),
        ("[acme/dear]\ninput_nanousd = 1", "in quotes"),
        ('["acme/dear"]\ninput_nanousd = 1', "output_nanousd"),
        ('["acme/dear"]\ninput_nanousd = 1.5\noutput_nanousd = 1', "`int`"),
        ('["acme/dear"]\ninput_nanousd = 1\noutput_nanousd = 1\nprice = 3', "price"),
        ('["acme/dear"]\ninput_nanousd = -1\noutput_nanousd = 1', "input_nanousd: expected an integer from 0"),
        ('["acme/dear"]\ninput_nanousd = 1\noutput_nanousd = 1000000001', "received 1000000001"),
    ],
)
def test_a_wrong_file_of_prices_is_refused(tmp_path: Path, text: str, words: str) -> None:
    migrated_database(tmp_path)
    card = tmp_path / "card.toml"
    card.write_text(text)

    refused = Commands(tmp_path).run("ledger", "replay", "--rate-card", str(card), "--json")

    assert (refused.code, refused.output) == (2, "")
    assert words in refused.errors
    assert "card.toml" in refused.errors


def test_prices_of_a_model_that_never_had_any_are_refused(tmp_path: Path) -> None:
    migrated_database(tmp_path)
    card = tmp_path / "card.toml"
    card.write_text('["acme/daer"]\ninput_nanousd = 1\noutput_nanousd = 1')

    refused = Commands(tmp_path).run("ledger", "replay", "--rate-card", str(card), "--json")

    assert (refused.code, "acme/daer" in refused.errors) == (1, True)
