"""From an origin's host to addresses that may be connected to."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

from tollway.kit.http_client.address_policy import AddressPolicy, IpAddress
from tollway.kit.http_client.errors import ConnectFailed

Lookup = Callable[[str], Awaitable[list[str]]]
"""Returns the addresses of a host name, best first. Raises OSError."""


async def system_lookup(host: str) -> list[str]:
    """Ask the operating system, in the loop's thread pool."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for _, _, _, _, sockaddr in found]


class Resolver:
    """Looks names up, checks every address, and remembers the result for a while.

    Connections are made to the very addresses that were checked, so a name that changes its mind in between (DNS
    rebinding) leads nowhere else.
    """

    def __init__(
        self, policy: AddressPolicy | None = None, *, lookup: Lookup = system_lookup, keep_s: float = 30.0
    ) -> None:
        """Make a resolver with an empty memory; ``keep_s`` is how long a result is used."""
        self._policy = policy or AddressPolicy()
        self._lookup = lookup
        self._keep_s = keep_s
        self._known: dict[str, tuple[float, list[IpAddress]]] = {}
        self._pending: dict[str, asyncio.Task[list[IpAddress]]] = {}

    async def resolve(self, host: str) -> list[IpAddress]:
        """Return the checked addresses of a host name or literal address, best first.

        Raises:
            ConnectFailed: the name has no address, or one that the policy forbids.
        """
        now_s = asyncio.get_running_loop().time()
        known = self._known.get(host)
        if known is not None and now_s < known[0]:
            return known[1]
        # Requests that come together share one lookup, which goes on when the first of them is cancelled.
        task = self._pending.get(host)
        if task is None:
            task = self._pending[host] = asyncio.get_running_loop().create_task(self._look_up(host))
        return await asyncio.shield(task)

    async def _look_up(self, host: str) -> list[IpAddress]:
        try:
            addresses = await self._checked_addresses(host)
            self._known[host] = (asyncio.get_running_loop().time() + self._keep_s, addresses)
            return addresses
        finally:
            del self._pending[host]

    async def _checked_addresses(self, host: str) -> list[IpAddress]:
        try:
            found = [str(ipaddress.ip_address(host))]
        except ValueError:
            try:
                found = await self._lookup(host)
            except OSError as error:
                raise ConnectFailed("connect", f"{host} cannot be resolved: {error}", sent=False) from error
        addresses = [ipaddress.ip_address(text) for text in dict.fromkeys(found)]
        if not addresses:
            raise ConnectFailed("connect", f"{host} has no address", sent=False)
        for address in addresses:
            if not self._policy.permits(host, address):
                raise ConnectFailed("connect", f"{host} has the address {address}, which is not allowed", sent=False)
        return addresses
