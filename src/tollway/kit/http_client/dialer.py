"""Making one connection: checked addresses, TCP, TLS."""

import asyncio
import ssl
from collections.abc import Callable

from tollway.kit.http_client.connection import Connection
from tollway.kit.http_client.errors import ConnectFailed
from tollway.kit.http_client.origin import Origin
from tollway.kit.http_client.resolver import Resolver


def make_ssl_context() -> ssl.SSLContext:
    """Return a context that verifies against the system's certificates; reading those takes tens of milliseconds."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class Dialer:
    """Connects to origins; certificates and host names are verified unless the given context says otherwise."""

    def __init__(self, resolver: Resolver, ssl_context: ssl.SSLContext | None) -> None:
        self._resolver = resolver
        self._ssl_context = ssl_context

    async def dial(self, origin: Origin, make_connection: Callable[[], Connection], *, deadline_s: float) -> Connection:
        """Return an open connection to the first address that answers.

        Each address gets an equal share of the time until ``deadline_s``, so that one that swallows packets does not
        use up the time of the others. The last one has no bound of its own: the caller bounds the whole call.

        Raises:
            ConnectFailed: no address could be connected to.
        """
        loop = asyncio.get_running_loop()
        addresses = await self._resolver.resolve(origin.host)
        failures = []
        for index, address in enumerate(addresses):
            left = len(addresses) - index
            share_s = (deadline_s - loop.time()) / left if left > 1 else None
            try:
                async with asyncio.timeout(share_s):
                    _, connection = await loop.create_connection(
                        make_connection,
                        str(address),
                        origin.port,
                        ssl=self._context() if origin.scheme == "https" else None,
                        server_hostname=origin.host if origin.scheme == "https" else None,
                    )
                    return connection
            except OSError as error:
                # TimeoutError and every error of TLS are OSErrors too.
                failures.append(f"{address}: {str(error) or 'no answer'}")
        raise ConnectFailed("connect", f"cannot connect to {origin} ({'; '.join(failures)})", sent=False)

    def _context(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = make_ssl_context()
        return self._ssl_context
