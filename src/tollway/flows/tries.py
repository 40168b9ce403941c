"""How often something may be tried at the door."""

import ipaddress
from collections import OrderedDict

from tollway.accounts.errors import TooManyTriesError
from tollway.kit.clock import Clock

TRIES_MAX = 5
TRIES_WINDOW_S = 60.0
_REMEMBERED_MAX = 10_000
_NETWORK_BITS = 64
"""How much of an IPv6 address says whose it is: the rest is chosen by whoever has it (RFC 7421)."""


class Tries:
    """Counts tries by name, such as an account or an address; what is idle is forgotten, so that memory is bounded."""

    def __init__(self, clock: Clock, *, at_most: int = TRIES_MAX, window_s: float = TRIES_WINDOW_S) -> None:
        self._clock = clock
        self._at_most = at_most
        self._window_s = window_s
        self._moments_s: OrderedDict[str, list[float]] = OrderedDict()

    def count(self, *names: str) -> None:
        """Count a try under each name.

        Raises:
            TooManyTriesError: one of them has had its tries; nothing was counted.
        """
        now_s = self._clock.monotonic_s()
        recent = {
            name: [at_s for at_s in self._moments_s.get(name, ()) if now_s - at_s < self._window_s] for name in names
        }
        full = [moments_s[0] for moments_s in recent.values() if len(moments_s) >= self._at_most]
        if full:
            wait_s = int(max(full) + self._window_s - now_s) + 1
            raise TooManyTriesError("Too Many Requests", retry_after_s=wait_s)
        for name, moments_s in recent.items():
            self._moments_s[name] = [*moments_s, now_s]
            self._moments_s.move_to_end(name)
        while len(self._moments_s) > _REMEMBERED_MAX:
            self._moments_s.popitem(last=False)

    def forget(self, name: str) -> None:
        """Begin anew after a success."""
        self._moments_s.pop(name, None)

    def take_back(self, name: str) -> None:
        """Do not count the last try, which was a success; those before it stay."""
        if moments_s := self._moments_s.get(name):
            moments_s.pop()


def name_of_address(address: str) -> str:
    """Return the name under which tries from an address are counted: that of its network for IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return f"address {address}"
    if isinstance(found, ipaddress.IPv4Address):
        return f"address {found}"
    if found.ipv4_mapped is not None:
        return f"address {found.ipv4_mapped}"
    network = ipaddress.IPv6Network((int(found), _NETWORK_BITS), strict=False)
    return f"address {network}"
