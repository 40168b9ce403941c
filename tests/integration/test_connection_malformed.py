"""Whatever could be read in two ways gets one refusal and a closed connection, and nobody behind sees any of it."""

import re

import pytest

from tests.integration.http_client_support import on_both_loops
from tests.support.lane_server import lane_server
from tests.support.malformed_requests import MALFORMED, Malformed

CASES = pytest.mark.parametrize("case", MALFORMED, ids=[case.name for case in MALFORMED])


def statuses(received: bytes) -> list[int]:
    """The statuses of all answers in what a client received; nothing that the tests answer with looks like one."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", received)]


@CASES
@on_both_loops
async def test_refused_once_and_closed(case: Malformed) -> None:
    async with lane_server() as server:
        client = await server.connect()

        await client.send(case.data)

        assert statuses(await client.rest()) == [case.status]
        assert server.requests == 0


@CASES
@on_both_loops
async def test_refused_behind_a_good_request(case: Malformed) -> None:
    async with lane_server() as server:
        client = await server.connect()

        await client.send(b"GET /lane/soon HTTP/1.1\r\nHost: x\r\n\r\n" + case.data)

        assert statuses(await client.rest()) == [200, case.status]
        assert server.requests == 1


@pytest.mark.parametrize("path", [b"/lane/now", b"/x"])
@on_both_loops
async def test_refusals_on_inference_paths_carry_an_inference_id(path: bytes) -> None:
    broken = (
        b"Host: x\r\nA B: c\r\n\r\n",
        b"\r\n",
        b"Host: x\r\nContent-Length: 9999999\r\n\r\n",
        b"A: " + b"a" * 40_000,
    )
    async with lane_server() as server:
        for lines in broken:
            client = await server.connect()

            await client.send(b"POST %b?a=b HTTP/1.1\r\n" % path + lines)

            assert ("x-inference-id" in (await client.answer()).headers) is (path == b"/lane/now")


@on_both_loops
async def test_refusal_of_head_has_no_body() -> None:
    async with lane_server() as server:
        client = await server.connect()

        await client.send(b"HEAD /lane/now HTTP/1.1\r\n\r\n")

        answer = await client.answer(to="HEAD")
        assert answer.status == 400
        assert await client.rest() == b""


@on_both_loops
async def test_a_bug_in_the_lane_ends_the_connection() -> None:
    async with lane_server(expected_complaints=1) as server:
        client = await server.connect()

        await client.send(b"GET /lane/bug HTTP/1.1\r\nHost: x\r\n\r\n")

        assert await client.rest() == b""
        assert "ZeroDivisionError" in server.complaints[0]
