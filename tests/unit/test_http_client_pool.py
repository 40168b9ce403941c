"""Places and turns, with connections that are only told to be open or closed."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from tollway.kit.http_client import Aborted, ConnectFailed, ConnectionLost
from tollway.kit.http_client.connection import Connection
from tollway.kit.http_client.pool import OriginPool

NEVER_S = 1e9


class FakeConnection:
    def __init__(self, pool: OriginPool) -> None:
        self.pool = pool
        self.usable = True
        self.closed = False

    def is_usable(self) -> bool:
        return self.usable

    def shut_down(self) -> None:
        self.close()

    async def wait_lost(self) -> None:
        """Nothing to wait for."""

    def close(self) -> None:
        self.usable = False
        self.closed = True
        self.pool.forget(cast("Connection", self))


class Case:
    def __init__(self, max_connections: int) -> None:
        self.made: list[FakeConnection] = []
        self.on_connect: Callable[[FakeConnection], None] = lambda _: None
        self.pool = OriginPool(self._connect, max_connections=max_connections)

    async def _connect(self, pool: OriginPool, _deadline_s: float) -> Connection:
        connection = FakeConnection(pool)
        self.on_connect(connection)
        self.made.append(connection)
        return cast("Connection", connection)

    async def acquire(self) -> FakeConnection:
        return cast("FakeConnection", await self.pool.acquire(NEVER_S))

    def release(self, connection: FakeConnection) -> None:
        self.pool.release(cast("Connection", connection))

    async def start_waiting(self) -> asyncio.Task[FakeConnection]:
        task = asyncio.create_task(self.acquire())
        await asyncio.sleep(0)
        assert not task.done()
        return task


async def test_idle_connections_that_are_closing_are_dropped() -> None:
    case = Case(2)
    first, second = await case.acquire(), await case.acquire()
    case.release(first)
    case.release(second)
    second.usable = False

    assert await case.acquire() is first
    assert second.closed
    assert case.pool.open_count == 1


async def test_connections_that_close_while_idle_are_not_kept() -> None:
    case = Case(2)
    for _ in range(3):
        held = await case.acquire()
        case.release(held)
        assert case.pool.idle_count == 1
        held.close()
        assert case.pool.idle_count == 0


async def test_closing_wakes_every_waiter() -> None:
    case = Case(1)
    held = await case.acquire()
    waiting = [await case.start_waiting() for _ in range(3)]
    await case.pool.close()
    assert held.closed
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [Aborted] * 3


async def test_waiters_are_served_in_order_by_released_connections_and_by_places() -> None:
    case = Case(1)
    held = await case.acquire()
    first, second = await case.start_waiting(), await case.start_waiting()
    case.release(held)
    assert await first is held
    assert not second.done()
    held.close()
    assert await second is case.made[1]


@pytest.mark.parametrize("by_place", [True, False])
async def test_a_waiter_cancelled_in_its_turn_passes_it_on(by_place: bool) -> None:
    case = Case(1)
    held = await case.acquire()
    first, second = await case.start_waiting(), await case.start_waiting()
    if by_place:
        held.close()
    else:
        case.release(held)
    first.cancel()
    assert await second is case.made[-1]
    assert len(case.made) == (2 if by_place else 1)
    assert first.cancelled()


async def test_a_connection_that_closes_on_its_way_to_a_waiter_is_replaced() -> None:
    case = Case(1)
    held = await case.acquire()
    waiting = await case.start_waiting()
    case.release(held)
    held.close()
    assert await waiting is case.made[1]
    assert case.pool.open_count == 1


async def test_failed_connects_give_their_place_back() -> None:
    case = Case(1)

    def refuse(_: FakeConnection) -> None:
        raise ConnectFailed("connect", "refused", sent=False)

    case.on_connect = refuse
    for _ in range(3):
        with pytest.raises(ConnectFailed):
            await case.acquire()
    case.on_connect = lambda _: None
    assert await case.acquire() is case.made[0]


async def test_a_new_connection_that_is_closed_already_was_certainly_not_used() -> None:
    case = Case(1)
    case.on_connect = FakeConnection.close
    for _ in range(2):
        with pytest.raises(ConnectionLost) as caught:
            await case.acquire()
        assert (caught.value.phase, caught.value.sent) == ("connect", False)
    assert case.pool.open_count == 0


async def test_a_closed_pool_gives_nothing() -> None:
    case = Case(1)
    await case.pool.close()
    with pytest.raises(Aborted):
        await case.acquire()
    assert case.made == []
