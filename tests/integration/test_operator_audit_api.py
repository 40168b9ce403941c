"""The audit trail and the books as the operator meets them over HTTP."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.calls import Call, make_call
from tests.support.ledger import FLAGSHIP_CARD, NOON_MS, HeldClock
from tests.support.operator import Operator, operator, refused, refused_to_others
from tests.support.service_world import OWNER
from tollway.credits.pricing import Meters

AUDIT, BOOKS = "/audit", "/books"
MODEL = "baidu/ernie-5.0"
FALSIFIED = (
    ("UPDATE ledger_accounts SET posted_credits = posted_credits + 1 WHERE kind = 'wallet'", "conservation", "posted"),
    ("UPDATE transfers SET amount_credits = 80 WHERE hold_id IS NOT NULL", "posted", "key_spend", "usage_settled"),
    ("UPDATE holds SET state = 'open'", "held", "released", "usage_charged"),
    ("UPDATE key_spend SET spent_credits = 0", "key_spend"),
    ("UPDATE inferences SET charged_credits = 1", "usage_rollups", "usage_settled"),
    ("UPDATE inferences SET output_tokens = 1", "usage_rollups"),
    ("DELETE FROM inferences", "usage_rollups", "usage_settled", "usage_logged"),
    ("UPDATE usage_rollups SET charged_credits = 1", "usage_total", "usage_rollups", "usage_wide_rollups"),
    ("UPDATE usage_wide_rollups SET reasoning_tokens = 1", "usage_wide_rollups"),
)
"""One statement that falsifies the books, and the checks that must find it."""


async def make_changes(one: Operator) -> int:
    """Change a bit of everything, and return the id of the account that is concerned."""
    owner = await one.world.account(OWNER)
    await one.told("POST", f"/accounts/{owner}/grants", {"type": "BONUS", "credits": 5, "reference": "gift"})
    await one.told("POST", "/coupons", {"code": "ABCD", "credits": 5}, status=201)
    await one.told("POST", "/rate-cards", {"model": MODEL, "input_nanousd": 1, "output_nanousd": 2}, status=201)
    await one.told("PATCH", f"/models/{MODEL}", {"enabled": False})
    await one.told("PATCH", f"/accounts/{owner}", {"status": "disabled"})
    return owner


async def pages(one: Operator, limit: int, query: str = "") -> list[list[dict[str, Any]]]:
    """Every page of the trail, as `next_before` leads from one to the next."""
    found: list[list[dict[str, Any]]] = []
    before: str | None = ""
    while before is not None:
        page = await one.told("GET", f"{AUDIT}?limit={limit}{query}{before and '&before=' + before}")
        assert page["object"] == "list"
        found.append(page["data"])
        before = page["next_before"]
    return found


async def test_changes_are_listed_newest_first(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        owner = await make_changes(one)
        trail = (await one.told("GET", AUDIT))["data"]

        made = [item for item in trail if item["actor"]["kind"] != "system"]
        assert [(item["action"], item["subject"], item["account_id"]) for item in made] == [
            ("account.update", OWNER, owner),
            ("model.switch", MODEL, None),
            ("rate_card.create", MODEL, None),
            ("coupon.create", "ABCD", None),
            ("credits.grant", OWNER, owner),
        ]
        assert [item["id"] for item in trail] == sorted((item["id"] for item in trail), reverse=True)
        assert {item["at"] for item in trail} == {"2025-11-23T12:00:00.000Z"}
        assert [item["actor"] for item in made] == [{"kind": "operator_key", "name": one.key[:8]}] * 5
        assert made[-1]["details"] == {"credits": 5, "type": "BONUS", "reference": "gift", "expires_at": None}
        assert made[1]["details"] == {"before": {"enabled": True}, "after": {"enabled": False}}


async def test_a_long_trail_comes_in_pages(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        owner = await make_changes(one)
        everything = (await one.told("GET", AUDIT))["data"]
        count = len(everything)
        for limit in (1, 2, 3, count - 1, count, count + 1, 200):
            found = await pages(one, limit)
            assert [item for page in found for item in page] == everything
            # No page is empty but that of an empty trail, and only the last one is not full.
            assert [len(page) for page in found[:-1]] == [limit] * (-(-count // limit) - 1)
        # What is added meanwhile moves no page.
        first = await one.told("GET", f"{AUDIT}?limit=2")
        await one.told("POST", "/coupons", {"code": "EFGH", "credits": 5}, status=201)
        second = await one.told("GET", f"{AUDIT}?limit=2&before={first['next_before']}")
        assert first["data"] + second["data"] == everything[:4]

        of_owner = [item for item in everything if item["account_id"] == owner]
        assert [item["action"] for item in of_owner] == ["account.update", "credits.grant", "account.create"]
        assert await pages(one, 2, f"&account_id={owner}") == [of_owner[:2], of_owner[2:]]
        assert await pages(one, 3, f"&account_id={owner}") == [of_owner]
        assert await pages(one, 50, "&account_id=99") == [[]]
        assert (await one.told("GET", f"{AUDIT}?before=0"))["data"] == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", ["limit", "1"]),
        ("limit=201", ["limit", "200"]),
        ("limit=ten", ["limit", "int"]),
        ("limit=1&limit=2", ["limit"]),
        ("account_id=0", ["account_id", "1"]),
        ("account_id=x", ["account_id", "int"]),
        (f"account_id={2**63}", ["account_id"]),
        ("acount_id=2", ["acount_id", "only account_id, before, limit", "an unknown parameter"]),
        ("before=", ["before"]),
        ("before=a%20b", ["before"]),
        ("before=" + "a" * 33, ["before"]),
    ],
)
async def test_a_wrong_query_of_the_trail_is_a_400(tmp_path: Path, query: str, words: list[str]) -> None:
    async with operator(tmp_path) as one:
        refused(await one.ask("GET", f"{AUDIT}?{query}"), 400, "Query validation error", *words)


async def test_only_operators_see_the_trail_and_the_books(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        await refused_to_others(one, "GET", AUDIT)
    second = tmp_path / "second"
    second.mkdir()
    async with operator(second) as one:
        await refused_to_others(one, "GET", BOOKS)


async def test_the_books_balance_until_a_row_is_falsified(tmp_path: Path) -> None:
    async with operator(tmp_path, clock := HeldClock()) as one:
        owner = await one.world.account(OWNER, 5_000)
        key = one.world.keys.find(await one.world.key(OWNER))
        assert key is not None
        call = Call(started_at_ms=NOON_MS, card=FLAGSHIP_CARD, meters=Meters(13, 0, 278, 323))
        await make_call(one.world.ledger, clock, call, account_id=owner, key_id=key.key_id)
        sound = await one.told("GET", BOOKS)
        names = [check["name"] for check in sound["checks"]]
        assert sound["ok"] is True
        assert [(check["ok"], check["detail"] != "") for check in sound["checks"]] == [(True, True)] * len(names)
        assert sound["totals"] == {
            "balance_credits": 4_609,
            "held_credits": 0,
            "charged_credits": 391,
            "absorbed_credits": 0,
            "exposure_credits": 0,
        }

        with closing(sqlite3.connect(one.world.path)) as books, closing(sqlite3.connect(":memory:")) as copy:
            books.backup(copy)
            for statement, *checks in FALSIFIED:
                with books:
                    assert books.execute(statement).rowcount > 0, statement
                broken = await one.told("GET", BOOKS)
                assert broken["ok"] is False, statement
                assert set(checks) <= {check["name"] for check in broken["checks"] if not check["ok"]}, statement
                assert [check["name"] for check in broken["checks"]] == names
                copy.backup(books)
        assert await one.told("GET", BOOKS) == sound
