"""How many further attempts there may be, over all calls together."""

RATIO = 0.05
"""Part of an attempt that every call adds."""
RESERVE = 50.0
"""Most attempts that are saved up, which is also what there is at the start: enough for those under way at once when an
upstream falls over."""


class RetryBudget:
    """Keeps failures from multiplying the load: n calls make at most 1.05 n + 50 attempts.

    That is the amplification of at most 1.1 from the 1,000th call on.
    """

    def __init__(self, *, ratio: float = RATIO, reserve: float = RESERVE) -> None:
        self._ratio = ratio
        self._reserve = reserve
        self._balance = reserve

    @property
    def attempts_left(self) -> int:
        """How many further attempts could be made at this moment."""
        return int(self._balance)

    def deposit(self) -> None:
        """A call begins."""
        self._balance = min(self._reserve, self._balance + self._ratio)

    def withdraw(self) -> bool:
        """Whether one more attempt may be made; if so it is paid for."""
        if self._balance < 1:
            return False
        self._balance -= 1
        return True
