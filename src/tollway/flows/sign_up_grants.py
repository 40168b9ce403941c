"""The credits that a new account is given, once, whatever happens between making the account and booking them."""

import asyncio
import logging

from tollway.accounts import repository
from tollway.accounts.types import DueGrant
from tollway.audit.service import new_entry
from tollway.audit.types import Actor, ActorKind
from tollway.credits.errors import GrantConflictError, LedgerUnavailableError
from tollway.credits.types import GrantType, Ledger
from tollway.flows.audited_grant import AuditedGrant, NamedGrant
from tollway.kit.clock import Clock
from tollway.kit.database import Database

REFERENCE_PREFIX = "sign-up-"
"""How the references of welcome grants in the ledger begin; no other grant may have such a one."""
INTERVAL_S = 60.0
_ACTOR = Actor(ActorKind.SYSTEM, "sign-up")
_log = logging.getLogger(__name__)


class BookSignUpGrants:
    """Books what was stored as due with an account. A booking that is repeated changes nothing."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._grants = AuditedGrant(database, ledger)

    async def run(self) -> None:
        """Book what a crash or a ledger that did not answer has left over, again and again."""
        while True:
            await self.book()
            await asyncio.sleep(INTERVAL_S)

    async def book(self, account_id: int | None = None) -> None:
        """Book what is due for an account, or for all; what the ledger cannot take now stays due."""
        async with self._database.connect() as connection:
            due = await repository.list_due_grants(connection, account_id)
        for one in due:
            try:
                await self._book(one)
            except GrantConflictError:
                # Only a grant of a database that is older than the rule can have such a reference. It stays due, for
                # the operator to settle; neither the new account nor anybody else's credits wait for that.
                _log.exception("welcome credits cannot be booked", extra={"account_id": one.account_id})
            except LedgerUnavailableError as error:
                _log.warning("welcome credits are not booked yet", extra={"reason": error.message})
                return

    async def _book(self, due: DueGrant) -> None:
        now_ms = self._clock.now_ms()
        grant = NamedGrant(
            account_id=due.account_id,
            amount_credits=due.amount_credits,
            kind=GrantType.BONUS,
            reference=f"{REFERENCE_PREFIX}{due.account_id}",
            granted_at_ms=now_ms,
        )
        entry = new_entry(
            actor=_ACTOR,
            action="credits.grant",
            subject=due.email,
            now_ms=now_ms,
            account_id=due.account_id,
            details={"credits": grant.amount_credits, "type": grant.kind, "reference": grant.reference},
        )
        await self._grants.make(grant, entry)
        async with self._database.begin() as connection:
            await repository.delete_due_grant(connection, due.account_id)
