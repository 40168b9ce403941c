import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.support.database import add_account, migrated_database
from tests.support.ledger import open_ledger
from tollway.credits.errors import LedgerLockedError


async def test_a_second_owner_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    database = migrated_database(tmp_path)
    add_account(database)

    async with open_ledger(database):
        with pytest.raises(LedgerLockedError, match=f"process with id {os.getpid()} "):
            async with open_ledger(database):
                pass

    async with open_ledger(database) as ledger:
        assert (await ledger.balance(1)).posted_credits == 0


async def test_another_process_is_refused(tmp_path: Path) -> None:
    database = migrated_database(tmp_path)
    program = (
        "import sys; from pathlib import Path; from tollway.credits.sqlite.lock import LedgerLock\n"
        "try: LedgerLock.acquire(Path(sys.argv[1]))\n"
        "except Exception as error: print(error)"
    )

    async with open_ledger(database):
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, database, stdout=PIPE)
        said, _ = await child.communicate()

    assert f"process with id {os.getpid()} " in said.decode()
