"""Coupons on the real ledger: each use is credited once, whoever comes at the same time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import Struct

from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import NOON_MS, HeldClock, faults, open_ledger
from tollway.audit.repository import list_entries
from tollway.audit.types import Actor, ActorKind, AuditEntry
from tollway.coupons.errors import (
    CouponExpiredError,
    CouponRedeemedError,
    CouponUsedUpError,
    TooManyWrongCodesError,
    UnknownCouponError,
    WrongCouponFieldError,
)
from tollway.coupons.types import CouponChange, NewCoupon
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.types import GrantType
from tollway.flows.manage_coupons import ManageCoupons
from tollway.flows.redeem_coupon import RedeemCoupon
from tollway.kit.clock import iso_utc
from tollway.kit.database import Database
from tollway.kit.errors import ExpectedError

DAY_MS = 86_400_000
OPERATOR = Actor(ActorKind.COMMAND_LINE, "root")
CODE = "SPRING-26"


def holder(account_id: int) -> Actor:
    return Actor(ActorKind.MANAGEMENT_KEY, f"twm{account_id:05d}", account_id)


class Shop(Struct, frozen=True):
    """Coupons, and where they are redeemed."""

    path: Path
    database: Database
    ledger: SqliteLedger
    clock: HeldClock
    coupons: ManageCoupons
    desk: RedeemCoupon

    def another_desk(self) -> RedeemCoupon:
        """What another server would have: nothing but the database and the ledger is shared."""
        return RedeemCoupon(self.database, self.ledger, self.clock)

    async def posted(self, account_id: int = 1) -> int:
        return (await self.ledger.balance(account_id)).posted_credits

    async def trail(self, action: str) -> list[AuditEntry]:
        async with self.database.connect() as connection:
            entries = await list_entries(connection, at_most=99)
        return [entry for entry in entries if entry.action == action]


@asynccontextmanager
async def open_shop(folder: Path, accounts: int = 3) -> AsyncIterator[Shop]:
    path, clock = migrated_database(folder), HeldClock()
    for account_id in range(1, accounts + 1):
        add_account(path, account_id, keys=())
    database = Database(path)
    try:
        async with open_ledger(path, clock) as ledger:
            desk = RedeemCoupon(database, ledger, clock)
            yield Shop(path, database, ledger, clock, ManageCoupons(database, clock), desk)
        assert await faults(path) == []
    finally:
        await database.close()


async def outcome(desk: RedeemCoupon, account_id: int, code: str = CODE) -> str:
    try:
        await desk.redeem(holder(account_id), account_id, code)
    except ExpectedError as error:
        return str(error.code)
    return "redeemed"


async def test_a_coupon_brings_its_credits_with_a_trail_and_an_end(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.coupons.create(OPERATOR, NewCoupon(code=CODE, amount_credits=500, credits_last_days=30))
        done = await shop.desk.redeem(holder(2), 2, " spring-26 ")
        [entry] = await shop.trail("coupon.redeem")

        expires_at_ms = NOON_MS + 30 * DAY_MS
        assert (done.code, done.amount_credits, done.balance_credits) == (CODE, 500, 500)
        assert done.expires_at_ms == expires_at_ms
        assert await shop.posted(2) == 500
        assert rows(shop.path, "SELECT kind, reference_id, amount_credits FROM transfers") == [
            ("BONUS", f"coupon-{CODE}-2", 500)
        ]
        assert rows(shop.path, "SELECT * FROM coupon_redemptions") == [(CODE, 1, 2, NOON_MS)]
        expiring = (
            "SELECT account_id, amount_credits, granted_at_ms, expires_at_ms, expired_at_ms FROM expiring_credits"
        )
        assert rows(shop.path, expiring) == [(2, 500, NOON_MS, expires_at_ms, None)]
        assert (entry.actor_kind, entry.actor, entry.subject, entry.account_id) == (
            ActorKind.MANAGEMENT_KEY,
            "twm00002",
            CODE,
            2,
        )
        assert entry.details == {"credits": 500, "use_number": 1, "expires_at": iso_utc(expires_at_ms)}


async def test_credits_of_a_coupon_without_days_do_not_expire(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.coupons.create(OPERATOR, NewCoupon(code=CODE, amount_credits=5))

        assert (await shop.desk.redeem(holder(1), 1, CODE)).expires_at_ms is None
        assert rows(shop.path, "SELECT * FROM expiring_credits") == []


async def test_who_comes_again_or_too_late_is_told_so(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        ends_at_ms = NOON_MS + DAY_MS
        await shop.coupons.create(
            OPERATOR, NewCoupon(code=CODE, amount_credits=5, uses_max=2, valid_until_ms=ends_at_ms)
        )
        await shop.desk.redeem(holder(1), 1, CODE)
        with pytest.raises(CouponRedeemedError, match=CODE):
            await shop.desk.redeem(holder(1), 1, CODE)
        await shop.desk.redeem(holder(2), 2, CODE)
        with pytest.raises(CouponUsedUpError):
            await shop.desk.redeem(holder(3), 3, CODE)
        shop.clock.moment_ms = ends_at_ms - 1
        with pytest.raises(CouponUsedUpError):
            await shop.desk.redeem(holder(3), 3, CODE)
        shop.clock.moment_ms = ends_at_ms
        with pytest.raises(CouponExpiredError, match=r"2025-11-24T12:00:00\.000Z"):
            await shop.desk.redeem(holder(3), 3, CODE)
        # Those who have had it are told the truth about themselves, whatever became of the coupon.
        await shop.coupons.update(OPERATOR, CODE, CouponChange(enabled=False))
        with pytest.raises(CouponRedeemedError):
            await shop.desk.redeem(holder(2), 2, CODE)

        assert [await shop.posted(account_id) for account_id in (1, 2, 3)] == [5, 5, 0]
        assert len(await shop.trail("coupon.redeem")) == 2


async def test_codes_that_are_unknown_disabled_or_not_valid_yet_are_refused_with_the_same_words(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.coupons.create(OPERATOR, NewCoupon(code="LATER", amount_credits=5, valid_from_ms=NOON_MS + 1))
        await shop.coupons.create(OPERATOR, NewCoupon(code="SWITCHED-OFF", amount_credits=5, enabled=False))
        refusals = set()
        for code in ("LATER", "SWITCHED-OFF", "NOBODY-S"):
            with pytest.raises(UnknownCouponError) as caught:
                await shop.desk.redeem(holder(1), 1, code)
            refusals.add((caught.value.message, caught.value.code, caught.value.param))
        assert len(refusals) == 1

        shop.clock.moment_ms += 1
        await shop.coupons.update(OPERATOR, "switched-off", CouponChange(enabled=True))
        assert [await outcome(shop.desk, 1, code) for code in ("LATER", "SWITCHED-OFF")] == ["redeemed"] * 2
        assert await shop.posted() == 10


async def test_what_can_be_no_code_is_no_guess(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.coupons.create(OPERATOR, NewCoupon(code=CODE, amount_credits=5))
        for _ in range(20):
            with pytest.raises(WrongCouponFieldError):
                await shop.desk.redeem(holder(1), 1, "a b")

        assert await outcome(shop.desk, 1) == "redeemed"


async def test_guessing_ends_after_ten_wrong_codes(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.coupons.create(OPERATOR, NewCoupon(code=CODE, amount_credits=5, uses_max=None))
        outcomes = [await outcome(shop.desk, 1, f"GUESS-{number}") for number in range(12)]
        assert Counter(outcomes) == {"coupon_not_found": 10, "too_many_wrong_codes": 2}

        # The right code does not help any more, so it tells nothing either; other accounts are not concerned.
        assert await outcome(shop.desk, 1) == "too_many_wrong_codes"
        assert await outcome(shop.desk, 2) == "redeemed"
        shop.clock.moment_ms += 3_600_000
        assert await outcome(shop.desk, 1) == "redeemed"


async def test_guesses_that_come_at_once_are_counted_too(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        guesses = [outcome(shop.desk, 1, f"GUESS-{number}") for number in range(100)]

        assert Counter(await asyncio.gather(*guesses)) == {"coupon_not_found": 10, "too_many_wrong_codes": 90}
        with pytest.raises(TooManyWrongCodesError) as caught:
            await shop.desk.redeem(holder(1), 1, CODE)
        assert caught.value.retry_after_s == 3_601


async def test_of_a_thousand_redemptions_exactly_ten_are_credited(tmp_path: Path) -> None:
    # If all came at once, the last of them would, on a slow machine, not get one of the database's connections in time.
    places = asyncio.Semaphore(100)

    async def come(desk: RedeemCoupon, account_id: int) -> str:
        async with places:
            return await outcome(desk, account_id)

    async with open_shop(tmp_path, accounts=50) as shop:
        await shop.coupons.create(OPERATOR, NewCoupon(code=CODE, amount_credits=700, uses_max=10))
        calls = [come(shop.desk, number % 50 + 1) for number in range(1_000)]
        counts = Counter(await asyncio.gather(*calls))
        balances = [await shop.posted(account_id) for account_id in range(1, 51)]

        assert counts["redeemed"] == 10
        assert set(counts) <= {"redeemed", "coupon_already_redeemed", "coupon_used_up"}
        assert sorted(balances) == [0] * 40 + [700] * 10
        assert rows(shop.path, "SELECT use_number FROM coupon_redemptions ORDER BY 1") == [
            (use,) for use in range(1, 11)
        ]
        assert len(await shop.trail("coupon.redeem")) == 10


async def test_desks_that_do_not_know_of_each_other_credit_each_use_once(tmp_path: Path) -> None:
    async with open_shop(tmp_path, accounts=20) as shop:
        await shop.coupons.create(OPERATOR, NewCoupon(code=CODE, amount_credits=700, uses_max=10, credits_last_days=1))
        desks = [shop.another_desk() for _ in range(20)]
        # Each account comes to several desks, each desk has several accounts.
        calls = [outcome(desks[number % 20], (number + number // 20) % 20 + 1) for number in range(100)]
        counts = Counter(await asyncio.gather(*calls))
        balances = [await shop.posted(account_id) for account_id in range(1, 21)]

        assert counts["redeemed"] == 10
        assert set(counts) <= {"redeemed", "coupon_already_redeemed", "coupon_used_up"}
        assert sorted(balances) == [0] * 10 + [700] * 10
        assert rows(shop.path, "SELECT count(*) FROM coupon_redemptions") == [(10,)]
        assert rows(shop.path, "SELECT count(*) FROM expiring_credits") == [(10,)]
        assert len(await shop.trail("coupon.redeem")) == 10


async def test_an_account_that_comes_to_two_desks_at_once_is_told_the_truth_at_both(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.coupons.create(OPERATOR, NewCoupon(code=CODE, amount_credits=5, uses_max=None))
        desks = [shop.another_desk() for _ in range(8)]
        outcomes = await asyncio.gather(*[outcome(desk, 1) for desk in desks])

        assert Counter(outcomes) == {"redeemed": 1, "coupon_already_redeemed": 7}
        assert await shop.posted() == 5


async def test_a_redemption_beside_another_movement_of_the_same_wallet_adds_up(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.coupons.create(OPERATOR, NewCoupon(code=CODE, amount_credits=5))
        await asyncio.gather(
            outcome(shop.desk, 1),
            *[shop.ledger.grant(1, 1, GrantType.PAYMENT, f"pay-{number}") for number in range(50)],
        )

        assert await shop.posted() == 55
