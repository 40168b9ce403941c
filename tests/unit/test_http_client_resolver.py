"""Names are looked up rarely, and what is found is checked."""

import asyncio

import pytest

from tollway.kit.http_client import AddressPolicy, ConnectFailed, Resolver


class Names:
    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.lookups = 0
        self.open = asyncio.Event()
        self.open.set()

    async def lookup(self, host: str) -> list[str]:
        self.lookups += 1
        await self.open.wait()
        if host.startswith("missing"):
            raise OSError("no such name")
        return self.addresses


async def test_results_are_used_for_a_while() -> None:
    names = Names("8.8.8.8", "1.1.1.1", "8.8.8.8")
    resolver = Resolver(lookup=names.lookup)
    for _ in range(3):
        assert [str(address) for address in await resolver.resolve("x.example")] == ["8.8.8.8", "1.1.1.1"]
    assert names.lookups == 1

    forgetful = Resolver(lookup=names.lookup, keep_s=0)
    for _ in range(3):
        await forgetful.resolve("x.example")
    assert names.lookups == 4


async def test_literal_addresses_are_checked_and_not_looked_up() -> None:
    names = Names()
    resolver = Resolver(lookup=names.lookup)

    assert [str(address) for address in await resolver.resolve("8.8.8.8")] == ["8.8.8.8"]
    with pytest.raises(ConnectFailed, match="not allowed"):
        await resolver.resolve("10.0.0.1")
    assert names.lookups == 0


async def test_simultaneous_lookups_are_one_and_survive_a_cancelled_first() -> None:
    names = Names("8.8.8.8")
    names.open.clear()
    resolver = Resolver(lookup=names.lookup)
    tasks = [asyncio.create_task(resolver.resolve("x.example")) for _ in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)
    names.open.set()

    assert all(await asyncio.gather(*tasks[1:]))
    assert names.lookups == 1


async def test_failures_are_not_remembered() -> None:
    names = Names()
    resolver = Resolver(AddressPolicy(), lookup=names.lookup)
    with pytest.raises(ConnectFailed, match="cannot be resolved"):
        await resolver.resolve("missing.example")
    with pytest.raises(ConnectFailed, match="no address"):
        await resolver.resolve("x.example")
    names.addresses = ["192.168.0.1"]
    with pytest.raises(ConnectFailed, match="not allowed"):
        await resolver.resolve("x.example")
    names.addresses = ["8.8.8.8"]
    assert await resolver.resolve("x.example")
