"""The stored digest of a key is plain HMAC-SHA256, so that it can be recomputed by any tool."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from tollway.keys.digest import KeyDigest


@given(st.binary(min_size=1, max_size=200), st.text(max_size=100))
def test_the_digest_is_hmac_sha256_under_the_pepper(pepper: bytes, key: str) -> None:
    assert KeyDigest(pepper).of(key) == hmac.digest(pepper, key.encode(), "sha256")


def test_one_digest_does_not_disturb_the_next() -> None:
    digest = KeyDigest(b"p" * 32)

    first = digest.of("twkaaaaa")
    assert digest.of("twkbbbbb") != first
    assert digest.of("twkaaaaa") == first


def test_another_pepper_gives_another_digest() -> None:
    assert KeyDigest(b"p" * 32).of("twkaaaaa") != KeyDigest(b"q" * 32).of("twkaaaaa")


def test_derived_keys_differ_by_label_and_pepper_and_stay_the_same() -> None:
    keys = {KeyDigest(pepper * 32).derived_key(label) for pepper in (b"p", b"q") for label in ("one", "two")}

    assert len(keys | {b"p" * 32, KeyDigest(b"p" * 32).of("one")}) == 6
    assert KeyDigest(b"p" * 32).derived_key("one") in keys
