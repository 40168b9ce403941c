"""The address that was checked is the one that is connected to."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterator

import pytest

from tests.integration.http_client_support import make_client, on_both_loops, repeat, serve, with_length
from tollway.kit.http_client import AddressPolicy, ConnectFailed, Resolver, Timeout, Timeouts

OK = with_length(b"ok")
LOOPBACK = (ipaddress.ip_network("127.0.0.1/32"),)


class Names:
    """Answers look-ups with one list after another, the last one again and again."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def lookup(self, host: str) -> list[str]:
        self.asked.append(host)
        await asyncio.sleep(0)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@on_both_loops
async def test_localhost_is_allowed_where_the_url_says_so() -> None:
    async with serve(repeat(OK)) as server, make_client() as client:
        response = await client.request("GET", server.origin_named("localhost"), "/")
        assert await response.read() == b"ok"


@on_both_loops
async def test_a_name_that_leads_to_loopback_is_refused() -> None:
    names = Names(["127.0.0.1"])
    async with serve(repeat(OK)) as server, make_client(resolver=Resolver(lookup=names.lookup)) as client:
        with pytest.raises(ConnectFailed, match="not allowed") as caught:
            await client.request("GET", server.origin_named("api.example.test"), "/")
        assert (caught.value.phase, caught.value.sent) == ("connect", False)
        assert server.peers == []


@on_both_loops
async def test_one_forbidden_address_among_allowed_ones_is_enough_to_refuse() -> None:
    names = Names(["127.0.0.1", "169.254.169.254"])
    resolver = Resolver(AddressPolicy(allowed=LOOPBACK), lookup=names.lookup)
    async with serve(repeat(OK)) as server, make_client(resolver=resolver) as client:
        with pytest.raises(ConnectFailed, match=r"169\.254\.169\.254"):
            await client.request("GET", server.origin_named("api.example.test"), "/")
        assert server.peers == []


@on_both_loops
async def test_a_name_is_looked_up_once_for_many_connections() -> None:
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    resolver = Resolver(AddressPolicy(allowed=LOOPBACK), lookup=names.lookup)
    async with serve(repeat(OK)) as server, make_client(resolver=resolver) as client:
        origin = server.origin_named("api.example.test")
        for _ in range(2):
            responses = await asyncio.gather(*[client.request("GET", origin, "/") for _ in range(5)])
            assert [await response.read() for response in responses] == [b"ok"] * 5
        assert len(server.peers) == 5
        assert names.asked == ["api.example.test"]


@on_both_loops
async def test_the_next_address_is_tried_when_one_refuses() -> None:
    names = Names(["127.0.0.2", "127.0.0.1"])
    resolver = Resolver(AddressPolicy(allow_private=True), lookup=names.lookup)
    async with serve(repeat(OK)) as server, make_client(resolver=resolver) as client:
        response = await client.request("GET", server.origin_named("api.example.test"), "/")
        assert await response.read() == b"ok"


@contextlib.contextmanager
def black_hole(host: str, port: int) -> Iterator[None]:
    """Occupy an address that neither accepts nor refuses: its queue of connections is full."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(4):
            filler = sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((host, port))
        yield


@on_both_loops
async def test_the_next_address_is_tried_in_time_when_one_is_silent() -> None:
    # The silent one gets a fortieth of the time, and all others but the last refuse at once.
    names = Names(["127.0.0.2", *[f"127.0.0.{number}" for number in range(3, 41)], "127.0.0.1"])
    resolver = Resolver(AddressPolicy(allow_private=True), lookup=names.lookup)
    timeouts = Timeouts(connect_s=20)
    async with serve(repeat(OK)) as server, make_client(resolver=resolver, timeouts=timeouts) as client:
        with black_hole("127.0.0.2", server.port):
            response = await client.request("GET", server.origin_named("api.example.test"), "/")
            assert await response.read() == b"ok"


@on_both_loops
async def test_an_address_that_is_silent_ends_with_the_connect_timeout() -> None:
    resolver = Resolver(AddressPolicy(allow_private=True), lookup=Names(["127.0.0.2"]).lookup)
    timeouts = Timeouts(connect_s=0.1)
    async with serve(repeat(OK)) as server, make_client(resolver=resolver, timeouts=timeouts) as client:
        with black_hole("127.0.0.2", server.port), pytest.raises(Timeout) as caught:
            await client.request("GET", server.origin_named("api.example.test"), "/")
        assert (caught.value.phase, caught.value.sent) == ("connect", False)


@on_both_loops
async def test_redirects_are_handed_back_and_not_followed() -> None:
    async with serve(repeat(OK)) as target:
        moved = b"HTTP/1.1 307 Moved\r\nlocation: %b/\r\ncontent-length: 0\r\n\r\n" % str(target.origin).encode()
        async with serve(repeat(moved)) as server, make_client() as client:
            response = await client.request("GET", server.origin, "/")
            assert response.status == 307
            await response.read()
            assert target.peers == []
