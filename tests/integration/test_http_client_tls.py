"""Certificates and names are verified, and bodies over TLS are as strict as over TCP."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.integration.http_client_support import (
    Peer,
    eventually,
    make_client,
    on_both_loops,
    once,
    once_and_wait,
    repeat,
    serve,
    with_length,
)
from tollway.kit.http_client import AddressPolicy, ConnectFailed, IncompleteBody, Resolver

NAME = "api.example.test"


async def loopback(host: str) -> list[str]:
    """Resolve every name to this machine."""
    assert host
    return ["127.0.0.1"]


def local_names() -> Resolver:
    return Resolver(AddressPolicy(allow_private=True), lookup=loopback)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for ``NAME`` and 127.0.0.1, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


@on_both_loops
async def test_verified_connection_with_server_name(server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    named: list[str | None] = []
    server_tls.sni_callback = lambda _socket, name, _context: named.append(name)
    async with (
        serve(repeat(with_length(b"ok")), tls=server_tls) as server,
        make_client(ssl_context=trusting, resolver=local_names()) as client,
    ):
        for _ in range(3):
            response = await client.request("POST", server.origin_named(NAME), "/", body=b"{}")
            assert await response.read() == b"ok"
        assert named == [NAME]
        assert server.request_counts == [3]
        assert f"host: {NAME}:{server.port}\r\n".encode() in server.peers[0].requests[0]


@on_both_loops
async def test_unknown_certificate_is_refused_by_default(server_tls: ssl.SSLContext) -> None:
    async with serve(repeat(with_length(b"ok")), tls=server_tls) as server, make_client() as client:
        with pytest.raises(ConnectFailed, match=r"(?i)certificate") as caught:
            await client.request("POST", server.origin, "/")
        assert (caught.value.phase, caught.value.sent) == ("connect", False)
        assert client.open_connections(server.origin) == 0


@on_both_loops
async def test_certificate_for_another_name_is_refused(server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    async with (
        serve(repeat(with_length(b"ok")), tls=server_tls) as server,
        make_client(ssl_context=trusting, resolver=local_names()) as client,
    ):
        with pytest.raises(ConnectFailed, match=r"(?i)certificate"):
            await client.request("POST", server.origin_named("other.example.test"), "/")


@on_both_loops
async def test_truncated_body_over_tls(server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    async with (
        serve(once(with_length(b"hello")[:-1]), tls=server_tls) as server,
        make_client(ssl_context=trusting) as client,
    ):
        response = await client.request("POST", server.origin, "/")
        with pytest.raises(IncompleteBody):
            await response.read()


@on_both_loops
async def test_connection_that_closed_while_idle_over_tls(server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    async with (
        serve(once(with_length(b"ok")), tls=server_tls) as server,
        make_client(ssl_context=trusting) as client,
    ):
        for _ in range(2):
            assert await (await client.request("POST", server.origin, "/")).read() == b"ok"
            await eventually(lambda: client.open_connections(server.origin) == 0)
        assert server.request_counts == [1, 1]


@on_both_loops
async def test_abort_over_tls(server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    async with (
        serve(once_and_wait(with_length(b"hello")[:-1]), tls=server_tls) as server,
        make_client(ssl_context=trusting) as client,
    ):
        response = await client.request("POST", server.origin, "/")
        response.abort()
        await eventually(server.peers[0].left.is_set)


@on_both_loops
async def test_large_bodies_over_tls_both_ways(server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    async def echo(peer: Peer) -> None:
        while True:
            body = (await peer.receive()).partition(b"\r\n\r\n")[2]
            await peer.send(with_length(body))

    sent = bytes(range(256)) * 20_000
    async with serve(echo, tls=server_tls) as server, make_client(ssl_context=trusting) as client:
        for _ in range(2):
            response = await client.request("POST", server.origin, "/", body=sent)
            received = bytearray()
            while chunk := await response.next_chunk():
                assert len(chunk) <= 1024 * 1024
                received += chunk
            assert received == sent
        assert server.request_counts == [2]
