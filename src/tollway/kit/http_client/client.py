"""The client: requests in, response heads out."""

import asyncio
import ssl
from collections.abc import Sequence

from tollway.kit.http_client.connection import Connection
from tollway.kit.http_client.dialer import Dialer
from tollway.kit.http_client.errors import Timeout
from tollway.kit.http_client.limits import Limits, Timeouts
from tollway.kit.http_client.origin import Origin
from tollway.kit.http_client.pool import OriginPool
from tollway.kit.http_client.request_head import Header, RequestHead
from tollway.kit.http_client.resolver import Resolver
from tollway.kit.http_client.response import HttpResponse

_DEFAULT_TIMEOUTS = Timeouts()
_DEFAULT_LIMITS = Limits()


class HttpClient:
    """Keep-alive HTTP/1.1 client for one event loop, made inside that loop.

    Redirects are not followed, content codings not decoded, cookies not kept. A request is never written twice: when an
    idle connection turns out to be closed before anything was written, another one is used; after that, the failure is
    the caller's to judge, by the error's ``sent``.
    """

    def __init__(  # noqa: PLR0913 - settings, each with a default.
        self,
        *,
        timeouts: Timeouts = _DEFAULT_TIMEOUTS,
        max_connections_per_origin: int = _DEFAULT_LIMITS.max_connections_per_origin,
        idle_keep_alive_s: float = _DEFAULT_LIMITS.idle_keep_alive_s,
        max_head_bytes: int = _DEFAULT_LIMITS.max_head_bytes,
        max_body_bytes: int = _DEFAULT_LIMITS.max_body_bytes,
        ssl_context: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        """Make a client without connections; the limits are explained in ``Limits``.

        ``ssl_context`` replaces that of ``make_ssl_context()``, which is otherwise called at the first need of it, and
        then holds up the event loop. ``resolver`` carries the
        address policy; the default one allows public addresses and loopback where the URL names it.
        """
        self._loop = asyncio.get_running_loop()
        self._timeouts = timeouts
        self._limits = Limits(
            max_connections_per_origin=max_connections_per_origin,
            idle_keep_alive_s=idle_keep_alive_s,
            max_head_bytes=max_head_bytes,
            max_body_bytes=max_body_bytes,
        )
        self._dialer = Dialer(resolver or Resolver(), ssl_context)
        self._pools: dict[Origin, OriginPool] = {}

    @property
    def timeouts(self) -> Timeouts:
        """What a request is allowed that has no timeouts of its own."""
        return self._timeouts

    async def request(  # noqa: PLR0913 - the parts of a request.
        self,
        method: bytes | str,
        origin: Origin,
        target: str,
        *,
        headers: Sequence[Header] = (),
        body: bytes = b"",
        timeouts: Timeouts | None = None,
    ) -> HttpResponse:
        """Send one request; as ``send()``, for requests that are made once.

        Raises:
            ValueError: the method, the target or a header is malformed.
            HttpClientError: as ``send()``.
        """
        return await self.send(RequestHead(method, origin, target, headers), body=body, timeouts=timeouts)

    async def send(
        self,
        head: RequestHead,
        *,
        headers: Sequence[Header] = (),
        body: bytes = b"",
        timeouts: Timeouts | None = None,
    ) -> HttpResponse:
        """Send a request, and return when the response head is complete.

        Cancelling closes the connection. A response that is not read to its end must be aborted.

        Args:
            head: request line and fixed headers, made once.
            headers: those of this request alone.
            body: the whole body.
            timeouts: instead of the client's.

        Raises:
            ValueError: a header is malformed.
            ConnectFailed: no connection (not sent).
            ConnectionLost: the server closed before the response head was complete.
            Timeout: a phase took too long.
            BadResponse: the response head is not acceptable.
            Aborted: the client was closed.
        """
        timeouts = timeouts or self._timeouts
        encoded = head.encode(len(body), headers)
        now_s = self._loop.time()
        total_deadline_s = now_s + timeouts.total_s
        pool = self._pools.get(head.origin) or self._add_pool(head.origin)
        connection = pool.take_idle() or await self._acquire(pool, now_s + min(timeouts.connect_s, timeouts.total_s))
        return await connection.exchange(
            encoded, body, head_only=head.method == b"HEAD", timeouts=timeouts, total_deadline_s=total_deadline_s
        )

    def open_connections(self, origin: Origin) -> int:
        """Return the number of connections to an origin, in use or idle."""
        pool = self._pools.get(origin)
        return pool.open_count if pool is not None else 0

    async def close(self) -> None:
        """Close every connection; requests under way fail with ``Aborted``."""
        for pool in self._pools.values():
            await pool.close()

    async def _acquire(self, pool: OriginPool, deadline_s: float) -> Connection:
        try:
            async with asyncio.timeout_at(deadline_s):
                return await pool.acquire(deadline_s)
        except TimeoutError:
            raise Timeout("connect", "no connection in the time allowed", sent=False) from None

    def _add_pool(self, origin: Origin) -> OriginPool:
        async def connect(pool: OriginPool, deadline_s: float) -> Connection:
            return await self._dialer.dial(
                origin, lambda: Connection(self._loop, pool, self._limits), deadline_s=deadline_s
            )

        pool = self._pools[origin] = OriginPool(connect, max_connections=self._limits.max_connections_per_origin)
        return pool
