"""What the operator does with coupons, and the trail that it leaves."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import NOON_MS, HeldClock, open_ledger
from tollway.audit.types import Actor, ActorKind
from tollway.coupons.errors import CouponExistsError, UnknownCouponError, WrongCouponFieldError
from tollway.coupons.types import CouponChange, NewCoupon
from tollway.flows.manage_coupons import ManageCoupons
from tollway.flows.read_audit import ReadAudit
from tollway.flows.redeem_coupon import RedeemCoupon
from tollway.kit.database import Database

OPERATOR = Actor(ActorKind.OPERATOR_KEY, "two12345", 1)
CODE = "SPRING-26"
WANTED = NewCoupon(code=CODE, amount_credits=500, uses_max=2, note="for the fair")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    path = migrated_database(tmp_path)
    for account_id in (1, 2):
        add_account(path, account_id, keys=())
    opened = Database(path)
    yield opened
    await opened.close()


@pytest.fixture
def coupons(database: Database) -> ManageCoupons:
    return ManageCoupons(database, HeldClock())


async def trail(database: Database) -> list[tuple[str, str, str, dict[str, Any]]]:
    entries = await ReadAudit(database).page(at_most=9)
    return [(entry.actor, entry.action, entry.subject, entry.details) for entry in reversed(entries)]


async def test_a_coupon_is_made_found_and_listed(database: Database, coupons: ManageCoupons) -> None:
    made = await coupons.create(OPERATOR, WANTED)
    second = await coupons.create(OPERATOR, NewCoupon(amount_credits=1, uses_max=None))

    assert await coupons.get(" spring-26 ") == made
    assert (made.uses, made.coupon.valid_from_ms, made.coupon.enabled) == (0, NOON_MS, True)
    assert len(second.coupon.code) == 19
    assert {used.coupon.code for used in await coupons.list_page(at_most=9)} == {CODE, second.coupon.code}
    assert len(await coupons.list_page(at_most=1)) == 1
    assert len(await coupons.list_page(at_most=9, offset=1)) == 1
    after = {
        "credits": 500,
        "uses_max": 2,
        "valid_from": "2025-11-23T12:00:00.000Z",
        "valid_until": None,
        "credits_last_days": None,
        "enabled": True,
        "note": "for the fair",
    }
    assert (await trail(database))[0] == ("two12345", "coupon.create", CODE, {"after": after})


async def test_a_change_is_stored_and_told_with_before_and_after(database: Database, coupons: ManageCoupons) -> None:
    await coupons.create(OPERATOR, WANTED)
    ends_at_ms = NOON_MS + 1_000
    changed = await coupons.update(
        OPERATOR, CODE, CouponChange(enabled=False, uses_max=None, valid_until_ms=ends_at_ms, note="over")
    )

    assert await coupons.get(CODE) == changed
    coupon = changed.coupon
    assert (coupon.enabled, coupon.uses_max, coupon.valid_until_ms, coupon.note) == (False, None, ends_at_ms, "over")
    assert (await trail(database))[1:] == [
        (
            "two12345",
            "coupon.update",
            CODE,
            {
                "before": {"uses_max": 2, "valid_until": None, "enabled": True, "note": "for the fair"},
                "after": {
                    "uses_max": None,
                    "valid_until": "2025-11-23T12:00:01.000Z",
                    "enabled": False,
                    "note": "over",
                },
            },
        )
    ]


async def test_a_change_that_changes_nothing_leaves_no_trace(database: Database, coupons: ManageCoupons) -> None:
    made = await coupons.create(OPERATOR, WANTED)

    assert await coupons.update(OPERATOR, CODE, CouponChange()) == made
    assert await coupons.update(OPERATOR, CODE, CouponChange(enabled=True, uses_max=2)) == made
    assert len(await trail(database)) == 1


async def test_uses_cannot_be_fewer_than_there_were(tmp_path: Path, database: Database, coupons: ManageCoupons) -> None:
    await coupons.create(OPERATOR, WANTED)
    async with open_ledger(tmp_path / "tollway.db") as ledger:
        desk = RedeemCoupon(database, ledger, HeldClock())
        for account_id in (1, 2):
            await desk.redeem(OPERATOR, account_id, CODE)

    with pytest.raises(WrongCouponFieldError, match="at least 2"):
        await coupons.update(OPERATOR, CODE, CouponChange(uses_max=1))
    assert (await coupons.update(OPERATOR, CODE, CouponChange(uses_max=3))).uses == 2


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (NewCoupon(amount_credits=0), "credits"),
        (NewCoupon(amount_credits=-1), "credits"),
        (NewCoupon(amount_credits=2_000_000_000_001), "credits"),
        (NewCoupon(amount_credits=1, uses_max=0), "uses_max"),
        (NewCoupon(amount_credits=1, uses_max=1_000_000_001), "uses_max"),
        (NewCoupon(amount_credits=1, credits_last_days=0), "credits_last_days"),
        (NewCoupon(amount_credits=1, credits_last_days=3651), "credits_last_days"),
        (NewCoupon(amount_credits=1, valid_until_ms=NOON_MS), "valid_until"),
        (NewCoupon(amount_credits=1, valid_from_ms=NOON_MS + 9, valid_until_ms=NOON_MS + 9), "valid_until"),
        (NewCoupon(amount_credits=1, note="n" * 256), "note"),
        (NewCoupon(amount_credits=1, note="two\nlines"), "note"),
        (NewCoupon(amount_credits=1, code="no good"), "code"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_stored(
    tmp_path: Path, database: Database, coupons: ManageCoupons, wanted: NewCoupon, field: str
) -> None:
    with pytest.raises(WrongCouponFieldError) as caught:
        await coupons.create(OPERATOR, wanted)

    assert caught.value.field == field
    assert rows(tmp_path / "tollway.db", "SELECT code FROM coupons") == []
    assert await trail(database) == []


async def test_a_code_is_taken_once(database: Database, coupons: ManageCoupons) -> None:
    await coupons.create(OPERATOR, WANTED)

    with pytest.raises(CouponExistsError, match=CODE):
        await coupons.create(OPERATOR, NewCoupon(code="spring-26", amount_credits=1))
    assert len(await trail(database)) == 1


@pytest.mark.parametrize("code", ["NOBODY-S", "a b", "x" * 5_000])
async def test_a_coupon_that_is_not_there_is_unknown(coupons: ManageCoupons, code: str) -> None:
    with pytest.raises(UnknownCouponError):
        await coupons.get(code)
    with pytest.raises(UnknownCouponError):
        await coupons.update(OPERATOR, code, CouponChange(enabled=False))
