"""Gives credits to an account, or takes some away, in the name of whoever runs the platform."""

from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import select

from tollway.accounts.service import find_account
from tollway.audit.service import new_entry
from tollway.audit.types import Actor
from tollway.credits.errors import GrantConflictError, OutOfCreditsError
from tollway.credits.tables import expiring_credits, transfers
from tollway.credits.types import Balance, GrantType, Ledger
from tollway.flows.audited_grant import AuditedGrant, NamedGrant, expiry_id
from tollway.flows.redeem_coupon import REFERENCE_PREFIX as OF_COUPONS
from tollway.flows.sign_up_grants import REFERENCE_PREFIX as OF_SIGN_UPS
from tollway.kit.clock import DAY_MS, Clock, iso_utc
from tollway.kit.database import Database
from tollway.kit.errors import BadRequestError, ConflictError
from tollway.kit.ids import inference_id
from tollway.payments.types import ID_PREFIX as OF_PAYMENTS
from tollway.wire.refusals import describe

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

AMOUNT_CREDITS_MAX = 2**53  # Sums of many such grants stay within the database's 64 bits, and JSON clients exact.
REFERENCE_LENGTH_MAX = 255
LASTS_DAYS_MAX = 3650


class WrongGrantError(BadRequestError):
    """A field of a grant is out of range; ``field`` is its name."""

    default_code = "invalid_grant"

    def __init__(self, field: str, expected: str, received: str) -> None:
        super().__init__(f"{field}: expected {expected}, received {received}", param=field)
        self.field = field
        self.expected = expected
        self.received = received


class NotEnoughCreditsError(ConflictError):
    """More is to be taken away than the account has."""

    default_code = "not_enough_credits"


class WantedGrant(Struct, frozen=True, kw_only=True):
    """The wish for a grant.

    Attributes:
        amount_credits: negative for an adjustment that takes credits away.
        reference: the operator's own name for it, under which it is made once only; None makes one up.
        expires_at_ms: when what is left of the credits goes, in Unix milliseconds.
        lasts_days: the same as a number of days from now; at most one of both is given.
    """

    amount_credits: int
    kind: GrantType
    reference: str | None = None
    expires_at_ms: int | None = None
    lasts_days: int | None = None


class MadeGrant(Struct, frozen=True, kw_only=True):
    """A grant as it was made, perhaps by an earlier call with the same reference, and the balance now."""

    account_id: int
    email: str
    amount_credits: int
    kind: GrantType
    reference: str
    granted_at_ms: int
    expires_at_ms: int | None
    balance: Balance


