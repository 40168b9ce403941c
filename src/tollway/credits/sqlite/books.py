"""What the ledger keeps in memory: wallets and what keys have spent, with the money that is set aside."""

from enum import IntEnum

from tollway.credits.limits import period_start_ms
from tollway.credits.types import LimitPeriod, SpendLimit
from tollway.kit.clock import DAY_MS

DAYS_KEPT = 40
"""Days of a key's spend that are told apart: the longest period is a month, and a hold may be closed a little later."""


class PlatformAccount(IntEnum):
    """The platform's own sides of transfers, with the ids that a new database gives them."""

    REVENUE = 1
    PAYMENT = 2
    BONUS = 3
    ADJUSTMENT = 4


class Wallet:
    """An account's credits; ``is_stored`` tells whether its row is in the database yet."""

    __slots__ = ("account_id", "held_credits", "is_stored", "ledger_id", "posted_credits")

    def __init__(self, ledger_id: int, account_id: int, posted_credits: int, *, is_stored: bool) -> None:
        self.ledger_id = ledger_id
        self.account_id = account_id
        self.posted_credits = posted_credits
        self.held_credits = 0
        self.is_stored = is_stored

    @property
    def available_credits(self) -> int:
        """What a new hold may take."""
        return self.posted_credits - self.held_credits


class KeySpend:
    """What a key has spent or set aside, in total and by UTC day."""

    __slots__ = ("_days", "_total_credits")

    def __init__(self, total_credits: int = 0, days: dict[int, int] | None = None) -> None:
        self._total_credits = total_credits
        self._days = days or {}

    def add(self, day_ms: int, amount_credits: int) -> None:
        """Count credits on a day; negative when money that was set aside is released."""
        self._total_credits += amount_credits
        days = self._days
        if day_ms in days:
            days[day_ms] += amount_credits
            return
        self._days = {day: spent for day, spent in days.items() if day > day_ms - DAYS_KEPT * DAY_MS}
        self._days[day_ms] = amount_credits

    def left_credits(self, limit: SpendLimit, now_ms: int) -> int:
        """Return what the limit leaves in the period that holds the moment; negative when a limit was lowered."""
        if limit.period is LimitPeriod.NO_RESET:
            return limit.limit_credits - self._total_credits
        start_ms = period_start_ms(limit.period, now_ms)
        return limit.limit_credits - sum(spent for day, spent in self._days.items() if day >= start_ms)


class Books:
    """Every wallet and every key's spend."""

    def __init__(self, wallets: dict[int, Wallet], key_spends: dict[int, KeySpend], next_ledger_id: int) -> None:
        self._wallets = wallets
        self._key_spends = key_spends
        self._next_ledger_id = next_ledger_id

    def wallet(self, account_id: int) -> Wallet:
        """Return an account's wallet, a new and empty one for an account that had none."""
        wallet = self._wallets.get(account_id)
        if wallet is None:
            # This process is the only one that adds wallets, so it may number them.
            wallet = Wallet(self._next_ledger_id, account_id, 0, is_stored=False)
            self._next_ledger_id += 1
            self._wallets[account_id] = wallet
        return wallet

    def find_wallet(self, account_id: int) -> Wallet | None:
        """Return an account's wallet, or None."""
        return self._wallets.get(account_id)

    def key_spend(self, key_id: int) -> KeySpend:
        """Return what a key has spent."""
        spend = self._key_spends.get(key_id)
        if spend is None:
            spend = self._key_spends[key_id] = KeySpend()
        return spend
