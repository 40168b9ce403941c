"""Passwords: what is accepted, and how they are hashed (SECURITY.md)."""

import asyncio
import re
from functools import cache
from importlib.resources import files

from tollway.accounts.errors import WeakPasswordError
from tollway.kit.ids import random_base62

LENGTH_MIN = 12
LENGTH_MAX = 256
_DISTINCT_MIN = 5
_RANDOM_LENGTH = 20  # 119 random bits.
# OWASP's password storage cheat sheet, argon2id, second choice of equal strength.
_MEMORY_KIB = 19_456
_PASSES = 2
_LANES = 1
# Each hash holds 19 MiB and a core for some 30 ms: more at once would starve the answers under way.
_AT_ONCE = 2
_AROUND_WORDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_DIGITS_IN_ORDER = "01234567890123456789" * 13


def random_password() -> str:
    """Make a password that nobody has to think of."""
    return random_base62(_RANDOM_LENGTH)


def check_password(password: str, email: str) -> None:
    """Refuse a password that an attacker would try first.

    A common word stays common with digits and signs around it, and so does the account's own name.

    Raises:
        WeakPasswordError: it is shorter than 12 or longer than 256 characters, or easily guessed.
    """
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise WeakPasswordError(f"The password must have {LENGTH_MIN} to {LENGTH_MAX} characters", param="password")
    lowered = password.lower()
    word = _AROUND_WORDS.sub("", lowered)
    owner = {email, email.partition("@")[0]}
    in_order = lowered in _DIGITS_IN_ORDER or lowered in _DIGITS_IN_ORDER[::-1]
    if word in _common_words() or {word, lowered} & owner or len(set(lowered)) < _DISTINCT_MIN or in_order:
        raise WeakPasswordError("The password is too easy to guess", param="password")


class PasswordHasher:
    """Hashes passwords with argon2id beside the event loop, at most two at once."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """Return the hash with its parameters, as it is stored."""
        async with self._places:
            return await asyncio.to_thread(_hash, password)

    async def verify(self, password_hash: str, password: str) -> bool:
        """Say whether this is the password."""
        async with self._places:
            return await asyncio.to_thread(_verify, password_hash, password)


@cache
def _common_words() -> frozenset[str]:
    return frozenset(files("tollway.accounts").joinpath("common_passwords.txt").read_text(encoding="utf-8").split())


def _hash(password: str) -> str:
    # Most commands and the first second of a server need no password: the library is loaded when it is needed.
    from argon2 import PasswordHasher as Argon2  # noqa: PLC0415

    return Argon2(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES).hash(password)


def _verify(password_hash: str, password: str) -> bool:
    from argon2 import PasswordHasher as Argon2  # noqa: PLC0415
    from argon2.exceptions import VerificationError  # noqa: PLC0415

    try:
        return Argon2().verify(password_hash, password)
    except VerificationError:
        return False
