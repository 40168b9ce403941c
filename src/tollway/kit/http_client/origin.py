"""Where requests go: scheme, host and port, parsed and validated once."""

import ipaddress
import re
from typing import Literal, Self
from urllib.parse import urlsplit

import msgspec

from tollway.kit.http_client.syntax import validate_target

Scheme = Literal["http", "https"]

_DEFAULT_PORTS: dict[Scheme, int] = {"http": 80, "https": 443}
# RFC 1123 labels, and the underscore that container networks allow in service names.
_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?\Z"
)


class Origin(msgspec.Struct, frozen=True, cache_hash=True):
    """A server as clients address it.

    Attributes:
        scheme: ``http`` or ``https``.
        host: lower-case name or IP address, IPv6 without brackets.
        port: TCP port.
    """

    scheme: Scheme
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read an origin from a URL without a path, such as ``https://api.example.com``.

        Raises:
            ValueError: the URL is not valid or has a path.
        """
        origin, path = split_base_url(url)
        if path:
            raise ValueError(f"an origin has no path, but {url!r} has {path!r}")
        return cls(origin.scheme, origin.host, origin.port)

    @property
    def host_header(self) -> bytes:
        """The value of the ``Host`` header: the port is left out where it is the scheme's default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}").encode("ascii")

    def __str__(self) -> str:
        """Write the origin as a URL."""
        return f"{self.scheme}://{self.host_header.decode('ascii')}"


def split_base_url(url: str) -> tuple[Origin, str]:
    """Split a base URL such as ``https://api.example.com/v2/`` into its origin and path prefix ``/v2``.

    The prefix has no slash at its end, so that a target is ``prefix + "/chat/completions"``.

    Raises:
        ValueError: another scheme, no host or a malformed one, credentials, a query or a fragment, a bad port or path.
            The message does not repeat credentials.
    """
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValueError("a base URL must not carry credentials")
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError(f"a base URL starts with http:// or https://, but this is {url!r}")
    if "?" in url or "#" in url:
        raise ValueError(f"a base URL has no query and no fragment, but this is {url!r}")
    scheme: Scheme = "https" if parts.scheme == "https" else "http"
    port = parts.port if parts.port is not None else _DEFAULT_PORTS[scheme]
    if port == 0:
        raise ValueError(f"port 0 cannot be connected to: {url!r}")
    path = parts.path.rstrip("/")
    if path:
        validate_target(path)
    return Origin(scheme, _valid_host(parts.hostname or "", url), port), path


def _valid_host(host: str, url: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        if _HOST_NAME.match(host):
            return host
    raise ValueError(f"not a host name or IP address (names beyond ASCII are written as xn--): {url!r}")
