"""A bank's day: random movements of several accounts at once, after which every identity holds."""

import asyncio
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.database import add_account, migrated_database
from tests.support.ledger import faults, hold_request, open_ledger, usage_row
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.types import Charge, GrantType, Hold, LimitPeriod, SpendLimit, TakeType
from tollway.kit.errors import PermissionDeniedError

ACCOUNTS = 5
TELLERS = 50


class Bank:
    """Moves money at random and keeps its own, plain count of what every account must have."""

    def __init__(self, ledger: SqliteLedger, seed: int) -> None:
        self._ledger = ledger
        self._random = random.Random(seed)
        self.expected = dict.fromkeys(range(1, ACCOUNTS + 1), 0)
        self.refused = 0
        self.takes = 0
        self.taken = 0

    async def teller(self, operations: int) -> None:
        for _ in range(operations):
            account_id = self._random.randint(1, ACCOUNTS)
            dice = self._random.random()
            if dice < 0.1:
                await self._grant(account_id)
            elif dice < 0.14:
                await self._take(account_id)
            else:
                await self._inference(account_id)

    async def _grant(self, account_id: int) -> None:
        amount = self._random.randint(1, 2_000)
        await self._ledger.grant(account_id, amount, self._random.choice([GrantType.PAYMENT, GrantType.BONUS]), None)
        self.expected[account_id] += amount

    async def _take(self, account_id: int) -> None:
        kind, at_most = self._random.choice(list(TakeType)), self._random.randint(1, 2_000)
        self.takes += 1
        reference = f"take-{self.takes}"
        repetitions = self._random.choice([1, 1, 2])
        taken = await asyncio.gather(
            *[self._ledger.take(account_id, at_most, kind, reference) for _ in range(repetitions)]
        )
        assert len(set(taken)) == 1, "one reference took two amounts"
        assert 0 <= taken[0] <= at_most
        self.expected[account_id] -= taken[0]
        self.taken += taken[0]

    async def _inference(self, account_id: int) -> None:
        key_id = account_id * 10 + self._random.randint(0, 1)
        limit = SpendLimit(20_000, LimitPeriod.DAY) if key_id % 2 else None
        request = hold_request(
            account_id=account_id,
            key_id=key_id,
            prompt_tokens=self._random.randint(0, 300),
            fair_tokens=0,
            output_tokens=self._random.randint(1, 300),
            explicit=self._random.random() < 0.5,
            limit=limit,
        )
        try:
            hold = await self._ledger.hold(request)
        except PermissionDeniedError:
            self.refused += 1
            return
        ends = [self._random.choice(["settle", "void"]) for _ in range(self._random.choice([1, 1, 1, 2, 3]))]
        charged = self._random.randint(0, hold.amount_credits)
        await asyncio.gather(*[self._end(hold, end, charged) for end in ends])
        if ends[0] == "settle":
            self.expected[account_id] -= charged

    async def _end(self, hold: Hold, end: str, charged: int) -> None:
        if end == "settle":
            await self._ledger.settle(hold, Charge(charged, 0), usage_row(hold, charged=charged))
        else:
            await self._ledger.void(hold, None, usage_row(hold, failed=True))


async def run_bank(database: Path, seed: int, operations: int) -> None:
    for account_id in range(1, ACCOUNTS + 1):
        add_account(database, account_id, keys=(account_id * 10, account_id * 10 + 1))
    async with open_ledger(database) as ledger:
        bank = Bank(ledger, seed)
        await asyncio.gather(*[bank.teller(operations // TELLERS) for _ in range(TELLERS)])
        for account_id, expected in bank.expected.items():
            balance = await ledger.balance(account_id)
            assert (balance.posted_credits, balance.held_credits) == (expected, 0)
        assert bank.refused, "the day was too quiet to show anything"
        assert bank.taken, "nothing was ever taken"
    assert await faults(database) == []


async def test_a_bank_day_keeps_every_identity(tmp_path: Path) -> None:
    await run_bank(migrated_database(tmp_path), seed=20_251_123, operations=20_000)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
async def test_a_bank_year_keeps_every_identity(tmp_path: Path, seed: int) -> None:
    await run_bank(migrated_database(tmp_path), seed, operations=100_000)


programs = st.lists(
    st.tuples(
        st.integers(1, 60),  # Output tokens.
        st.integers(0, 60),  # Charge, cut to the hold.
        st.lists(st.sampled_from(["settle", "void"]), max_size=3),  # No end: left open.
        st.booleans(),  # Explicit.
    ),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(funds=st.integers(1, 400), program=programs)
def test_any_program_keeps_every_identity(
    tmp_path: Path, funds: int, program: list[tuple[int, int, list[str], bool]]
) -> None:
    asyncio.run(_run_program(tmp_path, funds, program))


async def _run_program(folder: Path, funds: int, program: list[tuple[int, int, list[str], bool]]) -> None:
    database = migrated_database(Path(tempfile.mkdtemp(dir=folder)))
    add_account(database)
    paid: list[int] = []

    async def inference(output_tokens: int, charge: int, ends: list[str], explicit: bool) -> None:
        try:
            hold = await ledger.hold(hold_request(output_tokens=output_tokens, explicit=explicit))
        except PermissionDeniedError:
            return
        charged = min(charge, hold.amount_credits)
        for end in ends:
            if end == "settle":
                await ledger.settle(hold, Charge(charged, 0), usage_row(hold, charged=charged))
            else:
                await ledger.void(hold, None, usage_row(hold, failed=True))
        if ends[:1] == ["settle"]:
            paid.append(charged)

    async with open_ledger(database) as ledger:
        await ledger.grant(1, funds, GrantType.BONUS, None)
        await asyncio.gather(*[inference(*step) for step in program])
        balance = await ledger.balance(1)
        assert balance.posted_credits == funds - sum(paid)
        assert 0 <= balance.held_credits <= balance.posted_credits
        assert await faults(database) == []
    async with open_ledger(database) as ledger:
        assert (await ledger.balance(1)).available_credits == funds - sum(paid)
    assert await faults(database) == []
