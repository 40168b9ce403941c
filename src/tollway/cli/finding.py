"""What `tollway doctor` says of one thing."""

from msgspec import Struct


class Finding(Struct, frozen=True):
    """One thing that was looked at; ``fix`` says what to do about it, also where it is only advice and ``ok``."""

    name: str
    ok: bool
    detail: str
    fix: str | None = None
