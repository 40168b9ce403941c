"""Gives credits to an account that is named by its email."""

from tollway.accounts.service import account_by_email
from tollway.credits.types import Balance, GrantType, Ledger
from tollway.kit.database import Database
from tollway.kit.errors import BadRequestError

AMOUNT_CREDITS_MAX = 2**53  # Sums of many such grants stay within the database's 64 bits, and JSON clients exact.
REFERENCE_LENGTH_MAX = 255


class WrongGrantError(BadRequestError):
    """The amount or the reference of a grant is out of range."""

    default_code = "invalid_grant"


class GrantCredits:
    """What the operator does with credits."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    async def grant(self, email: str, amount_credits: int, kind: GrantType, reference: str | None) -> Balance:
        """Add credits to an account, or take some away with a negative adjustment, and return its new balance.

        The same reference is granted once: a repetition changes nothing.

        Raises:
            WrongGrantError: the amount is zero, too large, or negative without being an adjustment; or the reference
                is empty or too long.
            UnknownAccountError: no account has the email.
            OutOfCreditsError: a negative adjustment takes more than is available.
            GrantConflictError: the reference was used for another account or amount.
            LedgerUnavailableError: the change could not be made durable.
        """
        if amount_credits == 0 or abs(amount_credits) > AMOUNT_CREDITS_MAX:
            raise WrongGrantError(f"credits must be 1 to {AMOUNT_CREDITS_MAX}", param="credits")
        if amount_credits < 0 and kind is not GrantType.ADJUSTMENT:
            raise WrongGrantError("only an ADJUSTMENT may take credits away", param="credits")
        if reference is not None and not 1 <= len(reference) <= REFERENCE_LENGTH_MAX:
            raise WrongGrantError(f"reference must have 1 to {REFERENCE_LENGTH_MAX} characters", param="reference")
        async with self._database.connect() as connection:
            account = await account_by_email(connection, email)
        return await self._ledger.grant(account.id, amount_credits, kind, reference)
