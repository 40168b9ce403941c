"""US dollars become whole credits exactly, or not at all."""

from decimal import Decimal

import pytest

from tollway.kit.money import credits_from_usd


@pytest.mark.parametrize(
    ("usd", "credit_count"),
    [("1", 2_000_000), ("0.1", 200_000), ("0.0000005", 1), ("-2.5", -5_000_000), ("1e3", 2_000_000_000), ("0", 0)],
)
def test_whole_credits_are_exact(usd: str, credit_count: int) -> None:
    assert credits_from_usd(Decimal(usd)) == credit_count


@pytest.mark.parametrize("usd", ["0.00000049", "0.0000005" + "0" * 30 + "1", "0.0000005" + "0" * 99 + "1", "1e-400"])
def test_what_is_finer_than_a_credit_is_refused_and_never_rounded(usd: str) -> None:
    with pytest.raises(ValueError, match="not a whole number of credits"):
        credits_from_usd(Decimal(usd))
