"""`Reply.wait`: an interruption ends what is awaited, leaks nothing, and disturbs nothing that comes after it."""

import asyncio
import gc

import pytest

from tollway.flows.complete_chat.reply import AnswerHead, InterruptedRequestError, Interruption, Reply

LEFT, STOPPING = Interruption.CLIENT_LEFT, Interruption.SHUTTING_DOWN


class SilentReply(Reply):
    is_congested = False

    async def drained(self) -> None: ...

    def send_json(self, head: AnswerHead, body: bytes, credits_used: int) -> None: ...

    def start_stream(self, head: AnswerHead) -> None: ...

    def write(self, data: bytes) -> None: ...

    def cut(self) -> None: ...

    def finish(self, data: bytes) -> None: ...


async def give(value: int) -> int:
    return value


async def started(task: asyncio.Task[object]) -> None:
    """Let the task run to its first pause."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not task.done()


async def test_without_interruption_the_value_comes_through() -> None:
    reply = SilentReply()

    assert await reply.wait(give(5)) == 5
    assert await reply.wait(asyncio.create_task(give(6))) == 6


async def test_errors_come_through() -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await SilentReply().wait(fail())


async def test_an_interruption_before_the_wait_keeps_a_coroutine_from_starting() -> None:
    reply = SilentReply()
    reply.interrupt(LEFT)
    ran: list[int] = []

    async def work() -> None:
        ran.append(1)

    with pytest.raises(InterruptedRequestError) as caught:
        await reply.wait(work())
    gc.collect()

    assert caught.value.reason is LEFT
    assert ran == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_interruption_before_the_wait_cancels_a_future() -> None:
    reply = SilentReply()
    reply.interrupt(LEFT)
    future = asyncio.get_running_loop().create_future()

    with pytest.raises(InterruptedRequestError):
        await reply.wait(future)

    assert future.cancelled()


async def test_an_interruption_during_the_wait_ends_it_at_once_and_lets_the_task_live() -> None:
    reply = SilentReply()
    cleaned: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("work")

    async def owner() -> str:
        try:
            await reply.wait(work())
        except InterruptedRequestError as error:
            # What the ledger does after an interruption takes time, and is not interrupted again.
            async with asyncio.timeout(60):
                await asyncio.sleep(0.01)
            return error.reason.value
        return "not interrupted"

    task = asyncio.create_task(owner())
    await started(task)
    reply.interrupt(STOPPING)
    reply.interrupt(LEFT)

    assert await task == "shutting_down"
    assert cleaned == ["work"]
    assert task.cancelling() == 0


async def test_an_interruption_after_the_wait_disturbs_nothing_until_the_next_one() -> None:
    reply = SilentReply()
    settled = asyncio.Event()

    async def owner() -> list[object]:
        seen: list[object] = [await reply.wait(give(5))]
        await settled.wait()
        try:
            await reply.wait(give(6))
        except InterruptedRequestError as error:
            seen.append(error.reason)
        return seen

    task = asyncio.create_task(owner())
    await started(task)
    reply.interrupt(LEFT)
    await started(task)
    settled.set()

    assert await task == [5, LEFT]


async def test_an_interruption_between_the_end_and_the_wake_up() -> None:
    reply = SilentReply()
    future = asyncio.get_running_loop().create_future()

    async def owner() -> object:
        try:
            return await reply.wait(future)
        except InterruptedRequestError as error:
            await asyncio.sleep(0)
            return error.reason

    task = asyncio.create_task(owner())
    await started(task)
    future.set_result(5)
    reply.interrupt(LEFT)

    assert await task is LEFT
    assert task.cancelling() == 0


@pytest.mark.parametrize("raises", [False, True])
async def test_what_swallows_the_cancellation_leaves_no_trace_of_it(raises: bool) -> None:
    reply = SilentReply()

    async def stubborn() -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if raises:
                raise KeyError("x") from None
        return 5

    async def owner() -> object:
        try:
            result: object = await reply.wait(stubborn())
        except KeyError:
            result = "error"
        await asyncio.sleep(0)
        with pytest.raises(InterruptedRequestError):
            await reply.wait(give(6))
        return result

    task = asyncio.create_task(owner())
    await started(task)
    reply.interrupt(LEFT)

    assert await task == ("error" if raises else 5)
    assert task.cancelling() == 0


@pytest.mark.parametrize("interrupted_too", ["before", "after", "no"])
async def test_a_hard_stop_wins(interrupted_too: str) -> None:
    reply = SilentReply()

    async def owner() -> None:
        await reply.wait(asyncio.Event().wait())

    task = asyncio.create_task(owner())
    await started(task)
    if interrupted_too == "before":
        reply.interrupt(LEFT)
    task.cancel()
    if interrupted_too == "after":
        reply.interrupt(LEFT)

    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()
