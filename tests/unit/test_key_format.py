"""The form of keys, against a published CRC-32 and by properties."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.keys.format import KEY_LENGTH, checksum, is_key, is_prefix, new_key, prefix_of
from tollway.keys.types import KeyKind
from tollway.kit.ids import BASE62

BODIES = st.text(BASE62, min_size=37, max_size=37).map(lambda tail: "twk" + tail)


def from_base62(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 62 + BASE62.index(digit)
    return value


@pytest.mark.parametrize(
    ("kind", "tag"), [(KeyKind.API, "twk"), (KeyKind.MANAGEMENT, "twm"), (KeyKind.OPERATOR, "two")]
)
def test_a_new_key_has_the_published_form(kind: KeyKind, tag: str) -> None:
    key = new_key(kind)

    assert len(key) == KEY_LENGTH == 46
    assert key.startswith(tag)
    assert key.isalnum()
    assert key.isascii()
    assert prefix_of(key) == key[:8]
    assert is_prefix(prefix_of(key))
    assert is_key(key)


def test_new_keys_differ_in_name_and_secret() -> None:
    keys = [new_key(KeyKind.API) for _ in range(500)]

    assert len({prefix_of(key) for key in keys}) == 500
    assert len({key[8:40] for key in keys}) == 500


def test_the_checksum_is_the_standard_crc_32() -> None:
    # The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
    assert from_base62(checksum("123456789")) == 0xCBF43926


def test_a_small_checksum_is_padded_with_zeros() -> None:
    assert checksum("") == "000000"


@given(BODIES)
def test_anybody_can_compute_the_checksum_from_the_text(body: str) -> None:
    assert from_base62(checksum(body)) == zlib.crc32(body.encode())
    assert is_key(body + checksum(body))


@given(BODIES, st.integers(0, 45), st.sampled_from(BASE62))
def test_one_changed_character_makes_it_no_key(body: str, place: int, character: str) -> None:
    key = body + checksum(body)
    changed = key[:place] + character + key[place + 1 :]

    assert is_key(changed) == (changed == key)


@given(st.text(max_size=60))
def test_other_text_is_no_key(text: str) -> None:
    assert not is_key(text)


@pytest.mark.parametrize("text", ["", "twk", "twkabcd", "twkabcdef", "twxabcde", "twkabcd-", "twkabcd\n"])
def test_other_text_is_no_prefix(text: str) -> None:
    assert not is_prefix(text)
