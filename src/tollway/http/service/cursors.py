"""Cursors in query parameters."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from litestar.params import QueryParameter

from tollway.http.service.requests import query_error
from tollway.kit.cursor import WrongCursorError
from tollway.wire.refusals import describe

Cursor = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        description="`pagination.next_cursor` of the page before, unchanged, with the same filters. It goes on where "
        "that page ended, whatever was added since.",
    ),
]


@contextmanager
def own_cursor(cursor: str | None) -> Iterator[None]:
    """Refuse a cursor that was not issued for the question as what it is here: a parameter of the query.

    Raises:
        InvalidQueryError: in the place of `WrongCursorError`.
    """
    try:
        yield
    except WrongCursorError as error:
        expected = "next_cursor of an earlier answer, unchanged and with the same filters"
        raise query_error("cursor", expected, describe(cursor)) from error
