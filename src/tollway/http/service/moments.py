"""Moments in query parameters."""

import re
from datetime import UTC, datetime, timedelta

from tollway.http.service.requests import query_error
from tollway.wire.refusals import describe

_FORM = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_EXPECTED = "a moment in ISO 8601 with an offset, such as 2026-08-01T00:00:00Z"
_PLUS_AS_SPACE = re.compile(r".*\d \d\d:\d\d", re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND_US = 1000


def offset_moment_ms(name: str, text: str) -> int:
    """Read a moment that has an offset as Unix milliseconds, rounded up where it is finer.

    What is recorded has whole milliseconds, so rounding up changes neither "at or after" nor "before".

    Raises:
        BadRequestError: the text is no such moment, or lies before 1970.
    """
    hint = " (write + as %2B in a URL)" if _PLUS_AS_SPACE.fullmatch(text) else ""
    if _FORM.fullmatch(text) is None:
        raise query_error(name, _EXPECTED + hint, describe(text))
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise query_error(name, f"{_EXPECTED} that the calendar has", describe(text)) from error
    if moment < _EPOCH:
        raise query_error(name, "a moment from 1970 on", describe(text))
    return -(-((moment - _EPOCH) // timedelta(microseconds=1)) // _MILLISECOND_US)
