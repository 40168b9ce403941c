"""The owner of an account and its keys, by session."""

from pathlib import Path

import pytest

from tests.support.calls import Call, make_call
from tests.support.database import rows
from tests.support.ledger import CREDIT_CARD, NOON_MS, HeldClock
from tests.support.operator import refused
from tests.support.owner import Owner
from tests.support.service_world import OWNER, ServiceWorld, service_world
from tollway.credits.pricing import Meters
from tollway.keys.types import KeyKind, NewKey

KEYS = "/keys"
OTHER = "other@example.com"
DAY_MS = 86_400_000


async def spend(world: ServiceWorld, clock: HeldClock, key: str, at_ms: int, amount: int) -> None:
    """Let a key be charged some credits at a moment."""
    [(key_id, account_id)] = rows(world.path, "SELECT id, account_id FROM keys WHERE prefix = ?", key[:8])
    assert isinstance(key_id, int)
    assert isinstance(account_id, int)
    call = Call(started_at_ms=at_ms, card=CREDIT_CARD, meters=Meters(0, 0, amount, 0), output_limit=amount)
    await make_call(world.ledger, clock, call, account_id=account_id, key_id=key_id)


async def works(world: ServiceWorld, key: str) -> bool:
    """Whether a key is admitted."""
    answer = await world.client.get("/v1/key", headers=world.auth(key))
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


