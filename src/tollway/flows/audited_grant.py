"""One movement of credits into a wallet with all that belongs to it, in one commit of the ledger."""

import hashlib

from msgspec import Struct
from sqlalchemy import select

from tollway.audit.service import audit_row
from tollway.audit.tables import audit_entries
from tollway.audit.types import AuditEntry
from tollway.credits.tables import expiring_credits
from tollway.credits.types import Balance, Companion, CompanionRow, GrantType, Ledger
from tollway.kit.database import Database

_ID_LENGTH = 32


class NamedGrant(Struct, frozen=True, kw_only=True):
    """A grant with the reference under which it is made once only.

    ``expires_at_ms`` is when what is left of the credits goes, None is never.
    """

    account_id: int
    amount_credits: int
    kind: GrantType
    reference: str
    granted_at_ms: int
    expires_at_ms: int | None = None


class AuditedGrant:
    """Makes grants whose entry in the audit trail, and whose end, are written in the commit of the movement."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    async def make(
        self, grant: NamedGrant, entry: AuditEntry, rows: tuple[Companion, ...] = ()
    ) -> tuple[Balance, bool]:
        """Make a grant with its audit entry and further rows.

        Returns:
            The balance then, and whether this call made the grant: not so when the reference was used before, when
            nothing was changed.

        Raises:
            OutOfCreditsError: a negative adjustment takes more than is available.
            GrantConflictError: the reference was used for another account or amount.
            CompanionConflictError: one of the further rows contradicts what is stored; nothing was changed.
            LedgerUnavailableError: the change could not be made durable.
        """
        companions = [*rows, CompanionRow(audit_entries, audit_row(entry))]
        if grant.expires_at_ms is not None:
            companions.append(_expiring_row(grant, grant.expires_at_ms))
        balance = await self._ledger.grant(
            grant.account_id, grant.amount_credits, grant.kind, grant.reference, companions
        )
        async with self._database.connect() as connection:
            # The ledger does not say whether it has seen the reference before; the entry is new, so its row tells.
            query = select(audit_entries.c.id).where(audit_entries.c.id == entry.id)
            is_new = (await connection.execute(query)).first() is not None
        return balance, is_new


def expiry_id(kind: GrantType, reference: str) -> str:
    """Return the id of what expires of a grant, so that it is found by the grant's own name."""
    return hashlib.sha256(f"{kind}:{reference}".encode()).hexdigest()[:_ID_LENGTH]


def _expiring_row(grant: NamedGrant, expires_at_ms: int) -> CompanionRow:
    values = (
        expiry_id(grant.kind, grant.reference),
        grant.account_id,
        grant.amount_credits,
        grant.granted_at_ms,
        expires_at_ms,
        None,
    )
    return CompanionRow(expiring_credits, values)
