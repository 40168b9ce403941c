"""Ids of inferences are in order of time, and a moment divides them."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kit.ids import completion_id, inference_id, inference_id_floor

BEYOND_ONE_DRAW = 2_000
"""So many ids take more random bytes than are drawn at a time."""
moments = st.integers(0, 2**42 - 1)


def test_an_inference_id_has_its_form_and_lies_at_its_moment() -> None:
    before_ms = time.time_ns() // 1_000_000
    made = inference_id()
    after_ms = time.time_ns() // 1_000_000

    assert re.fullmatch(r"[A-Za-z0-9_-]{21}", made)
    assert inference_id_floor(before_ms) < made < inference_id_floor(after_ms + 1)


def test_no_id_comes_twice() -> None:
    assert len({inference_id() for _ in range(BEYOND_ONE_DRAW)}) == BEYOND_ONE_DRAW
    assert len({completion_id() for _ in range(BEYOND_ONE_DRAW)}) == BEYOND_ONE_DRAW
    assert all(re.fullmatch(r"as-[a-z0-9]{10}", completion_id()) for _ in range(BEYOND_ONE_DRAW))


@given(moments, moments)
def test_floors_sort_as_their_moments(one_ms: int, other_ms: int) -> None:
    assert (inference_id_floor(one_ms) < inference_id_floor(other_ms)) == (one_ms < other_ms)


@given(moments)
def test_every_id_of_a_moment_lies_between_its_floor_and_the_next(moment_ms: int) -> None:
    made = inference_id_floor(moment_ms) + inference_id()[7:]

    assert inference_id_floor(moment_ms) < made
    assert made < inference_id_floor(moment_ms + 1) or moment_ms == 2**42 - 1


@pytest.mark.parametrize(("moment_ms", "nearest_ms"), [(-1, 0), (-(10**15), 0), (2**42, 2**42 - 1), (2**60, 2**42 - 1)])
def test_moments_beyond_all_ids_are_taken_for_the_nearest(moment_ms: int, nearest_ms: int) -> None:
    assert inference_id_floor(moment_ms) == inference_id_floor(nearest_ms)
