"""Signed cursors: where a page ended, in a form that only this server can make.

The key comes from the outside, and is the same after a restart; so are the cursors.
"""

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

_VERSION = b"\x01"
_SIGNATURE_BYTES = hashlib.sha256().digest_size


class WrongCursorError(ValueError):
    """The text was not issued for this question, or was changed since."""


class CursorSigner:
    """Issues and reads cursors, signed with HMAC-SHA256 and written in base64url without padding.

    A cursor belongs to a scope: the bytes that stand for everything that makes two lists different, such as the
    account and the filters. It is read for the same scope only.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, position: bytes, scope: bytes) -> str:
        """Write a position in the list of a scope as a cursor."""
        return _encode(_VERSION + position + self._signature(position, scope))

    def read(self, cursor: str, scope: bytes) -> bytes:
        """Return the position that a cursor of this scope holds.

        Raises:
            WrongCursorError: the cursor has another scope or key, or is not in the very form in which it was issued.
        """
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (UnicodeEncodeError, binascii.Error) as error:
            raise WrongCursorError(cursor) from error
        # The decoder overlooks foreign characters, padding and loose bits at the end; one cursor has one form.
        if len(raw) < len(_VERSION) + _SIGNATURE_BYTES or _encode(raw) != cursor:
            raise WrongCursorError(cursor)
        version, position, signature = raw[:1], raw[1:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        if version != _VERSION or not hmac.compare_digest(signature, self._signature(position, scope)):
            raise WrongCursorError(cursor)
        return position

    def _signature(self, position: bytes, scope: bytes) -> bytes:
        # The length keeps the border between position and scope where it is.
        signed = _VERSION + len(position).to_bytes(4, "big") + position + scope
        return hmac.digest(self._key, signed, "sha256")


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
