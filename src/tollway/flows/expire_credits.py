"""Takes back what is left of granted credits whose time has passed."""

import asyncio
import logging

from tollway.audit.service import audit_row, new_entry
from tollway.audit.tables import audit_entries
from tollway.audit.types import Actor, ActorKind
from tollway.credits.errors import LedgerUnavailableError
from tollway.credits.expiry import ExpiringGrant, due_grants, mark_expired, used_credits
from tollway.credits.types import CompanionRow, Ledger, TakeType
from tollway.kit.clock import HOUR_MS, Clock, iso_utc
from tollway.kit.database import Database

INTERVAL_S = 60.0
_GRANTS_AT_ONCE = 100
_WAITS_MS = HOUR_MS
"""So long requests under way can keep credits from expiring; none takes that long."""
_ACTOR = Actor(ActorKind.SYSTEM, "expiry")

_log = logging.getLogger(__name__)


class ExpireCredits:
    """Lets granted credits expire.

    Nobody can say which credits of a wallet a charge has spent. So everything that an account was charged since a
    grant counts against that grant, and only what cannot have been spent is taken. What is set aside for requests
    under way is left alone: a grant that such requests cover waits for their end, for an hour at most.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    async def run(self) -> None:
        """Let credits expire, again and again."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                await self.run_once()
            except LedgerUnavailableError as error:
                _log.warning("credits could not expire yet", extra={"reason": error.message})

    async def run_once(self) -> int:
        """Let everything expire whose time has passed now, and return how many credits were taken.

        Raises:
            LedgerUnavailableError: the books could not be written; what is left is due again at the next run.
        """
        taken = 0
        while True:
            async with self._database.connect() as connection:
                grants = await due_grants(connection, self._clock.now_ms(), at_most=_GRANTS_AT_ONCE)
            ended = [await self._expire(grant) for grant in grants]
            taken += sum(one for one in ended if one is not None)
            if len(grants) < _GRANTS_AT_ONCE or all(one is None for one in ended):
                return taken

    async def _expire(self, grant: ExpiringGrant) -> int | None:
        """Take what is left of a grant, then mark it; None when it has to wait.

        A crash in between is harmless: the reference takes once only.
        """
        async with self._database.connect() as connection:
            used = await used_credits(connection, grant.account_id, grant.granted_at_ms)
        left = grant.amount_credits - used
        taken = 0
        now_ms = self._clock.now_ms()
        balance = await self._ledger.balance(grant.account_id)
        is_covered = balance.held_credits > 0 and balance.posted_credits - balance.held_credits < left
        if is_covered and now_ms - grant.expires_at_ms < _WAITS_MS:
            return None
        if left > 0:
            entry = new_entry(
                actor=_ACTOR,
                action="credits.expire",
                subject=grant.id,
                now_ms=now_ms,
                account_id=grant.account_id,
                details={
                    "granted_credits": grant.amount_credits,
                    "at_most_credits": left,
                    "granted_at": iso_utc(grant.granted_at_ms),
                    "expires_at": iso_utc(grant.expires_at_ms),
                },
            )
            rows = (CompanionRow(audit_entries, audit_row(entry)),)
            reference = f"expiry-{grant.id}"
            taken = await self._ledger.take(grant.account_id, left, TakeType.CREDITS_EXPIRED, reference, rows)
        async with self._database.begin() as connection:
            await mark_expired(connection, grant.id, now_ms)
        return taken
