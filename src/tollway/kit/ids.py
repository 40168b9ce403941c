"""Random identifiers of fixed alphabets and lengths."""

import os
import secrets
import time
import uuid
from binascii import b2a_base64

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# In the order of their codes, so that texts sort as the numbers that they stand for.
_ORDERED = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_FROM_BASE64 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", _ORDERED)
_MOMENT_CHARACTERS = 7
_MOMENT_MAX_MS = 64**_MOMENT_CHARACTERS - 1
_INFERENCE_CHARACTERS = 21
# 128 bits are a little more than 21 characters: 42 of the moment and 86 others, the last two of which are cut off.
_INFERENCE_BYTES = 16
_OTHER_BITS = 86
_RANDOM_BYTES = 11
_RANDOM_AT_ONCE_BYTES = 4096
_LOWER_36 = bytes(b"abcdefghijklmnopqrstuvwxyz0123456789"[byte % 36] for byte in range(256))
COMPLETION_ID_LENGTH = 10


class _Random:
    """The system's secure source, asked for much at a time: one question costs as much as all else of an id.

    For the thread of the event loop alone, where all these ids are made.
    """

    def __init__(self) -> None:
        self._bytes = b""
        self._taken = 0

    def take(self, count: int) -> bytes:
        """Return that many bytes which nobody else gets. Not for secrets: what is to come lies in memory."""
        begin, self._taken = self._taken, self._taken + count
        if self._taken > len(self._bytes):
            self._bytes, begin, self._taken = os.urandom(_RANDOM_AT_ONCE_BYTES), 0, count
        return self._bytes[begin : self._taken]


_random = _Random()


def inference_id() -> str:
    """Make the id of one inference: 21 characters of ``[A-Za-z0-9_-]``, in the order of their making.

    Seven characters are the milliseconds since 1970 (until 2109), fourteen are 84 random bits. Ids in order of time
    keep new rows of the ledger on the same pages of its indexes: with wholly random ones a hold and its settlement
    cost the database about 2.5 times as much.
    """
    others = int.from_bytes(_random.take(_RANDOM_BYTES), "big") >> 8 * _RANDOM_BYTES - _OTHER_BITS
    return _ordered_text(time.time_ns() // 1_000_000, others)


def inference_id_floor(moment_ms: int) -> str:
    """Return what every id that `inference_id` makes from this moment on sorts after, and every earlier one before.

    ``moment_ms`` is in Unix milliseconds; moments that ids cannot express are taken for the nearest that they can.
    """
    return _ordered_text(moment_ms, 0)[:_MOMENT_CHARACTERS]


def _ordered_text(moment_ms: int, others: int) -> str:
    moment_ms = min(max(moment_ms, 0), _MOMENT_MAX_MS)
    number = (moment_ms << _OTHER_BITS | others).to_bytes(_INFERENCE_BYTES, "big")
    return b2a_base64(number)[:_INFERENCE_CHARACTERS].translate(_FROM_BASE64).decode()


def completion_id() -> str:
    """Make the ``id`` of a chat completion: ``as-`` and ten characters of ``[a-z0-9]``."""
    # The value is a name and no secret: the slight bias of the modulo is of no consequence.
    return "as-" + _random.take(COMPLETION_ID_LENGTH).translate(_LOWER_36).decode()


def tool_call_id() -> str:
    """Make the id of a tool call for an upstream that gave none."""
    return "call_" + random_base62(24)


def request_id() -> str:
    """Make the ``requestId`` of an error body, a random UUID."""
    return str(uuid.uuid4())


def random_base62(length: int) -> str:
    """Draw ``length`` unbiased characters of ``[0-9A-Za-z]`` from the system's secure source."""
    return "".join(secrets.choice(BASE62) for _ in range(length))
