"""Random identifiers of fixed alphabets and lengths."""

import os
import secrets
import uuid

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_URL_SAFE = BASE62 + "_-"
_LOWER_36 = "abcdefghijklmnopqrstuvwxyz0123456789"
INFERENCE_ID_LENGTH = 21
COMPLETION_ID_LENGTH = 10


def inference_id() -> str:
    """Make the id of one inference: 21 characters of ``[A-Za-z0-9_-]``, 126 random bits."""
    return "".join([_URL_SAFE[byte & 63] for byte in os.urandom(INFERENCE_ID_LENGTH)])


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
