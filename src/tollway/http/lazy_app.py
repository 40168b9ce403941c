"""The ASGI app, loaded after the server has begun to answer: its framework takes longer to import than all the rest."""

import asyncio
from collections.abc import Callable
from typing import Any

AsgiApp = Callable[[Any, Any, Any], Any]


class LazyApp:
    """An ASGI app that is made by ``load`` in a thread, once, when it is first needed or ``load`` is called.

    When it cannot be made, whoever asked is told so, and whoever asks next has it tried again.
    """

    def __init__(self, make: Callable[[], AsgiApp]) -> None:
        self._make = make
        self._loading: asyncio.Task[AsgiApp] | None = None

    async def load(self) -> AsgiApp:
        """Return the app, making it first if need be."""
        if self._loading is None or _has_failed(self._loading):
            self._loading = asyncio.create_task(asyncio.to_thread(self._make), name="load the ASGI app")
        return await asyncio.shield(self._loading)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - the ASGI interface
        """Answer one request."""
        app = await self.load()
        await app(scope, receive, send)


def _has_failed(loading: asyncio.Task[AsgiApp]) -> bool:
    return loading.done() and (loading.cancelled() or loading.exception() is not None)
