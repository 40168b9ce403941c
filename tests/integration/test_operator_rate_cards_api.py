"""Prices as the operator meets them over HTTP."""

import itertools
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tests.support.calls import Call, make_call, some_calls
from tests.support.database import rows
from tests.support.ledger import FLAGSHIP_CARD, NOON_MS, HeldClock
from tests.support.operator import EMAIL, Operator, operator, refused, refused_to_others
from tests.support.service_world import OWNER
from tollway.catalog.loader import load_models
from tollway.credits.pricing import Meters, RateCard
from tollway.kit.clock import iso_utc
from tollway.kit.settings import Settings

CARDS, PREVIEW = "/rate-cards", "/rate-cards/preview"
FLAGSHIP, ALIAS, UNPRICED = "baidu/ernie-x1-turbo-32k", "Ernie-X1-Turbo-32K", "baidu/ernie-5.0"
DAY_MS, QUARTER_MS = 86_400_000, 900_000
NOON = "2025-11-23T12:00:00.000Z"
FROM_FILE = {
    "model": FLAGSHIP,
    "version": 1,
    "source": "catalog",
    "in_force": True,
    "input_nanousd": 175,
    "cached_input_nanousd": 175,
    "output_nanousd": 695,
    "reasoning_nanousd": 0,
    "effective_from": NOON,
    "created_at": NOON,
}
PRICES = {"model": FLAGSHIP, "input_nanousd": 200, "output_nanousd": 800}
PERIOD = {"from": "2025-11-23T00:00:00Z", "to": "2025-11-24T00:00:00Z"}
DEPRECATED = """
id = "acme/old"
name = "Old"
developer = "Acme"
description = "Was good."
context_length = 1000
output_max = 1000
default_output_tokens = 100
successor = "baidu/ernie-x1-turbo-32k"
"""
WRONG_PRICES: tuple[tuple[object, list[str]], ...] = (
    ({}, ["model", "required"]),
    ({"model": FLAGSHIP, "output_nanousd": 1}, ["input_nanousd", "required"]),
    ({"model": FLAGSHIP, "input_nanousd": 1}, ["output_nanousd", "required"]),
    (PRICES | {"model": 5}, ["model", "expected string", "received number 5"]),
    (PRICES | {"input_nanousd": -1}, ["input_nanousd", "expected", "0", "received number -1"]),
    (PRICES | {"output_nanousd": 1_000_000_001}, ["output_nanousd", "1000000000", "received number 1000000001"]),
    (PRICES | {"output_nanousd": 2**64}, ["output_nanousd", "received number 18446744073709551616"]),
    (PRICES | {"reasoning_nanousd": 1.5}, ["reasoning_nanousd", "integer", "received number 1.5"]),
    (PRICES | {"reasoning_nanousd": None}, ["reasoning_nanousd", "integer", "received null"]),
    (PRICES | {"input_nanousd": "175"}, ["input_nanousd", "integer", "received string '175'"]),
    (PRICES | {"cached_input_nanousd": True}, ["cached_input_nanousd", "integer", "received boolean true"]),
    (PRICES | {"price": 3}, ["price", "unknown field"]),
    ([PRICES], ["body", "expected object", "received array of length 1"]),
)
WRONG_MOMENTS: tuple[tuple[object, list[str]], ...] = (
    (5, ["expected string", "received number 5"]),
    ("tomorrow", ["expected a moment in ISO 8601 with an offset", "received string 'tomorrow'"]),
    ("2026-01-01T00:00:00", ["offset", "received string '2026-01-01T00:00:00'"]),
    ("2026-02-30T00:00:00Z", ["calendar", "2026-02-30"]),
    ("2025-11-23T11:58:59Z", ["expected a moment from now on", NOON, "received 2025-11-23T11:58:59.000Z"]),
    ("2035-12-31T00:00:00Z", ["expected a moment within the next ten years", "received 2035-12-31"]),
    ("9999-12-31T23:59:59-01:00", ["before the year 10000"]),
)


