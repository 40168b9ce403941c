"""A running answer of an upstream: bytes from the connection in, steps out."""

import asyncio

from tollway.kit.http_client import HttpClientError, HttpResponse
from tollway.upstreams.openai_compatible.delta_maker import DeltaMaker
from tollway.upstreams.openai_compatible.errors import ErrorMapper
from tollway.upstreams.openai_compatible.event_reader import EventReader, read_body
from tollway.wire.deltas import Delta

_GRACE_S = 0.25
"""How long the end of the body may take after ``[DONE]``, so that the connection can carry the next call."""


class StreamAnswer:
    """An answer that comes as an event stream."""

    is_over = False
    """Its end is told by ``next``, which then reads what follows it."""

    def __init__(self, response: HttpResponse, maker: DeltaMaker, errors: ErrorMapper) -> None:
        self._response = response
        self._errors = errors
        self._reader = EventReader(maker, errors)

    async def next(self) -> list[Delta]:
        """Return the steps of the next read that completes any, or an empty list at the complete end.

        Raises:
            UpstreamError: the answer broke; the steps before were returned.
        """
        reader = self._reader
        while not reader.is_done:
            try:
                piece = await self._response.next_chunk()
            except HttpClientError as error:
                reader.lose(self._errors.transport(error))
                break
            deltas = reader.feed(piece) if piece else reader.end()
            if deltas:
                return deltas
        if reader.failure is not None:
            self.close()
            raise reader.failure
        await self._let_go()
        return []

    def close(self) -> None:
        """End the answer at once; the upstream sees its caller leave."""
        self._response.abort()

    async def _let_go(self) -> None:
        """Read the end of the body, which gives the connection back; one that does not end soon is closed."""
        try:
            async with asyncio.timeout(_GRACE_S):
                while await self._response.next_chunk():
                    pass
        except (HttpClientError, TimeoutError):
            self.close()


class JsonAnswer:
    """An answer that comes as one JSON body, and so as one step.

    ``is_over`` tells whether that was taken.
    """

    def __init__(self, response: HttpResponse, maker: DeltaMaker, errors: ErrorMapper) -> None:
        self._response = response
        self._maker = maker
        self._errors = errors
        self.is_over = False

    async def next(self) -> list[Delta]:
        """Return the whole answer, and an empty list after it.

        Raises:
            UpstreamError: the body did not come whole, or is no answer.
        """
        if self.is_over:
            return []
        try:
            body = await self._response.read()
        except HttpClientError as error:
            raise self._errors.transport(error, comes_whole=True) from error
        self.is_over = True
        return [read_body(body, self._maker, self._errors)]

    def close(self) -> None:
        """End the answer at once; the upstream sees its caller leave."""
        self._response.abort()
