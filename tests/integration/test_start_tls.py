"""Wrong TLS files end a start before it has made or said anything; right ones are served."""

import asyncio
import datetime as dt
import ipaddress
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.gateway import Gateway

TOLLWAY = Path(sys.executable).with_name("tollway")
DEADLINE_S = 60.0


def write_pair(folder: Path, *, password: bytes | None = None) -> tuple[Path, Path]:
    """A self-signed certificate for loopback, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    encryption = serialization.NoEncryption() if password is None else serialization.BestAvailableEncryption(password)
    folder.mkdir(exist_ok=True)
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    return paths


def tls_settings(certificate: Path, key: Path) -> str:
    return f'[server]\ntls_certificate = "{certificate}"\ntls_key = "{key}"\n'


@pytest.mark.parametrize("fault", ["missing", "no_pem", "of_another", "with_password"])
def test_wrong_files_end_the_start_before_anything_is_made(tmp_path: Path, fault: str) -> None:
    certificate, key = write_pair(tmp_path / "one", password=b"secret" if fault == "with_password" else None)
    if fault == "missing":
        key.unlink()
    elif fault == "no_pem":
        certificate.write_text("no certificate")
    elif fault == "of_another":
        _, key = write_pair(tmp_path / "other")
    config = tmp_path / "tollway.toml"
    config.write_text("[engine]\nenabled = false\n" + tls_settings(certificate, key))
    command = [
        str(TOLLWAY),
        "up",
        "--port",
        "0",
        "--json",
        "--data-dir",
        str(tmp_path / "data"),
        "--config",
        str(config),
    ]

    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=DEADLINE_S, stdin=subprocess.DEVNULL
    )

    assert (ended.returncode, ended.stdout) == (2, ""), ended
    assert len(ended.stderr.splitlines()) == 1
    assert "tls_key" in ended.stderr
    assert str(key) in ended.stderr
    assert not (tmp_path / "data" / "tollway.db").exists()


async def test_right_files_are_served_and_the_server_is_ready(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path / "one")
    trusting = ssl.create_default_context(cafile=certificate)

    async with (
        Gateway(tmp_path, settings=tls_settings(certificate, key)) as gateway,
        httpx.AsyncClient(base_url=gateway.url, verify=trusting, timeout=DEADLINE_S) as client,
    ):
        async with asyncio.timeout(DEADLINE_S):
            # A machine that stood still for a while has keys that are too old, until they are read again.
            while (answer := await client.get("/health/ready")).status_code == 503:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    assert gateway.url.startswith("https://")
    assert answer.status_code == 200, answer.text
    assert answer.json()["checks"] == {"database": "ok", "ledger": "ok", "keys": "ok"}