async def test_the_owner_sees_api_and_management_keys_and_no_others(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        await world.account(OWNER, operator=True)
        api = await world.key(OWNER, new=NewKey(name="laptop"))
        manager = await world.key(OWNER, KeyKind.MANAGEMENT)
        await world.key(OWNER, KeyKind.OPERATOR)
        await world.key(OTHER)
        await world.client.get("/v1/key", headers=world.auth(api))
        await world.deps.last_used.flush()
        listed = (await (await Owner.sign_in(world)).told(KEYS))["data"]

    moment = "2025-11-23T12:00:00.000Z"
    common = {"disabled": False, "scopes": None, "limit": None, "created_at": moment, "updated_at": moment}
    unspent = {"monthly_usage": 0.0, "monthly_credits": 0}
    assert listed == [
        {"kind": "api", "name": "laptop", "prefix": api[:8], "last_used_at": moment, **common, **unspent},
        {"kind": "management", "name": None, "prefix": manager[:8], "last_used_at": None, **common, **unspent},
    ]


async def test_a_new_key_is_shown_once_and_works(tmp_path: Path) -> None:
    # Both answers tell when the limit's day ends, which must be the same day.
    async with service_world(tmp_path, clock=HeldClock()) as world:
        await world.account()
        owner = await Owner.sign_in(world)
        wanted = {"name": "reports", "scopes": ["model:chat"], "limit": {"threshold": 5, "retention": "day"}}
        answer = await owner.ask("POST", KEYS, wanted)
        made = answer.json()["data"]
        assert answer.headers["cache-control"] == "no-store"
        plain = (await owner.does("POST", KEYS))["data"]
        assert [await works(world, one["key"]) for one in (made, plain)] == [True, True]
        assert (made["kind"], plain["kind"], made["key"][:8]) == ("api", "api", made["prefix"])
        assert (made["limit"]["threshold"], made["limit"]["spent"]) == (5.0, 0.0)
        listed = (await owner.told(KEYS))["data"]
        [actor, *_] = rows(world.path, "SELECT actor_kind, actor FROM audit_entries WHERE action = 'key.create'")

    assert "key" not in listed[0]
    assert {name: value for name, value in made.items() if name != "key"} == listed[0]
    assert actor == ("session", OWNER)


async def test_management_keys_are_made_changed_and_deleted_here(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        owner = await Owner.sign_in(world)
        made = (await owner.does("POST", KEYS, {"kind": "management", "name": "deploys"}))["data"]
        place = f"{KEYS}/{made['prefix']}"
        assert (await world.client.get("/v1/keys", headers=world.auth(made["key"]))).status_code == 200

        renamed = (await owner.does("PATCH", place, {"name": "releases"}))["data"]
        off = (await owner.does("PATCH", place, {"disabled": True}))["data"]
        assert not await works(world, made["key"])
        on = (await owner.does("PATCH", place, {"disabled": False}))["data"]
        assert await works(world, made["key"])
        assert (renamed["name"], off["disabled"], on["disabled"], on["kind"]) == ("releases", True, False, "management")

        assert await owner.does("DELETE", place) == {"data": {"prefix": made["prefix"], "deleted": True}}
        assert not await works(world, made["key"])
        refused(await owner.ask("PATCH", place, {"name": "gone"}), 404, code="key_not_found")
        assert (await owner.told(KEYS))["data"] == []


@pytest.mark.parametrize(
    ("period", "spent", "resets_at"),
    [
        ("no_reset", 1 + 2 + 4 + 8 + 16 + 32, None),
        # The month began on a Saturday, the week on Monday the 17th.
        ("month", 4 + 8 + 16 + 32, "2025-12-01T00:00:00.000Z"),
        ("week", 16 + 32, "2025-11-24T00:00:00.000Z"),
        ("day", 32, "2025-11-24T00:00:00.000Z"),
    ],
)
async def test_a_limit_shows_how_far_it_is_used_and_until_when(
    tmp_path: Path, period: str, spent: int, resets_at: str | None
) -> None:
    async with service_world(tmp_path, clock=(clock := HeldClock())) as world:
        await world.account(OWNER, 10_000)
        key, other = await world.key(), await world.key()
        for days, amount in ((400, 1), (23, 2), (22, 4), (7, 8), (6, 16), (0, 32)):
            await spend(world, clock, key, NOON_MS - days * DAY_MS, amount)
        await spend(world, clock, other, NOON_MS, 500)
        clock.moment_ms = NOON_MS
        owner = await Owner.sign_in(world)
        body = {"limit": {"threshold": 0.001, "retention": period}}
        changed = (await owner.does("PATCH", f"{KEYS}/{key[:8]}", body))["data"]
        [first, second] = (await owner.told(KEYS))["data"]
        without = (await owner.does("PATCH", f"{KEYS}/{key[:8]}", {"limit": None}))["data"]
        by_api = (await world.client.get("/v1/key", headers=world.auth(key))).json()["data"]

    assert changed == first
    assert first["limit"] == {
        "retention": period,
        "threshold": 0.001,
        "spent": spent / 2_000_000,
        "spent_credits": spent,
        "resets_at": resets_at,
    }
    assert (first["monthly_credits"], second["monthly_credits"], second["limit"]) == (4 + 8 + 16 + 32, 500, None)
    assert (without["limit"], without["monthly_credits"]) == (None, 60)
    assert by_api["monthly_usage"] == first["monthly_usage"] == 60 / 2_000_000


async def test_a_week_that_began_in_the_month_before_counts_whole(tmp_path: Path) -> None:
    tuesday_ms = NOON_MS + 9 * DAY_MS  # The 2nd of December, whose week began on the 1st.
    async with service_world(tmp_path, clock=(clock := HeldClock())) as world:
        await world.account(OWNER, 10_000)
        key = await world.key(new=NewKey(limit_credits=1_000, limit_period="week"))
        # Wednesday, 31 December, and Thursday, 1 January.
        for days, amount in ((29, 1), (30, 2)):
            await spend(world, clock, key, tuesday_ms + days * DAY_MS, amount)
        [shown] = (await (await Owner.sign_in(world)).told(KEYS))["data"]

    assert (shown["monthly_credits"], shown["limit"]["spent_credits"]) == (2, 3)
    assert shown["limit"]["resets_at"] == "2026-01-05T00:00:00.000Z"


async def test_keys_of_others_are_not_there_and_operators_keys_stay_as_they_are(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        await world.account(OWNER, operator=True)
        foreign = await world.key(OTHER)
        operators = await world.key(OWNER, KeyKind.OPERATOR)
        owner = await Owner.sign_in(world)
        for method, body in (("PATCH", {"disabled": True}), ("DELETE", None)):
            for prefix in (foreign[:8], "twkNobod", "x"):
                refused(await owner.ask(method, f"{KEYS}/{prefix}", body), 404, code="key_not_found")
            refused(await owner.ask(method, f"{KEYS}/{operators[:8]}", body), 403, code="operator_key_refused")
        refused(await owner.ask("POST", KEYS, {"kind": "operator"}), 400, "kind")
        assert await works(world, foreign)
        assert rows(world.path, "SELECT count(*) FROM keys WHERE enabled AND deleted_at_ms IS NULL") == [(2,)]


async def test_a_change_of_keys_needs_the_sessions_token(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        key = await world.key()
        owner = await Owner.sign_in(world)
        await owner.needs_its_token("POST", KEYS, {"name": "forged"})
        await owner.needs_its_token("PATCH", f"{KEYS}/{key[:8]}", {"disabled": True})
        await owner.needs_its_token("DELETE", f"{KEYS}/{key[:8]}")
        assert [one["name"] for one in (await owner.told(KEYS))["data"]] == [None]
        assert await works(world, key)


async def test_wrong_fields_are_refused_by_name(tmp_path: Path) -> None:
    async with service_world(tmp_path) as world:
        key = await world.key()
        owner = await Owner.sign_in(world)
        refused(await owner.ask("POST", KEYS, {"limit": {"retention": "day"}}), 400, "limit.threshold")
        refused(await owner.ask("POST", KEYS, {"colour": "red"}), 400, "colour")
        refused(await owner.ask("PATCH", f"{KEYS}/{key[:8]}", {"scopes": []}), 400, "scopes")
        refused(await owner.ask("GET", f"{KEYS}?page=2"), 400, "page", code="invalid_query")
