"""Which addresses may be connected to."""

import ipaddress

import pytest

from tollway.kit.http_client import AddressPolicy

FORBIDDEN = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    "fc00::1",
    "fe80::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_what_is_not_public_is_forbidden(address: str) -> None:
    assert not AddressPolicy().permits("api.example.com", ipaddress.ip_address(address))
    assert AddressPolicy(allow_private=True).permits("api.example.com", ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert AddressPolicy().permits("api.example.com", ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("host", "address", "allowed"),
    [
        ("localhost", "127.0.0.1", True),
        ("localhost", "::1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "::1", True),
        ("localhost", "10.0.0.1", False),
        ("localhost.example.com", "127.0.0.1", False),
        ("10.0.0.1", "10.0.0.1", False),
    ],
)
def test_loopback_where_the_url_names_it(host: str, address: str, allowed: bool) -> None:
    assert AddressPolicy().permits(host, ipaddress.ip_address(address)) == allowed
    assert not AddressPolicy(allow_named_loopback=False).permits(host, ipaddress.ip_address(address))


def test_allowed_networks() -> None:
    policy = AddressPolicy(allowed=(ipaddress.ip_network("10.8.0.0/16"), ipaddress.ip_network("fd00::/8")))

    assert policy.permits("vllm", ipaddress.ip_address("10.8.3.4"))
    assert policy.permits("vllm", ipaddress.ip_address("::ffff:10.8.3.4"))
    assert policy.permits("vllm", ipaddress.ip_address("fd00::1"))
    assert not policy.permits("vllm", ipaddress.ip_address("10.9.0.1"))
