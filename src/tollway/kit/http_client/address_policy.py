"""Which addresses may be connected to: the guard against requests that are led into the private network."""

import ipaddress

import msgspec

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# RFC 6052: an IPv4 address inside an IPv6 one, for translators.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCALHOST = "localhost"


class AddressPolicy(msgspec.Struct, frozen=True):
    """Public addresses are allowed; what else is, is said here.

    Attributes:
        allow_private: every address is allowed.
        allowed: networks that are allowed although they are not public.
        allow_named_loopback: loopback is allowed where the URL itself says so: ``localhost``, ``127.0.0.1``, ``::1``.
            A name that only resolves to loopback stays forbidden.
    """

    allow_private: bool = False
    allowed: tuple[IpNetwork, ...] = ()
    allow_named_loopback: bool = True

    def permits(self, host: str, address: IpAddress) -> bool:
        """Tell whether ``address``, which ``host`` resolved to, may be connected to."""
        if self.allow_private:
            return True
        return all(self._permits_one(host, inner) for inner in _with_embedded(address))

    def _permits_one(self, host: str, address: IpAddress) -> bool:
        if address.is_loopback and self.allow_named_loopback and _names_loopback(host):
            return True
        if any(address in network for network in self.allowed):
            return True
        return address.is_global and not address.is_multicast and not address.is_reserved


def _names_loopback(host: str) -> bool:
    if host == _LOCALHOST:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _with_embedded(address: IpAddress) -> tuple[IpAddress, ...]:
    """Return where packets may really end: the address, or the IPv4 address that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address, address.sixtofour)
    if address.teredo is not None:
        return (address, *address.teredo)
    if address in _NAT64:
        return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    return (address,)
