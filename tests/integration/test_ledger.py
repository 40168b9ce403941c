import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import (
    FLAGSHIP_CARD,
    FREE_CARD,
    NOON_MS,
    HeldClock,
    faults,
    hold_request,
    nothing_held,
    open_ledger,
    usage_row,
)
from tollway.credits.errors import (
    GrantConflictError,
    KeyLimitReachedError,
    OutOfCreditsError,
    UnknownAccountError,
)
from tollway.credits.pricing import Meters
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.types import Balance, Charge, Exposure, GrantType, Hold, LimitPeriod, SpendLimit

DAY_MS = 86_400_000
PER_DAY = SpendLimit(100, LimitPeriod.DAY)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = migrated_database(tmp_path)
    add_account(path, 1, keys=(1, 2))
    add_account(path, 2, keys=(3,))
    return path


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def ledger(database: Path, clock: HeldClock) -> AsyncIterator[SqliteLedger]:
    async with open_ledger(database, clock) as opened:
        yield opened
        # Whatever a test did, the books balance.
        assert await faults(database) == []


async def fund(ledger: SqliteLedger, amount_credits: int) -> None:
    await ledger.grant(1, amount_credits, GrantType.BONUS, None)


async def settle(ledger: SqliteLedger, hold: Hold, charged: int) -> None:
    await ledger.settle(hold, Charge(charged, 0), usage_row(hold, charged=charged))


async def test_a_settled_hold_pays_its_charge_and_frees_the_rest(ledger: SqliteLedger, database: Path) -> None:
    await fund(ledger, 100)

    hold = await ledger.hold(hold_request(output_tokens=60))
    assert await ledger.balance(1) == Balance(100, 60)

    await settle(ledger, hold, 25)
    assert await ledger.balance(1) == Balance(75, 0)
    assert rows(database, "SELECT posted_credits, held_credits FROM ledger_accounts WHERE account_id = 1") == [(75, 0)]
    assert rows(database, "SELECT posted_credits FROM ledger_accounts WHERE kind = 'revenue'") == [(25,)]


async def test_the_golden_bill_leaves_the_wallet(ledger: SqliteLedger) -> None:
    await fund(ledger, 100_000)

    hold = await ledger.hold(hold_request(card=FLAGSHIP_CARD, prompt_tokens=40, output_tokens=2_000))
    await settle(ledger, hold, 391)

    assert await ledger.balance(1) == Balance(100_000 - 391, 0)


async def test_a_voided_hold_costs_nothing_and_records_the_exposure(ledger: SqliteLedger, database: Path) -> None:
    await fund(ledger, 100)
    hold = await ledger.hold(hold_request(output_tokens=60))

    exposure = Exposure(reason="upstream_failed", received=Meters(1, 2, 3, 4), amount_credits=10)
    await ledger.void(hold, exposure, usage_row(hold, failed=True))

    assert await ledger.balance(1) == Balance(100, 0)
    assert rows(database, "SELECT * FROM exposures") == [
        (hold.inference_id, "upstream_failed", 1, 2, 3, 4, 10, NOON_MS)
    ]


async def test_what_is_acknowledged_is_in_the_database(ledger: SqliteLedger, database: Path) -> None:
    await fund(ledger, 100)
    hold = await ledger.hold(hold_request(output_tokens=60))
    assert rows(database, "SELECT state, amount_credits FROM holds") == [("open", 60)]

    await settle(ledger, hold, 25)
    assert rows(database, "SELECT state FROM holds") == [("settled",)]
    assert rows(database, "SELECT charged_credits FROM inferences") == [(25,)]


@pytest.mark.parametrize("first", ["settle", "void"])
@pytest.mark.parametrize("second", ["settle", "void"])
@pytest.mark.parametrize("together", [True, False])
async def test_the_second_end_of_a_hold_does_nothing(
    ledger: SqliteLedger, database: Path, first: str, second: str, together: bool
) -> None:
    await fund(ledger, 100)
    hold = await ledger.hold(hold_request(output_tokens=60))
    ends = {"settle": lambda: settle(ledger, hold, 25), "void": lambda: ledger.void(hold, None, usage_row(hold))}

    if together:
        await asyncio.gather(ends[first](), ends[second]())
    else:
        await ends[first]()
        await ends[second]()

    assert await ledger.balance(1) == Balance(75 if first == "settle" else 100, 0)
    assert rows(database, "SELECT count(*) FROM transfers WHERE hold_id IS NOT NULL") == [(int(first == "settle"),)]


