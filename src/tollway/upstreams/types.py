"""What routing hands to the use-cases."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from tollway.upstreams.port import Attempt, UpstreamAnswer, UpstreamCall, UpstreamError
from tollway.wire.deltas import Delta


class Opened(Struct, frozen=True, kw_only=True):
    """An answer that has begun, by the first upstream that gave one.

    Attributes:
        answer: where the steps after ``first`` come from.
        first: the steps of the first read; at least one, so that an answer that breaks before them falls back.
        upstream_id: who answers.
        served_by: the same for people and the header ``x-served-by``; says so when it is a stand-in.
        refused_fields: fields of the chat schema that were not sent to it.
        attempts: every upstream that was tried, the one that answers last.
        note_failure: to be called when the answer breaks, so that routing learns of it.
    """

    answer: UpstreamAnswer
    first: list[Delta]
    upstream_id: str
    served_by: str
    refused_fields: frozenset[str]
    attempts: tuple[Attempt, ...]
    note_failure: Callable[[UpstreamError], None]


class Route(Protocol):
    """The way to the upstreams of one model, in the order in which they are tried."""

    @property
    def default_output_tokens(self) -> int | None:
        """The least cap that an upstream wants for answers whose caller names none; None when none wants one."""
        ...

    def may_refuse(self, field: str) -> bool:
        """Whether one of the upstreams refuses a field of the chat schema."""
        ...

    async def open_first(self, call: UpstreamCall) -> Opened:
        """Call the upstreams in turn until one begins to answer; each gets its own name of the model.

        Cancelling the await closes the connection of the attempt under way.

        Raises:
            UpstreamError: none answered; the error of the last attempt (a 429 only when all that were tried limit
                us), with ``attempts``.
        """
        ...
