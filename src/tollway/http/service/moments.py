"""Moments in query parameters and bodies."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tollway.http.service.requests import query_error
from tollway.kit.errors import BadRequestError
from tollway.wire.refusals import describe, field_error

_DAY, _TIME, _OFFSET = r"\d{4}-\d\d-\d\d", r"[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?", r"([Zz]|[+-]\d\d:\d\d)"
_FORM = re.compile(_DAY + _TIME + _OFFSET, re.ASCII)
_WITHOUT_OFFSET = re.compile(f"{_DAY}({_TIME})?", re.ASCII)
_EXPECTED = "a moment in ISO 8601 with an offset, such as 2026-08-01T00:00:00Z"
_EXPECTED_FREELY = "a moment in ISO 8601, such as 2026-08-01T00:00:00Z"
_PLUS_AS_SPACE = re.compile(r".*\d \d\d:\d\d", re.DOTALL)
_URL_HINT = " (write + as %2B in a URL)"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND_US = 1000
_YEAR_10000_MS = 253_402_300_800_000


def offset_moment_ms(name: str, text: str) -> int:
    """Read a query parameter with a moment that has an offset as Unix milliseconds, rounded up where it is finer.

    What is recorded has whole milliseconds, so rounding up changes neither "at or after" nor "before".

    Raises:
        BadRequestError: the text is no such moment, or lies before 1970.
    """
    hint = _URL_HINT if _PLUS_AS_SPACE.fullmatch(text) else ""
    return _moment_ms(text, lambda expected: query_error(name, expected, describe(text)), hint)


def moment_ms(name: str, text: str) -> int:
    """Read a query parameter like `offset_moment_ms`; without an offset it is UTC, a day alone is its beginning.

    Raises:
        BadRequestError: the text is no such moment, or lies before 1970.
    """
    whole = text
    if _WITHOUT_OFFSET.fullmatch(text) is not None:
        whole = f"{text}Z" if "T" in text.upper() else f"{text}T00:00:00Z"
    hint = _URL_HINT if _PLUS_AS_SPACE.fullmatch(text) else ""
    return _moment_ms(whole, lambda wanted: query_error(name, wanted, describe(text)), hint, expected=_EXPECTED_FREELY)


def body_moment_ms(path: str, text: str) -> int:
    """Read a field of a body like `offset_moment_ms`.

    Raises:
        InvalidBodyError: the text is no such moment, or lies before 1970.
    """
    return _moment_ms(text, lambda expected: field_error(path, expected, describe(text)))


def _moment_ms(
    text: str, refusal: Callable[[str], BadRequestError], hint: str = "", *, expected: str = _EXPECTED
) -> int:
    if _FORM.fullmatch(text) is None:
        raise refusal(expected + hint)
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise refusal(f"{expected} that the calendar has") from error
    if moment < _EPOCH:
        raise refusal("a moment from 1970 on")
    moment_ms = -(-((moment - _EPOCH) // timedelta(microseconds=1)) // _MILLISECOND_US)
    if moment_ms >= _YEAR_10000_MS:
        # An offset leads there, and no moment of it can be written.
        raise refusal("a moment before the year 10000")
    return moment_ms
