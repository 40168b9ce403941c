"""A process that moves money until it is killed. It writes one line for each settlement that was acknowledged."""

import asyncio
import os
import sys
from pathlib import Path

from tests.support.ledger import hold_request, open_ledger, usage_row
from tollway.credits.types import Charge
from tollway.kit.clock import SystemClock

TASKS = 32


async def run(database: Path) -> None:
    async with open_ledger(database, SystemClock()) as ledger:

        async def caller() -> None:
            while True:
                hold = await ledger.hold(hold_request(output_tokens=10, explicit=True))
                if hold.inference_id[-1] in "012345":
                    await ledger.void(hold, None, usage_row(hold, failed=True))
                    continue
                await ledger.settle(hold, Charge(7, 0), usage_row(hold, charged=7))
                os.write(sys.stdout.fileno(), f"{hold.inference_id}\n".encode("ascii"))

        # Its caller waits for ever: whenever the process is killed, there is money to be given back.
        await ledger.hold(hold_request(output_tokens=10, explicit=True))
        await asyncio.gather(*[caller() for _ in range(TASKS)])


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
