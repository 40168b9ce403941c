"""Cutting spans: pieces without gap or overlap, and as few of them as there can be."""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tollway.usage.slots import Span, cut
from tollway.usage.types import SLOT_MS, WIDE_SLOT_MS

MOMENTS = st.integers(min_value=0, max_value=40 * WIDE_SLOT_MS) | st.integers(0, 480).map(lambda one: one * SLOT_MS)
HORIZONS = st.integers(0, 500).map(lambda one: one * SLOT_MS)


def pieces(span: Span, horizon_ms: int) -> Iterator[Span]:
    found = cut(span, horizon_ms)
    yield from sorted((*found.wide, *found.narrow, *found.rows), key=lambda piece: piece.from_ms)


@given(MOMENTS, MOMENTS)
def test_pieces_are_the_span_again(first: int, second: int) -> None:
    from_ms, to_ms = min(first, second), max(first, second)
    found = list(pieces(Span(from_ms, to_ms), 0))

    assert all(one.from_ms < one.to_ms for one in found)
    assert all(one.to_ms == other.from_ms for one, other in pairwise(found))
    assert sum(one.to_ms - one.from_ms for one in found) == to_ms - from_ms
    assert not found or (found[0].from_ms, found[-1].to_ms) == (from_ms, to_ms)


@given(MOMENTS, MOMENTS, HORIZONS)
def test_slots_are_whole_and_rows_lie_within_one(first: int, second: int, horizon_ms: int) -> None:
    found = cut(Span(min(first, second), max(first, second)), horizon_ms)

    assert all(moment % WIDE_SLOT_MS == 0 for one in found.wide for moment in (one.from_ms, one.to_ms))
    assert all(moment % SLOT_MS == 0 for one in found.narrow for moment in (one.from_ms, one.to_ms))
    assert all(one.from_ms // SLOT_MS == (one.to_ms - 1) // SLOT_MS for one in found.rows)
    # What a wide slot could tell is not read from narrow ones: before and behind the wide ones there is less than one.
    assert all(one.to_ms - one.from_ms < 2 * WIDE_SLOT_MS for one in found.narrow)
    assert all(one.from_ms >= horizon_ms for one in found.rows)


@given(st.lists(MOMENTS, min_size=2, max_size=6), HORIZONS)
def test_spans_that_follow_each_other_add_up_before_the_horizon_too(moments: list[int], horizon_ms: int) -> None:
    moments.sort()
    # Every slot counts once among the parts of the whole, as in the whole itself.
    parts = [piece for from_ms, to_ms in pairwise(moments) for piece in pieces(Span(from_ms, to_ms), horizon_ms)]
    whole = list(pieces(Span(moments[0], moments[-1]), horizon_ms))

    assert all(one.to_ms <= other.from_ms for one, other in pairwise(parts))
    assert sum(one.to_ms - one.from_ms for one in parts) == sum(one.to_ms - one.from_ms for one in whole)