class GrantCredits:
    """What the operator does with credits; each grant has an entry in the audit trail, in the same commit."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._grants = AuditedGrant(database, ledger)

    async def grant(self, actor: Actor, account: str | int, wanted: WantedGrant) -> MadeGrant:
        """Add credits to an account, or take some away with a negative adjustment.

        The same reference is granted once for each kind: a repetition changes nothing, and returns what was made.

        Args:
            actor: who does it.
            account: the account's email or id.
            wanted: what is to be granted.

        Raises:
            WrongGrantError: a field is out of range.
            UnknownAccountError: there is no such account.
            NotEnoughCreditsError: a negative adjustment takes more than is available.
            GrantConflictError: the reference was used for another account, amount or end.
            LedgerUnavailableError: the change could not be made durable.
        """
        _check(wanted)
        now_ms = self._clock.now_ms()
        reference = wanted.reference or f"grant-{inference_id()}"
        async with self._database.connect() as connection:
            owner = await find_account(connection, account)
            is_repeated = await _granted_at_ms(connection, wanted.kind, reference) is not None
        expires_at_ms = _end_ms(wanted, now_ms)
        if expires_at_ms is not None and expires_at_ms <= now_ms and not is_repeated:
            raise WrongGrantError("expires_at", "a moment in the future", iso_utc(expires_at_ms))
        grant = NamedGrant(
            account_id=owner.id,
            amount_credits=wanted.amount_credits,
            kind=wanted.kind,
            reference=reference,
            granted_at_ms=now_ms,
            expires_at_ms=expires_at_ms,
        )
        entry = new_entry(
            actor=actor,
            action="credits.grant",
            subject=owner.email,
            now_ms=now_ms,
            account_id=owner.id,
            details={
                "credits": grant.amount_credits,
                "type": grant.kind,
                "reference": reference,
                "expires_at": None if expires_at_ms is None else iso_utc(expires_at_ms),
            },
        )
        try:
            balance, _ = await self._grants.make(grant, entry)
        except OutOfCreditsError as error:
            message = f"The account has fewer than {-grant.amount_credits} credits available; nothing was taken."
            raise NotEnoughCreditsError(message, param="credits") from error
        granted_at_ms, expires_at_ms = await self._stored(wanted, reference)
        return MadeGrant(
            account_id=owner.id,
            email=owner.email,
            amount_credits=grant.amount_credits,
            kind=grant.kind,
            reference=reference,
            granted_at_ms=granted_at_ms,
            expires_at_ms=expires_at_ms,
            balance=balance,
        )

    async def _stored(self, wanted: WantedGrant, reference: str) -> tuple[int, int | None]:
        """Return when the grant was made and when it ends: by this call, or by an earlier one that wanted the same.

        Raises:
            GrantConflictError: the earlier one wanted another end.
        """
        async with self._database.connect() as connection:
            granted_at_ms = await _granted_at_ms(connection, wanted.kind, reference)
            query = select(expiring_credits.c.granted_at_ms, expiring_credits.c.expires_at_ms).where(
                expiring_credits.c.id == expiry_id(wanted.kind, reference)
            )
            ending = (await connection.execute(query)).first()
        assert granted_at_ms is not None, "the ledger has the grant"
        expires_at_ms = None if ending is None else ending.expires_at_ms
        if _end_ms(wanted, granted_at_ms if ending is None else ending.granted_at_ms) != expires_at_ms:
            raise GrantConflictError(f"The reference '{reference}' was used for a grant with another end.")
        return granted_at_ms, expires_at_ms


def _check(wanted: WantedGrant) -> None:
    amount = wanted.amount_credits
    if amount == 0 or abs(amount) > AMOUNT_CREDITS_MAX:
        taken = f", or -1 to -{AMOUNT_CREDITS_MAX}" if wanted.kind is GrantType.ADJUSTMENT else ""
        raise WrongGrantError("credits", f"1 to {AMOUNT_CREDITS_MAX}{taken}", describe(amount))
    if amount < 0 and wanted.kind is not GrantType.ADJUSTMENT:
        raise WrongGrantError(
            "credits", "a positive number, as only an ADJUSTMENT takes credits away", describe(amount)
        )
    reference = wanted.reference
    if reference is not None and not (
        1 <= len(reference) <= REFERENCE_LENGTH_MAX and reference.isprintable() and not reference.isspace()
    ):
        raise WrongGrantError("reference", f"1 to {REFERENCE_LENGTH_MAX} printable characters", describe(reference))
    for taken in (OF_COUPONS, OF_PAYMENTS, OF_SIGN_UPS):
        if reference is not None and reference.startswith(taken):
            raise WrongGrantError("reference", f"a name that does not begin with '{taken}'", describe(reference))
    if wanted.lasts_days is not None and not 1 <= wanted.lasts_days <= LASTS_DAYS_MAX:
        raise WrongGrantError("expires_in_days", f"1 to {LASTS_DAYS_MAX}", describe(wanted.lasts_days))
    if amount < 0 and (wanted.expires_at_ms is not None or wanted.lasts_days is not None):
        raise WrongGrantError("expires_at", "none, as credits that are taken away do not expire", "one")


def _end_ms(wanted: WantedGrant, granted_at_ms: int) -> int | None:
    """Return when a grant of that moment ends."""
    return wanted.expires_at_ms if wanted.lasts_days is None else granted_at_ms + wanted.lasts_days * DAY_MS


async def _granted_at_ms(connection: "AsyncConnection", kind: GrantType, reference: str) -> int | None:
    """Return when the grant of that name was made; None when it was not."""
    query = select(transfers.c.created_at_ms).where(transfers.c.kind == kind, transfers.c.reference_id == reference)
    return (await connection.execute(query)).scalar()
