"""Turns of the event loop that sockets cannot be made to hit: cancelling in the very turn in which an answer comes."""

import asyncio

import pytest

from tollway.kit.http_client import HttpResponse, Timeout, Timeouts
from tollway.kit.http_client.connection import Connection
from tollway.kit.http_client.limits import Limits

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
HALF = WHOLE[:-1]


class Socket:
    def setsockopt(self, *_: int) -> None:
        """Take every option."""


class Transport(asyncio.Transport):
    """Writes nowhere; a test reads for it."""

    def __init__(self) -> None:
        super().__init__({"socket": Socket()})
        self.written = b""
        self.aborted = False
        self.calls: list[str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


class Pool:
    """Keeps what a connection says of itself."""

    def __init__(self) -> None:
        self.released = 0
        self.forgotten = 0

    def release(self, _: Connection) -> None:
        self.released += 1

    def forget(self, _: Connection) -> None:
        self.forgotten += 1


class Case:
    def __init__(self) -> None:
        self.pool = Pool()
        self.transport = Transport()
        self.connection = Connection(asyncio.get_running_loop(), self.pool, Limits())
        self.connection.connection_made(self.transport)

    async def ask(self, timeouts: Timeouts | None = None) -> HttpResponse:
        deadline_s = asyncio.get_running_loop().time() + (timeouts or Timeouts()).total_s
        return await self.connection.exchange(
            b"GET / HTTP/1.1\r\n\r\n",
            b"",
            head_only=False,
            timeouts=timeouts or Timeouts(),
            total_deadline_s=deadline_s,
        )

    async def start(self) -> asyncio.Task[HttpResponse]:
        task = asyncio.create_task(self.ask())
        await asyncio.sleep(0)
        assert self.transport.written
        return task


@pytest.mark.parametrize("cancel_first", [True, False])
async def test_cancelled_in_the_turn_of_half_an_answer(cancel_first: bool) -> None:
    case = Case()
    task = await case.start()
    if cancel_first:
        task.cancel()
    case.connection.data_received(HALF)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert case.transport.aborted
    assert (case.pool.released, case.pool.forgotten) == (0, 1)


@pytest.mark.parametrize("cancel_first", [True, False])
async def test_cancelled_in_the_turn_of_a_whole_answer_the_connection_serves_the_next(cancel_first: bool) -> None:
    case = Case()
    task = await case.start()
    if cancel_first:
        task.cancel()
    case.connection.data_received(WHOLE)
    assert case.pool.released == 1
    # The pool lends it again before the cancelled task has run.
    following = asyncio.create_task(case.ask())
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    await asyncio.sleep(0)
    case.connection.data_received(WHOLE)
    assert await (await following).read() == b"ok"
    assert not case.transport.aborted


@pytest.mark.parametrize("resumed", [False, True])
async def test_a_small_request_may_fill_the_transport_too(resumed: bool) -> None:
    case = Case()
    asking = asyncio.create_task(case.ask(Timeouts(send_s=0.05, first_byte_s=0.1)))
    await asyncio.sleep(0)
    case.connection.pause_writing()
    if resumed:
        case.connection.resume_writing()
    with pytest.raises(Timeout) as caught:
        await asking
    assert caught.value.phase == ("head" if resumed else "send")
    assert case.transport.aborted


async def test_silence_after_back_pressure_is_the_servers_again() -> None:
    case = Case()
    asking = asyncio.create_task(case.ask(Timeouts(idle_s=0.05)))
    await asyncio.sleep(0)
    case.connection.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 400000\r\n\r\n" + bytes(300_000))
    response = await asking
    assert case.transport.calls == ["pause"]
    assert len(await response.next_chunk()) == 300_000
    assert case.transport.calls == ["pause", "resume"]
    with pytest.raises(Timeout):
        await response.next_chunk()


async def test_after_back_pressure_the_server_has_the_time_that_it_had_left() -> None:
    case = Case()
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    asking = asyncio.create_task(case.ask(Timeouts(total_s=0.3)))
    await asyncio.sleep(0)
    case.connection.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 400000\r\n\r\n" + bytes(300_000))
    response = await asking
    await asyncio.sleep(0.5)
    assert len(await response.next_chunk()) == 300_000
    with pytest.raises(Timeout, match=r"not complete after 0\.3 s"):
        await response.next_chunk()
    assert loop.time() - began_s >= 0.79


async def test_a_closed_connection_leaves_no_timer_behind() -> None:
    case = Case()
    timers_before = case.connection._timer._handle
    assert timers_before is not None
    case.connection.close()
    assert timers_before.cancelled()
