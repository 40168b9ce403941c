"""The form of a key: who may read it by eye, by prefix and by checksum.

A key has 46 characters of ``[0-9A-Za-z]``: an 8-character prefix that names it (``twk`` for API keys, ``twm`` for
management keys or ``two`` for operator keys, then five random ones), 32 random characters (190 bits), and 6 characters
of checksum. The checksum is the CRC-32 (ISO-HDLC, as in zlib) of the 40 characters before it as a base62 number, padded
with leading zeros, so that a secret scanner can tell a key from a look-alike without asking the server. Source of the
idea: "Behind GitHub's new authentication token formats", GitHub engineering blog, 2021; the lengths are the contract's.

Of a playground's key there is a prefix alone (``twp`` and five random characters), and no text is such a key.
"""

import re
import zlib

from tollway.keys.types import KeyKind
from tollway.kit.ids import BASE62, random_base62

PREFIX_LENGTH = 8
KEY_LENGTH = 46
_TAG_OF = {KeyKind.API: "twk", KeyKind.MANAGEMENT: "twm", KeyKind.OPERATOR: "two"}
_PLAYGROUND_TAG = "twp"
_TAG_LENGTH = 3
_SECRET_LENGTH = 32
_CHECKSUM_LENGTH = 6
_FORM = re.compile(rf"tw[kmo][0-9A-Za-z]{{{KEY_LENGTH - _TAG_LENGTH}}}")
_PREFIX_FORM = re.compile(rf"tw[kmo][0-9A-Za-z]{{{PREFIX_LENGTH - _TAG_LENGTH}}}")


def new_key(kind: KeyKind) -> str:
    """Make a full key. It is a secret: show it once and store its digest only."""
    body = _TAG_OF[kind] + random_base62(PREFIX_LENGTH - _TAG_LENGTH + _SECRET_LENGTH)
    return body + checksum(body)


def new_playground_prefix() -> str:
    """Make the prefix of a playground's key."""
    return _PLAYGROUND_TAG + random_base62(PREFIX_LENGTH - _TAG_LENGTH)


def is_playground_prefix(prefix: str) -> bool:
    """Say whether the prefix of a stored key is a playground's."""
    return prefix.startswith(_PLAYGROUND_TAG)


def prefix_of(key: str) -> str:
    """Return the part of a key that names it and may be shown."""
    return key[:PREFIX_LENGTH]


def is_key(text: str) -> bool:
    """Say whether the text has a key's form and a right checksum; whether the key exists is another question."""
    return _FORM.fullmatch(text) is not None and checksum(text[:-_CHECKSUM_LENGTH]) == text[-_CHECKSUM_LENGTH:]


def is_prefix(text: str) -> bool:
    """Say whether the text has the form of the prefix of a key that somebody can have."""
    return _PREFIX_FORM.fullmatch(text) is not None


def checksum(body: str) -> str:
    """Write the CRC-32 of the text as six base62 characters, most significant first."""
    rest = zlib.crc32(body.encode())
    characters = []
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(BASE62))
        characters.append(BASE62[digit])
    return "".join(reversed(characters))
