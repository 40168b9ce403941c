"""Random identifiers of fixed alphabets and lengths."""

import os
import secrets
import time
import uuid

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# In the order of their codes, so that texts sort as the numbers that they stand for.
_ORDERED = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_MOMENT_SHIFTS = (36, 30, 24, 18, 12, 6, 0)
_MOMENT_MAX_MS = 64 ** len(_MOMENT_SHIFTS) - 1
_INFERENCE_RANDOM_LENGTH = 14
_LOWER_36 = "abcdefghijklmnopqrstuvwxyz0123456789"
COMPLETION_ID_LENGTH = 10


def inference_id() -> str:
    """Make the id of one inference: 21 characters of ``[A-Za-z0-9_-]``, in the order of their making.

    Seven characters are the milliseconds since 1970 (until 2109), fourteen are 84 random bits. Ids in order of time
    keep new rows of the ledger on the same pages of its indexes: with wholly random ones a hold and its settlement
    cost the database about 2.5 times as much.
    """
    moment = inference_id_floor(time.time_ns() // 1_000_000)
    return moment + "".join([_ORDERED[byte & 63] for byte in os.urandom(_INFERENCE_RANDOM_LENGTH)])


def inference_id_floor(moment_ms: int) -> str:
    """Return what every id that `inference_id` makes from this moment on sorts after, and every earlier one before.

    ``moment_ms`` is in Unix milliseconds; moments that ids cannot express are taken for the nearest that they can.
    """
    moment_ms = min(max(moment_ms, 0), _MOMENT_MAX_MS)
    return "".join([_ORDERED[moment_ms >> shift & 63] for shift in _MOMENT_SHIFTS])


def completion_id() -> str:
    """Make the ``id`` of a chat completion: ``as-`` and ten characters of ``[a-z0-9]``."""
    # The value is a name and no secret: the slight bias of the modulo is of no consequence.
    return "as-" + "".join([_LOWER_36[byte % 36] for byte in os.urandom(COMPLETION_ID_LENGTH)])


def tool_call_id() -> str:
    """Make the id of a tool call for an upstream that gave none."""
    return "call_" + random_base62(24)


def request_id() -> str:
    """Make the ``requestId`` of an error body, a random UUID."""
    return str(uuid.uuid4())


def random_base62(length: int) -> str:
    """Draw ``length`` unbiased characters of ``[0-9A-Za-z]`` from the system's secure source."""
    return "".join(secrets.choice(BASE62) for _ in range(length))
