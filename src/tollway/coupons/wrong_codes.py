"""How often an account may guess."""

from collections import OrderedDict

from tollway.coupons.errors import TooManyWrongCodesError
from tollway.kit.clock import Clock

WRONG_CODES_MAX = 10
WINDOW_S = 3600.0
_ACCOUNTS_MAX = 10_000


class WrongCodes:
    """Counts the wrong codes of each account within an hour; those who tried longest ago are forgotten first.

    The counts belong to this process and are gone after a restart: they slow a guesser down, and no money rests on
    them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._moments_s: OrderedDict[int, list[float]] = OrderedDict()

    def check(self, account_id: int) -> None:
        """Make sure that the account may try a code.

        Raises:
            TooManyWrongCodesError: it has had its wrong codes; the error says when the next one may come.
        """
        now_s = self._clock.monotonic_s()
        recent_s = [at_s for at_s in self._moments_s.get(account_id, ()) if now_s - at_s < WINDOW_S]
        if len(recent_s) >= WRONG_CODES_MAX:
            wait_s = int(recent_s[0] + WINDOW_S - now_s) + 1
            raise TooManyWrongCodesError("Too many wrong codes were tried.", retry_after_s=wait_s)

    def count(self, account_id: int) -> None:
        """Count a wrong code of the account."""
        now_s = self._clock.monotonic_s()
        moments_s = [at_s for at_s in self._moments_s.get(account_id, ()) if now_s - at_s < WINDOW_S]
        self._moments_s[account_id] = [*moments_s, now_s]
        self._moments_s.move_to_end(account_id)
        if len(self._moments_s) > _ACCOUNTS_MAX:
            self._moments_s.popitem(last=False)