async def test_a_charge_above_the_hold_is_a_bug(ledger: SqliteLedger) -> None:
    await fund(ledger, 100)
    hold = await ledger.hold(hold_request(output_tokens=60))

    with pytest.raises(ValueError, match="61"):
        await ledger.settle(hold, Charge(61, 0))
    await settle(ledger, hold, 60)


async def test_parallel_holds_never_overdraw(ledger: SqliteLedger) -> None:
    await fund(ledger, 10 * 70 + 69)
    requests = [hold_request(prompt_tokens=10, output_tokens=60) for _ in range(1_000)]

    outcomes = await asyncio.gather(*[ledger.hold(request) for request in requests], return_exceptions=True)

    admitted = [outcome for outcome in outcomes if isinstance(outcome, Hold)]
    assert len(admitted) == 10
    assert sum(isinstance(outcome, OutOfCreditsError) for outcome in outcomes) == 990
    assert await ledger.balance(1) == Balance(769, 700)
    await asyncio.gather(*[ledger.void(hold, None, usage_row(hold, failed=True)) for hold in admitted])


async def test_an_empty_wallet_is_told_its_balance_and_where_to_top_up(ledger: SqliteLedger) -> None:
    await fund(ledger, 1_000)

    with pytest.raises(OutOfCreditsError) as refused:
        await ledger.hold(hold_request(output_tokens=2_000))

    assert (refused.value.status, refused.value.code) == (403, "insufficient_credits")
    assert "1000 credits ($0.0005)" in refused.value.message
    assert "/app/billing" in refused.value.message
    assert await ledger.balance(1) == Balance(1_000, 0)


async def test_the_default_cap_is_cut_to_what_can_be_paid(ledger: SqliteLedger) -> None:
    await fund(ledger, 50)

    hold = await ledger.hold(hold_request(prompt_tokens=20, output_tokens=1_000, explicit=False))

    assert (hold.output_tokens, hold.amount_credits) == (30, 50)
    await settle(ledger, hold, 50)


async def test_a_free_model_answers_an_account_that_never_had_credits(ledger: SqliteLedger) -> None:
    hold = await ledger.hold(hold_request(account_id=2, key_id=3, card=FREE_CARD, prompt_tokens=500))

    assert hold.amount_credits == 0
    await settle(ledger, hold, 0)
    assert await ledger.balance(2) == Balance(0, 0)


async def test_a_key_limit_binds_its_key_alone(ledger: SqliteLedger) -> None:
    await fund(ledger, 1_000)
    hold = await ledger.hold(hold_request(output_tokens=80, limit=PER_DAY))

    with pytest.raises(KeyLimitReachedError) as refused:
        await ledger.hold(hold_request(output_tokens=21, limit=PER_DAY))
    assert (refused.value.status, refused.value.code) == (403, "key_limit_reached")
    assert "100 credits ($0.00005) per day" in refused.value.message
    assert "/app/keys" in refused.value.message

    other = await ledger.hold(hold_request(key_id=2, output_tokens=21, limit=PER_DAY))
    await settle(ledger, hold, 30)
    await settle(ledger, other, 21)
    last = await ledger.hold(hold_request(output_tokens=70, limit=PER_DAY))
    await settle(ledger, last, 70)


async def test_parallel_holds_never_pass_a_key_limit(ledger: SqliteLedger) -> None:
    await fund(ledger, 100_000)
    requests = [hold_request(output_tokens=9, limit=PER_DAY) for _ in range(200)]

    outcomes = await asyncio.gather(*[ledger.hold(request) for request in requests], return_exceptions=True)

    admitted = [outcome for outcome in outcomes if isinstance(outcome, Hold)]
    assert len(admitted) == 11
    await asyncio.gather(*[settle(ledger, hold, 9) for hold in admitted])


async def test_the_key_limit_cuts_the_default_cap_too(ledger: SqliteLedger) -> None:
    await fund(ledger, 1_000)

    hold = await ledger.hold(hold_request(output_tokens=500, explicit=False, limit=PER_DAY))

    assert hold.output_tokens == 100
    await ledger.void(hold, None, usage_row(hold, failed=True))


