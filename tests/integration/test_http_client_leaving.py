"""The caller leaves before the end: the server must notice at once."""

import asyncio

import pytest

from tests.integration.http_client_support import (
    eventually,
    make_client,
    on_both_loops,
    once_and_wait,
    repeat,
    serve,
    with_length,
)
from tollway.kit.http_client import Aborted

HALF_BODY = with_length(b"hello")[:-1]


@on_both_loops
async def test_abort_wakes_a_waiting_reader_and_closes_the_connection() -> None:
    async with serve(once_and_wait(HALF_BODY)) as server, make_client() as client:
        response = await client.request("POST", server.origin, "/")
        assert await response.next_chunk() == b"hell"
        reader = asyncio.create_task(response.next_chunk())
        await asyncio.sleep(0)
        # As another protocol's connection_lost would.
        asyncio.get_running_loop().call_soon(response.abort)
        with pytest.raises(Aborted) as caught:
            await reader
        assert (caught.value.phase, caught.value.sent) == ("body", True)
        await eventually(server.peers[0].left.is_set)
        assert client.open_connections(server.origin) == 0
        response.abort()
        with pytest.raises(Aborted):
            await response.read()


@on_both_loops
async def test_abort_drops_what_was_not_read() -> None:
    async with serve(once_and_wait(HALF_BODY)) as server, make_client() as client:
        response = await client.request("POST", server.origin, "/")
        await eventually(lambda: response.unread_bytes == 4)
        response.abort()
        with pytest.raises(Aborted):
            await response.next_chunk()
        await eventually(server.peers[0].left.is_set)


@on_both_loops
async def test_abort_after_the_end_leaves_the_connection_alone() -> None:
    async with serve(repeat(with_length(b"ok"))) as server, make_client() as client:
        for _ in range(3):
            response = await client.request("POST", server.origin, "/")
            assert await response.read() == b"ok"
            response.abort()
        assert server.request_counts == [3]


@on_both_loops
async def test_abort_of_a_finished_response_does_not_hit_the_next_request() -> None:
    async with serve(repeat(with_length(b"ok"))) as server, make_client() as client:
        first = await client.request("POST", server.origin, "/")
        await eventually(lambda: first.unread_bytes == 2)
        second = asyncio.create_task(client.request("POST", server.origin, "/"))
        await asyncio.sleep(0)
        first.abort()
        assert await (await second).read() == b"ok"
        assert server.request_counts == [2]


@on_both_loops
async def test_cancelling_before_the_head_closes_the_connection() -> None:
    async with serve(once_and_wait(b"")) as server, make_client() as client:
        task = asyncio.create_task(client.request("POST", server.origin, "/"))
        await eventually(lambda: bool(server.peers and server.peers[0].requests))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(server.peers[0].left.is_set)
        assert client.open_connections(server.origin) == 0


@on_both_loops
async def test_cancelling_within_the_body_closes_the_connection() -> None:
    async with serve(once_and_wait(HALF_BODY)) as server, make_client() as client:
        response = await client.request("POST", server.origin, "/")
        task = asyncio.create_task(response.read())
        await eventually(lambda: response.unread_bytes == 0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(server.peers[0].left.is_set)
        assert client.open_connections(server.origin) == 0


@on_both_loops
async def test_cancelling_while_a_large_body_is_sent_closes_the_connection() -> None:
    async with serve(once_and_wait(b""), receive_buffer_bytes=4096) as server, make_client() as client:
        task = asyncio.create_task(client.request("POST", server.origin, "/", body=b"x" * 32_000_000))
        await eventually(lambda: bool(server.peers))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(server.peers[0].left.is_set)
        assert client.open_connections(server.origin) == 0


@on_both_loops
async def test_cancelling_at_any_turn_of_the_loop_harms_nobody_else() -> None:
    async with serve(repeat(with_length(b"ok"))) as server, make_client() as client:
        for turns in range(40):
            doomed = asyncio.create_task(client.request("POST", server.origin, "/"))
            for _ in range(turns):
                await asyncio.sleep(0)
            doomed.cancel()
            response = await client.request("POST", server.origin, "/")
            assert await response.read() == b"ok"
            if isinstance(left := (await asyncio.gather(doomed, return_exceptions=True))[0], BaseException):
                assert isinstance(left, asyncio.CancelledError)
            else:
                left.abort()
        assert client.open_connections(server.origin) <= 2
