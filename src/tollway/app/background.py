"""Work beside the answers: begun again when it fails, ended with the server."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

_log = logging.getLogger(__name__)
RESTART_AFTER_S = 1.0
"""Pause before background work that failed is begun again."""


def run_beside(stack: AsyncExitStack, *work: Callable[[], Awaitable[object]]) -> None:
    """Run background work until it ends or the stack unwinds."""
    for one in work:
        task = asyncio.create_task(supervise(one))
        stack.push_async_callback(_cancel, task)


async def supervise(work: Callable[[], Awaitable[object]]) -> None:
    """Do the work, and begin again when it fails: a server whose loops have died silently would obey revoked keys."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - Whatever went wrong is logged, and the work must go on.
            _log.exception("background work failed")
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                return
            await asyncio.sleep(RESTART_AFTER_S)
        else:
            return


async def _cancel(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.wait([task])
