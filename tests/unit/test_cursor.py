from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kit.cursor import CursorSigner, WrongCursorError

SIGNER = CursorSigner(b"k" * 32)


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_cursor_gives_its_position_back_also_after_a_restart(position: bytes, scope: bytes) -> None:
    cursor = SIGNER.issue(position, scope)

    assert CursorSigner(b"k" * 32).read(cursor, scope) == position
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.binary(min_size=1, max_size=20), st.binary(max_size=20), st.integers(0, 20))
def test_bytes_cannot_move_between_position_and_scope(position: bytes, scope: bytes, border: int) -> None:
    whole = position + scope
    cursor = SIGNER.issue(whole[:border], whole[border:])

    if border != len(position) and whole[border:] != scope:
        with pytest.raises(WrongCursorError):
            SIGNER.read(cursor, scope)


def test_another_key_or_scope_does_not_read_it() -> None:
    cursor = SIGNER.issue(b"here", b"account 1")

    for signer, scope in ((CursorSigner(b"o" * 32), b"account 1"), (SIGNER, b"account 2"), (SIGNER, b"")):
        with pytest.raises(WrongCursorError):
            signer.read(cursor, scope)


def test_every_change_of_one_character_is_noticed() -> None:
    cursor = SIGNER.issue(b"position", b"scope")

    for place, character in enumerate(cursor):
        for other in "A-_b9":
            if other != character:
                with pytest.raises(WrongCursorError):
                    SIGNER.read(cursor[:place] + other + cursor[place + 1 :], b"scope")


@pytest.mark.parametrize("size", [0, 1, 2])
def test_other_spellings_of_the_same_bytes_are_refused(size: int) -> None:
    # Each size leaves another number of loose bits in the last character.
    cursor = SIGNER.issue(b"p" * size, b"scope")
    spellings = [cursor + "=", cursor + "==", cursor + "\n", f" {cursor}", cursor[:5] + "!" + cursor[5:], cursor + "A"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spellings += [cursor[:-1] + other for other in alphabet if other != cursor[-1]]

    for spelling in spellings:
        with pytest.raises(WrongCursorError):
            SIGNER.read(spelling, b"scope")
    assert SIGNER.read(cursor, b"scope") == b"p" * size


@pytest.mark.parametrize("text", ["", "=", "a", "abc", "é", "\ud800", "ab cd", "A" * 43, "A" * 10_000])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(WrongCursorError):
        SIGNER.read(text, b"scope")


def test_another_version_is_refused_even_when_signed() -> None:
    position, scope = b"position", b"scope"
    signature = SIGNER._signature(position, scope)
    other = urlsafe_b64encode(b"\x02" + position + signature).rstrip(b"=").decode()

    with pytest.raises(WrongCursorError):
        SIGNER.read(other, scope)
