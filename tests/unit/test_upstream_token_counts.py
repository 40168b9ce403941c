"""Counts of tokens in every shape, and their estimates."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.upstreams.openai_compatible.event_types import UsageBlock
from tollway.upstreams.openai_compatible.token_counts import token_usage
from tollway.wire.deltas import TokenUsage
from tollway.wire.estimation import estimate_tokens, share_of_tokens, utf8_length

BASE: dict[str, Any] = {"prompt_tokens": 13, "completion_tokens": 601, "total_tokens": 614}


def usage(block: dict[str, Any], reasoning_bytes: int = 0, visible_bytes: int = 0) -> TokenUsage | None:
    return token_usage(msgspec.convert(block, UsageBlock), reasoning_bytes=reasoning_bytes, visible_bytes=visible_bytes)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"completion_tokens_details": {"reasoning_tokens": 323}}, TokenUsage(13, 601, 323)),
        ({"completion_tokens_details": None, "prompt_tokens_details": None}, TokenUsage(13, 601)),
        ({"reasoning_tokens": 323}, TokenUsage(13, 601, 323)),
        ({"prompt_tokens_details": {"cached_tokens": 8}}, TokenUsage(13, 601, 0, 8)),
        ({"prompt_cache_hit_tokens": 8, "prompt_cache_miss_tokens": 5}, TokenUsage(13, 601, 0, 8)),
        ({"completion_tokens_details": {"reasoning_tokens": 700}}, TokenUsage(13, 601, 601)),
        ({"prompt_tokens_details": {"cached_tokens": 99}}, TokenUsage(13, 601, 0, 13)),
        ({"completion_tokens": None}, TokenUsage(13, 601)),
        ({"completion_tokens": 601.0, "total_tokens": None}, TokenUsage(13, 601)),
        ({"completion_tokens": 278, "completion_tokens_details": {"reasoning_tokens": 323}}, TokenUsage(13, 601, 323)),
        ({"completion_tokens": -5, "total_tokens": 8}, TokenUsage(13, 0)),
    ],
)
def test_every_shape_is_read(extra: dict[str, Any], expected: TokenUsage) -> None:
    assert usage(BASE | extra) == expected


@pytest.mark.parametrize(
    "block", [{}, {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, BASE | {"completion_tokens": 1e300}]
)
def test_a_block_that_says_nothing_is_no_usage(block: dict[str, Any]) -> None:
    assert usage(block, 10, 10) is None


def test_reasoning_is_left_at_zero_only_without_any() -> None:
    assert usage(BASE) == TokenUsage(13, 601, 0)
    assert usage(BASE, 300, 100) == TokenUsage(13, 601, 451)
    assert usage(BASE | {"completion_tokens_details": {"reasoning_tokens": 0}}, 300, 100) == TokenUsage(13, 601, 451)
    assert usage(BASE, 1, 1_000_000) == TokenUsage(13, 601, 1)
    assert usage(BASE, 1, 0) == TokenUsage(13, 601, 601)


@given(st.integers(0, 10**6), st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_share_stays_within_the_whole(tokens: int, part: int, rest: int) -> None:
    share = share_of_tokens(tokens, part, part + rest)

    assert 0 <= share <= tokens
    assert (share > 0) == (tokens > 0 and part > 0)


def test_estimates_round_up() -> None:
    assert [estimate_tokens(length) for length in (0, 1, 4, 5, 8)] == [0, 1, 1, 2, 2]


@given(st.text())
def test_length_is_that_of_utf8(text: str) -> None:
    assert utf8_length(text) == len(text.encode())