async def versions(one: Operator, name: str = FLAGSHIP) -> list[tuple[int, bool]]:
    listed = await one.told("GET", f"{CARDS}?model={name}")
    assert listed["object"] == "list"
    return [(entry["version"], entry["in_force"]) for entry in listed["data"]]


async def set_prices(one: Operator, **more: object) -> dict[str, Any]:
    made: dict[str, Any] = await one.told("POST", CARDS, PRICES | more, status=201)
    return made


async def test_models_begin_with_the_prices_of_their_files(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        listed = (await one.told("GET", CARDS))["data"]

    assert {entry["model"]: entry for entry in listed}[FLAGSHIP] == FROM_FILE
    priced = sorted(model.id for model in load_models() if model.price is not None)
    assert [entry["model"] for entry in listed] == priced
    assert all(entry["in_force"] for entry in listed)


async def test_prices_hold_at_once_or_from_a_moment_on(tmp_path: Path) -> None:
    clock = HeldClock()
    async with operator(tmp_path, clock) as one:
        clock.moment_ms += 5
        now = await set_prices(one, model=ALIAS)
        later = await set_prices(
            one,
            input_nanousd=0,
            cached_input_nanousd=7,
            reasoning_nanousd=1_000_000_000,
            effective_from="2025-11-24T13:00:00.0001+01:00",
        )
        seen = [await versions(one), await versions(one, ALIAS)]
        clock.moment_ms = NOON_MS + DAY_MS
        seen.append(await versions(one))
        clock.moment_ms += 1
        seen.append(await versions(one))
        # Prices that are set at once hold in spite of those that were to come.
        again = await set_prices(one)
        seen.append(await versions(one))
        of_one = {entry["model"] for entry in (await one.told("GET", f"{CARDS}?model={ALIAS}"))["data"]}

    moment = "2025-11-23T12:00:00.005Z"
    assert now == FROM_FILE | {
        "version": 2,
        "source": "operator",
        "input_nanousd": 200,
        "cached_input_nanousd": 200,
        "output_nanousd": 800,
        "effective_from": moment,
        "created_at": moment,
    }
    assert later == now | {
        "version": 3,
        "in_force": False,
        "input_nanousd": 0,
        "cached_input_nanousd": 7,
        "reasoning_nanousd": 1_000_000_000,
        "effective_from": "2025-11-24T12:00:00.001Z",
    }
    assert (again["version"], again["in_force"]) == (4, True)
    before = [(3, False), (2, True), (1, False)]
    after = [(3, True), (2, False), (1, False)]
    assert seen == [before, before, before, after, [(4, True), (3, False), (2, False), (1, False)]]
    assert of_one == {FLAGSHIP}


async def test_a_moment_that_has_just_passed_is_now(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        made = await set_prices(one, effective_from="2025-11-23T11:59:00Z")

    assert (made["effective_from"], made["in_force"]) == (NOON, True)


async def test_a_model_without_a_price_gets_its_first_one(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        assert await versions(one, UNPRICED) == []
        first = await set_prices(one, model=UNPRICED, effective_from="2025-11-23T13:00:00Z")
        assert await versions(one, UNPRICED) == [(1, False)]
        [entry] = await one.trail("rate_card.")

    assert first["version"] == 1
    assert entry.details["before"] is None


async def test_the_trail_tells_who_set_which_price_instead_of_which(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        await set_prices(one)
        await set_prices(one, output_nanousd=900, effective_from="2025-11-24T12:00:00Z")
        # What it replaces is what would hold then, and not what holds now.
        await set_prices(one, output_nanousd=1_000, effective_from="2025-11-25T12:00:00Z")
        entries = await one.trail("rate_card.")

        assert {(entry.actor_kind, entry.actor, entry.action, entry.subject) for entry in entries} == {
            ("operator_key", one.key[:8], "rate_card.create", FLAGSHIP)
        }

    told = {name: value for name, value in FROM_FILE.items() if name not in {"model", "in_force", "created_at"}}
    chain: list[dict[str, object]] = [told]
    for version, (output_nanousd, moment) in enumerate(
        [(800, NOON), (900, "2025-11-24T12:00:00.000Z"), (1_000, "2025-11-25T12:00:00.000Z")], start=2
    ):
        prices = {"input_nanousd": 200, "cached_input_nanousd": 200, "output_nanousd": output_nanousd}
        chain.append(told | prices | {"version": version, "source": "operator", "effective_from": moment})
    assert [entry.details for entry in entries] == [
        {"before": before, "after": after} for before, after in itertools.pairwise(chain)
    ]


async def test_wrong_prices_are_a_400_that_names_the_field(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        before = await one.told("GET", CARDS)
        for body, words in WRONG_PRICES:
            refused(await one.ask("POST", CARDS, body), 400, "Body validation error", *words)
            if isinstance(body, dict):
                body = body | PERIOD  # noqa: PLW2901 - The same prices for the other endpoint.
            refused(await one.ask("POST", PREVIEW, body), 400, "Body validation error", *words)
        for moment, words in WRONG_MOMENTS:
            body = PRICES | {"effective_from": moment}
            refused(await one.ask("POST", CARDS, body), 400, "Body validation error: effective_from", *words)
        refused(await one.ask("POST", CARDS), 400)

        assert await one.told("GET", CARDS) == before
        assert await one.trail() == []


async def test_models_that_cannot_be_priced_are_refused(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    (catalog / "old.toml").write_text(DEPRECATED)
    async with operator(tmp_path, HeldClock(), Settings(catalog_dir=str(catalog))) as one:
        misspelt = PRICES | {"model": "baidu/ernie-x1-turbo-23k"}
        answers = [
            await one.ask("POST", CARDS, misspelt),
            await one.ask("POST", PREVIEW, misspelt | PERIOD),
            await one.ask("GET", f"{CARDS}?model=baidu/ernie-x1-turbo-23k"),
        ]
        for answer in answers:
            refused(answer, 404, "baidu/ernie-x1-turbo-23k", f"Did you mean '{FLAGSHIP}'?", code="model_not_found")
        old = await one.ask("POST", CARDS, PRICES | {"model": "acme/old"})
        refused(old, 409, "'acme/old' is deprecated", FLAGSHIP, code="model_deprecated")
        assert await versions(one, "acme/old") == []
        assert await one.trail() == []


async def test_only_operators_see_and_set_prices(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        await refused_to_others(one, "GET", CARDS)
        await refused_to_others(one, "POST", PREVIEW, PRICES | PERIOD)
        assert await one.trail("rate_card.") == []

    second = tmp_path / "second"
    second.mkdir()
    async with operator(second, HeldClock()) as one:
        await refused_to_others(one, "POST", CARDS, PRICES)
        [entry] = await one.trail("rate_card.")
        assert (entry.actor_kind, entry.actor) == ("session", EMAIL)


OTHER = RateCard("baidu/ernie-x1.1-preview", 1, 165, 165, 661, 0)


def nanousd(meters: Meters, card: RateCard) -> int:
    prompt = meters.input * card.input_nanousd + meters.cached_input * card.cached_input_nanousd
    return prompt + meters.output * card.output_nanousd + meters.reasoning * card.reasoning_nanousd


def previewed(calls: Iterable[Call], from_ms: int, to_ms: int, prices: RateCard) -> dict[str, object]:
    """What a preview must say, from the calls themselves."""
    first_ms, end_ms = from_ms // QUARTER_MS * QUARTER_MS, -(-to_ms // QUARTER_MS) * QUARTER_MS
    within = [call for call in calls if call.card is FLAGSHIP_CARD and first_ms <= call.started_at_ms < end_ms]
    # Who left before anything was delivered is charged nothing, and counts as answered.
    meters = [Meters() if call.ended == "left_unseen" else call.meters for call in within if call.ended != "failed"]
    earned = sum(-(-nanousd(one, FLAGSHIP_CARD) // 500) for one in meters)
    would_have = -(-sum(nanousd(one, prices) for one in meters) // 500)
    return {
        "model": FLAGSHIP,
        "from": iso_utc(first_ms),
        "to": iso_utc(end_ms),
        "requests": len(meters),
        "tokens": {
            "input": sum(one.input for one in meters),
            "cached_input": sum(one.cached_input for one in meters),
            "output": sum(one.output for one in meters),
            "reasoning": sum(one.reasoning for one in meters),
        },
        "earned_credits": earned,
        "earned_usd": earned / 2_000_000,
        "would_have_earned_credits": would_have,
        "would_have_earned_usd": would_have / 2_000_000,
    }


async def test_a_preview_computes_what_other_prices_would_have_earned(tmp_path: Path) -> None:
    chance, clock = random.Random(11), HeldClock()
    calls = [
        replace(call, card=chance.choice([FLAGSHIP_CARD, FLAGSHIP_CARD, OTHER]), output_limit=10_000)
        for call in some_calls(chance, 150, from_ms=NOON_MS + 1, every_ms=11 * 60_000)
    ]
    last_ms = calls[-1].started_at_ms
    async with operator(tmp_path, clock) as one:
        accounts = [await one.world.account(email, 2**40) for email in (OWNER, "joe@example.com")]
        entries = [one.world.keys.find(await one.world.key(email)) for email in (OWNER, "joe@example.com")]
        key_ids = [entry.key_id for entry in entries if entry is not None]
        for number, call in enumerate(calls):
            # What each account used counts, of whichever key.
            owner = number % 2
            await make_call(one.world.ledger, clock, call, account_id=accounts[owner], key_id=key_ids[owner])
        before, trail = await one.told("GET", CARDS), await one.trail()
        periods = [(NOON_MS, last_ms + DAY_MS), (NOON_MS, NOON_MS + 1), (last_ms + DAY_MS, last_ms + 2 * DAY_MS)]
        for _ in range(20):
            from_ms, to_ms = sorted(chance.sample(range(NOON_MS, last_ms), 2))
            periods.append((from_ms, to_ms))
        for from_ms, to_ms in periods:
            prices = RateCard(ALIAS, 0, *(chance.randint(0, 5_000) for _ in range(4)))
            body = {
                "model": prices.model_id,
                "input_nanousd": prices.input_nanousd,
                "cached_input_nanousd": prices.cached_input_nanousd,
                "output_nanousd": prices.output_nanousd,
                "reasoning_nanousd": prices.reasoning_nanousd,
                "from": iso_utc(from_ms),
                "to": iso_utc(to_ms),
            }
            expected = previewed(calls, from_ms, to_ms, prices)
            assert await one.told("POST", PREVIEW, body) == expected
        everything = await one.told("POST", PREVIEW, PRICES | {"from": NOON, "to": iso_utc(last_ms + DAY_MS)})

        charged = rows(one.world.path, "SELECT sum(charged_credits) FROM inferences WHERE model_id = ?", FLAGSHIP)
        assert [(everything["earned_credits"],)] == charged
        assert everything["requests"] > 20
        assert (await one.told("GET", CARDS), await one.trail()) == (before, trail)


async def test_a_wrong_period_is_a_400_that_names_the_field(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        cases: list[tuple[dict[str, object], list[str]]] = [
            ({"from": NOON}, ["to", "required"]),
            ({"from": NOON, "to": NOON}, ["to", "later than from", f"received string '{NOON}'"]),
            ({"from": "2025-11-23T12:00:00", "to": NOON}, ["from", "offset"]),
            ({"from": NOON, "to": "2025-11-24"}, ["to", "offset", "'2025-11-24'"]),
            ({"from": "2015-01-01T00:00:00Z", "to": NOON}, ["to", "at most 3660 days after from"]),
            ({"from": "9999-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}, ["to", "3660 days from now"]),
        ]
        for period, words in cases:
            answer = await one.ask("POST", PREVIEW, PRICES | period)
            refused(answer, 400, "Body validation error", *words)
        empty = await one.told("POST", PREVIEW, PRICES | PERIOD)
        assert (empty["requests"], empty["earned_credits"], empty["would_have_earned_credits"]) == (0, 0, 0)
