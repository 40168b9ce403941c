"""The bounded queue in front of the engine's slots."""

import asyncio

import pytest

from tollway.engine.errors import EngineBusyError
from tollway.engine.slots import SlotLease, Slots


async def _settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_runs_queues_in_order_and_refuses_the_rest() -> None:
    slots = Slots(1, 2)
    running = await slots.acquire("a")
    order: list[str] = []

    async def wait(name: str) -> SlotLease:
        lease = await slots.acquire(name)
        order.append(name)
        return lease

    first, second = asyncio.create_task(wait("first")), asyncio.create_task(wait("second"))
    await _settle()
    assert (slots.running, slots.waiting) == (1, 2)
    with pytest.raises(EngineBusyError) as refused:
        await slots.acquire("third")
    assert refused.value.retry_after_s > 0

    running.release()
    running.release()
    await _settle()
    assert order == ["first"]
    (await first).release()
    (await second).release()
    assert order == ["first", "second"]
    assert (slots.running, slots.waiting) == (0, 0)


async def test_leaving_the_queue_gives_the_turn_to_the_next() -> None:
    slots = Slots(1, 2)
    running = await slots.acquire("a")
    leaver, stayer = asyncio.create_task(slots.acquire("b")), asyncio.create_task(slots.acquire("c"))
    await _settle()
    leaver.cancel()
    await _settle()
    assert slots.waiting == 1

    running.release()
    (await stayer).release()
    assert slots.running == 0


async def test_waiting_has_an_end() -> None:
    slots = Slots(1, 2, wait_s=0.02)
    running = await slots.acquire("a")

    with pytest.raises(EngineBusyError) as refused:
        await slots.acquire("b")
    assert refused.value.retry_after_s > 0
    assert (slots.running, slots.waiting) == (1, 0)

    running.release()
    (await slots.acquire("c")).release()
    assert slots.running == 0


async def test_turn_that_comes_with_the_cancellation_is_passed_on() -> None:
    slots = Slots(1, 2)
    running = await slots.acquire("a")
    leaver, stayer = asyncio.create_task(slots.acquire("b")), asyncio.create_task(slots.acquire("c"))
    await _settle()

    running.release()
    leaver.cancel()

    async with asyncio.timeout(60):
        (await stayer).release()
    assert slots.running == 0


async def test_a_conversation_returns_to_the_slot_that_knows_it() -> None:
    slots = Slots(2, 0)
    one, two = await slots.acquire("about cats"), await slots.acquire("on dogs")
    cats, dogs = one.slot.index, two.slot.index
    one.release()
    two.release()

    again = await slots.acquire("on dogs, and more")
    assert again.slot.index == dogs
    again.release()
    assert (await slots.acquire("about cats, and more")).slot.index == cats
