"""The listening server: uvicorn's lifecycle around our connections."""

import asyncio
import contextlib
import ipaddress
import math
import signal
import socket
import ssl
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from tollway.http.connection import ConnectionHost
from tollway.kit.settings import ServerSettings, SettingsError

_SWEEP_EVERY_S = 1.0
_BACKLOG = 4096


class PortTakenError(Exception):
    """The address cannot be listened on."""


def listen(settings: ServerSettings) -> socket.socket:
    """Open the listening socket.

    Raises:
        PortTakenError: somebody else listens there, or the address is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise PortTakenError(
            f"Cannot listen on {settings.host}:{settings.port}: {reason}. "
            "Choose another address with --host and --port."
        ) from error
    listener.listen(_BACKLOG)
    return listener


def check_tls(settings: ServerSettings) -> None:
    """Load the TLS certificate and key as the server will, where they are set.

    Raises:
        SettingsError: one is missing, cannot be read or is none, or they do not belong together.
    """
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None:
        if key is not None:
            raise SettingsError("server.tls_key is set, but server.tls_certificate is not")
        return
    for name, path in {"server.tls_certificate": certificate, "server.tls_key": key}.items():
        _check_readable(name, path)
    try:
        # Nobody is there to be asked for a password, which OpenSSL would do when it is given none.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, ssl.SSLError) and error.reason else str(error)
        raise SettingsError(
            f"server.tls_certificate {certificate} and server.tls_key {key or certificate} cannot be used: "
            f"{reason.replace('_', ' ').lower()}. Both have to be PEM files, the certificate the one of the key, and "
            "the key without a password"
        ) from error


def _check_readable(name: str, path: str | None) -> None:
    if path is None:
        return
    try:
        with open(path, "rb"):  # noqa: PTH123 - The name is only tried.
            pass
    except OSError as error:
        raise SettingsError(f"{name} {path} cannot be read: {error.strerror}") from error


def is_readable_on_the_way(public_url: str) -> bool:
    """Say whether keys sent to the URL could be read by others: it is plain http to another machine."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


class Server(uvicorn.Server):
    """uvicorn's server, which ends by request of its owner and leaves signals to it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture nothing: uvicorn would raise the signal again before anything after it could be put in order."""
        yield

    def stop(self) -> None:
        """Begin to stop; a second call does not wait for answers under way."""
        self.force_exit = self.should_exit
        self.should_exit = True


def make_server(app: Any, host: ConnectionHost, settings: ServerSettings) -> Server:  # noqa: ANN401 - any ASGI app
    """Build the server around the connections of ``host`` and the ASGI app behind them."""
    config = uvicorn.Config(
        app,
        http=host.protocol,  # type: ignore[arg-type] # uvicorn only calls it, whether it is a class or not
        loop="none",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        timeout_graceful_shutdown=math.ceil(settings.drain_s),
    )
    return Server(config)


@contextlib.contextmanager
def stopping_at_signals(stop: Callable[[], None]) -> Generator[None, None, None]:
    """Call ``stop`` for each SIGINT and SIGTERM."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def sweep_for_ever(host: ConnectionHost) -> None:
    """Cut connections that are past their deadline, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_SWEEP_EVERY_S)
        host.sweep(loop.time())
