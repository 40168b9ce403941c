"""How often an account may guess a coupon's code."""

import pytest

from tests.support.ledger import HeldClock
from tollway.coupons import wrong_codes
from tollway.coupons.errors import TooManyWrongCodesError
from tollway.coupons.wrong_codes import WRONG_CODES_MAX, WrongCodes

HOUR_MS = 3_600_000


def guess(counts: WrongCodes, account_id: int = 1, times: int = WRONG_CODES_MAX) -> None:
    for _ in range(times):
        counts.check(account_id)
        counts.count(account_id)


def test_ten_wrong_codes_an_hour_and_no_more() -> None:
    clock = HeldClock()
    counts = WrongCodes(clock)
    guess(counts, times=1)
    clock.moment_ms += 60_000
    guess(counts, times=9)

    with pytest.raises(TooManyWrongCodesError) as caught:
        counts.check(1)
    assert caught.value.retry_after_s is not None
    assert 3_540 <= caught.value.retry_after_s <= 3_541

    # The first one is forgotten after an hour, and only that one.
    clock.moment_ms += HOUR_MS - 60_000
    guess(counts, times=1)
    with pytest.raises(TooManyWrongCodesError):
        counts.check(1)


def test_each_account_has_its_own_tries() -> None:
    counts = WrongCodes(HeldClock())
    guess(counts, account_id=1)

    counts.check(2)
    with pytest.raises(TooManyWrongCodesError):
        counts.check(1)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrong_codes, "_ACCOUNTS_MAX", 3)
    counts = WrongCodes(HeldClock())
    for account_id in range(1, 6):
        guess(counts, account_id)

    assert list(counts._moments_s) == [3, 4, 5]
    assert all(len(moments_s) <= WRONG_CODES_MAX for moments_s in counts._moments_s.values())
    with pytest.raises(TooManyWrongCodesError):
        counts.check(5)
