"""SIGKILL under load: what was acknowledged is in the books, and nothing stays held."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import faults, open_ledger
from tollway.credits.types import GrantType

ROOT = Path(__file__).resolve().parents[2]


async def kill_and_recover(tmp_path: Path, kills: int) -> None:
    database = migrated_database(tmp_path)
    add_account(database)
    async with open_ledger(database) as ledger:
        await ledger.grant(1, 10**9, GrantType.BONUS, None)
    chance = random.Random(kills)
    acknowledged: set[str] = set()
    recovered = 0
    for _ in range(kills):
        acknowledged |= _run_until_killed(database, after_lines=chance.randint(1, 400))
        recovered += int(str(rows(database, "SELECT count(*) FROM holds WHERE state = 'open'")[0][0]))
        assert await faults(database) == []
        async with open_ledger(database) as ledger:
            balance = await ledger.balance(1)
        assert balance.held_credits == 0
        assert rows(database, "SELECT count(*) FROM holds WHERE state = 'open'") == [(0,)]
        assert await faults(database) == []
        settled = {hold_id for (hold_id,) in rows(database, "SELECT id FROM holds WHERE state = 'settled'")}
        assert acknowledged <= settled
        assert balance.posted_credits == 10**9 - 7 * len(settled)
    assert recovered >= kills, "a kill met no open hold, so that nothing was shown"
    assert rows(database, "SELECT count(*) FROM exposures") == [(recovered,)]


def _run_until_killed(database: Path, after_lines: int) -> set[str]:
    program = [sys.executable, "-m", "tests.support.ledger_child", str(database)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        seen = [child.stdout.readline() for _ in range(after_lines)]
        child.kill()
        # The last line may have been cut, and was then not heard.
        seen += child.stdout.readlines()
    return {line.strip() for line in seen if line.endswith("\n")}


async def test_nothing_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    await asyncio.wait_for(kill_and_recover(tmp_path, kills=4), timeout=250)


@pytest.mark.soak
async def test_nothing_is_lost_in_500_kills(tmp_path: Path) -> None:
    await kill_and_recover(tmp_path, kills=400)