@pytest.mark.parametrize(
    ("period", "days_until_reset"),
    [(LimitPeriod.DAY, 1), (LimitPeriod.WEEK, 1), (LimitPeriod.MONTH, 8), (LimitPeriod.NO_RESET, None)],
)
async def test_spend_starts_anew_with_the_period(
    ledger: SqliteLedger, clock: HeldClock, period: LimitPeriod, days_until_reset: int | None
) -> None:
    await fund(ledger, 10_000)
    limit = SpendLimit(100, period)
    hold = await ledger.hold(hold_request(output_tokens=100, limit=limit))
    midnight = NOON_MS + DAY_MS // 2

    # What is held before midnight counts in the period in which it was held, whenever it is settled.
    clock.moment_ms = midnight + ((days_until_reset or 400) - 1) * DAY_MS - 1
    with pytest.raises(KeyLimitReachedError):
        await ledger.hold(hold_request(output_tokens=1, limit=limit))

    clock.moment_ms += 1
    await settle(ledger, hold, 100)
    if days_until_reset is None:
        with pytest.raises(KeyLimitReachedError):
            await ledger.hold(hold_request(output_tokens=1, limit=limit))
    else:
        await settle(ledger, await ledger.hold(hold_request(output_tokens=100, limit=limit)), 100)


async def test_a_limit_that_is_set_later_counts_what_was_spent_before(database: Path) -> None:
    async with open_ledger(database) as ledger:
        await fund(ledger, 1_000)
        await settle(ledger, await ledger.hold(hold_request(output_tokens=90)), 90)

    async with open_ledger(database) as ledger:
        for period in LimitPeriod:
            with pytest.raises(KeyLimitReachedError):
                await ledger.hold(hold_request(output_tokens=11, limit=SpendLimit(100, period)))
    assert await faults(database) == []


async def test_a_used_reference_grants_once(ledger: SqliteLedger) -> None:
    granted = [ledger.grant(1, 500, GrantType.PAYMENT, "invoice-1") for _ in range(20)]

    await asyncio.gather(*granted)

    assert await ledger.balance(1) == Balance(500, 0)
    for account_id, amount in ((1, 501), (2, 500)):
        with pytest.raises(GrantConflictError):
            await ledger.grant(account_id, amount, GrantType.PAYMENT, "invoice-1")
    assert await ledger.grant(1, 500, GrantType.BONUS, "invoice-1") == Balance(1_000, 0)


async def test_an_adjustment_takes_no_more_than_is_available(ledger: SqliteLedger) -> None:
    await fund(ledger, 100)
    hold = await ledger.hold(hold_request(output_tokens=60))

    with pytest.raises(OutOfCreditsError):
        await ledger.grant(1, -41, GrantType.ADJUSTMENT, None)
    assert await ledger.grant(1, -40, GrantType.ADJUSTMENT, "correction") == Balance(60, 60)
    assert await ledger.grant(1, -40, GrantType.ADJUSTMENT, "correction") == Balance(60, 60)

    await settle(ledger, hold, 60)
    assert await ledger.balance(1) == Balance(0, 0)


@pytest.mark.parametrize(("amount", "kind"), [(0, GrantType.BONUS), (-1, GrantType.BONUS), (-1, GrantType.PAYMENT)])
async def test_a_grant_that_gives_nothing_is_a_bug(ledger: SqliteLedger, amount: int, kind: GrantType) -> None:
    with pytest.raises(ValueError, match=str(amount)):
        await ledger.grant(1, amount, kind, None)


async def test_an_account_that_does_not_exist_gets_nothing(ledger: SqliteLedger) -> None:
    with pytest.raises(UnknownAccountError):
        await ledger.grant(99, 5, GrantType.BONUS, None)
    assert await ledger.balance(99) == Balance(0, 0)


async def test_a_hold_whose_caller_is_gone_is_released(ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollway.credits.sqlite.ledger.RETRY_S", 0.01)
    await fund(ledger, 100)
    asking = asyncio.create_task(ledger.hold(hold_request(output_tokens=60)))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    await nothing_held(ledger)
    assert await ledger.balance(1) == Balance(100, 0)


async def test_books_survive_a_restart(database: Path) -> None:
    async with open_ledger(database) as ledger:
        await fund(ledger, 1_000)
        await settle(ledger, await ledger.hold(hold_request(output_tokens=90, limit=PER_DAY)), 90)

    async with open_ledger(database) as ledger:
        assert await ledger.balance(1) == Balance(910, 0)
        with pytest.raises(KeyLimitReachedError):
            await ledger.hold(hold_request(output_tokens=11, limit=PER_DAY))
