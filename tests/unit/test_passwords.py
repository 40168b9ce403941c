"""Which passwords are taken, and how they are kept."""

import asyncio
import re
import threading

import pytest

from tollway.accounts import passwords
from tollway.accounts.errors import WeakPasswordError
from tollway.accounts.passwords import PasswordHasher, check_password, random_password

EMAIL = "jane.doe-and-co@example.com"


@pytest.mark.parametrize(
    "password",
    [
        "short-one-1",
        "x" * 257,
        "passwordpassword",
        "Password123456",
        "!!!welcome2024!!!",
        "iloveyousomuch",
        "123456789012",
        "987654321098",
        "aaaaaaaaaaaaaaaa",
        "abababababab",
        "jane.doe-and-co@example.com",
        "jane.doe-and-co",
        "JANE.DOE-AND-CO",
    ],
)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        check_password(password, EMAIL)


@pytest.mark.parametrize("password", ["twelve chars", "x9" + "correct horse battery staple" * 3, "ünïcödé-wörks"])
def test_a_password_of_its_own_is_taken(password: str) -> None:
    check_password(password, EMAIL)


def test_random_passwords_are_strong_and_differ() -> None:
    drawn = {random_password() for _ in range(200)}

    assert len(drawn) == 200
    for password in drawn:
        check_password(password, EMAIL)


async def test_a_hash_has_the_promised_strength_and_knows_its_password() -> None:
    hasher = PasswordHasher()

    stored = await hasher.hash("a good long password")

    assert re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", stored)
    assert await hasher.verify(stored, "a good long password")
    assert not await hasher.verify(stored, "a good long passwore")


async def test_at_most_two_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = threading.Lock()
    running: list[int] = []
    most: list[int] = []
    two_are_in = threading.Event()

    def hash_slowly(_password: str) -> str:
        with counting:
            running.append(1)
            most.append(len(running))
            if len(running) == 2:
                two_are_in.set()
        # The first one stays until a second has come, so that an overlap is seen if it is allowed.
        assert two_are_in.wait(60)
        with counting:
            running.pop()
        return "hash"

    monkeypatch.setattr(passwords, "_hash", hash_slowly)
    hasher = PasswordHasher()

    await asyncio.gather(*(hasher.hash("any") for _ in range(8)))

    assert max(most) == 2
