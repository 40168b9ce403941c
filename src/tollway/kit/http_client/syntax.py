"""What may stand in a request head; the guard against header injection."""

import re

# RFC 9110, section 5.6.2.
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
# RFC 9110, section 5.5: visible characters, spaces, tabs and bytes beyond ASCII; so no CR, LF or NUL.
_FIELD_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
_TARGET = re.compile(r"/[\x21-\x7e]*\Z")
# The client alone says where a message goes and where it ends.
_RESERVED = frozenset(
    (
        b"connection",
        b"content-length",
        b"expect",
        b"host",
        b"keep-alive",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)


def validate_method(method: bytes) -> None:
    """Check a request method.

    Raises:
        ValueError: it is not a token.
    """
    if not _TOKEN.match(method):
        raise ValueError(f"not a method: {method!r}")


def validate_target(target: str) -> None:
    """Check a target: path and query.

    Raises:
        ValueError: it does not start with a slash, or has spaces, control or non-ASCII characters.
    """
    if not _TARGET.match(target):
        raise ValueError(f"a target is a slash and visible ASCII characters, but this is {target!r}")


def validate_header(name: bytes, value: bytes) -> None:
    """Check a header.

    Raises:
        ValueError: a malformed name or value, or a name that the client sets itself. Values are not repeated in the
            message, because they may be credentials.
    """
    if not _TOKEN.match(name):
        raise ValueError(f"not a header name: {name!r}")
    if name.lower() in _RESERVED:
        raise ValueError(f"the header {name!r} is set by the client alone")
    if not _FIELD_VALUE.match(value):
        raise ValueError(f"the value of the header {name!r} has control characters")
