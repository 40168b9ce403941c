"""The open connections to one origin."""

import asyncio
import collections
from collections.abc import Awaitable, Callable

from tollway.kit.http_client.connection import Connection
from tollway.kit.http_client.errors import Aborted, ConnectionLost

Connect = Callable[["OriginPool", float], Awaitable[Connection]]
"""Opens a connection that belongs to the pool, before a deadline in the loop's time. Raises ConnectFailed."""


class OriginPool:
    """Lends connections, the most recently used first, and holds their number below a limit.

    A *place* is the right to have one connection. It is taken before connecting and given back when the connection
    closes; tasks that wait get either a released connection or a place, in the order in which they came.
    """

    def __init__(self, connect: Connect, *, max_connections: int) -> None:
        self._connect = connect
        self._closed = False
        self._free_places = max_connections
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        # A waiter receives a connection, or None for a place.
        self._waiters: collections.deque[asyncio.Future[Connection | None]] = collections.deque()

    @property
    def open_count(self) -> int:
        """Number of connections, in use or not."""
        return len(self._open)

    @property
    def idle_count(self) -> int:
        """Number of connections not in use."""
        return len(self._idle)

    def take_idle(self) -> Connection | None:
        """Return a connection that is ready for a request, dropping those that were closed meanwhile."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                return connection
            connection.close()
        return None

    async def acquire(self, deadline_s: float) -> Connection:
        """Return a connection that is ready for a request, waiting for a place if need be.

        ``deadline_s``, in the loop's time, is for those who connect; the caller bounds the whole call by it.

        Raises:
            ConnectFailed: a new connection was needed and could not be made.
            ConnectionLost: it was made, and closed before it could be used.
            Aborted: the client was closed.
        """
        while True:
            connection = self.take_idle()
            if connection is not None:
                return connection
            if self._free_places:
                self._free_places -= 1
                return await self._open_connection(deadline_s)
            connection = await self._wait_turn()
            if connection is None:
                return await self._open_connection(deadline_s)
            if connection.is_usable():
                return connection
            connection.close()

    def release(self, connection: Connection) -> None:
        """Take a connection back for the next request."""
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(connection)
        else:
            self._idle.append(connection)

    def forget(self, connection: Connection) -> None:
        """Take back the place of a connection that was closed."""
        if connection not in self._open:
            return
        self._open.remove(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._return_place()

    async def close(self) -> None:
        """Close all connections; requests under way and those that wait fail with ``Aborted``."""
        self._closed = True
        # Each place given back goes to a waiter, which gives it back in turn.
        connections = list(self._open)
        for connection in connections:
            connection.shut_down()
        for connection in connections:
            await connection.wait_lost()

    async def _open_connection(self, deadline_s: float) -> Connection:
        """Use the place that the caller holds."""
        try:
            self._refuse_if_closed()
            connection = await self._connect(self, deadline_s)
            self._adopt(connection)
        except BaseException:
            self._return_place()
            raise
        return connection

    def _adopt(self, connection: Connection) -> None:
        if self._closed or not connection.is_usable():
            connection.close()
            raise ConnectionLost("connect", "the connection closed before it was used", sent=False)
        self._open.add(connection)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise Aborted("connect", "the client is closed", sent=False)

    async def _wait_turn(self) -> Connection | None:
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                # It was this task's turn already: pass it on.
                connection = waiter.result()
                if connection is None:
                    self._return_place()
                elif connection.is_usable():
                    self.release(connection)
            raise

    def _return_place(self) -> None:
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(None)
        else:
            self._free_places += 1

    def _next_waiter(self) -> asyncio.Future[Connection | None] | None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                return waiter
        return None
