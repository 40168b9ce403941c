"""What the operator sees of payments."""

from tollway.accounts.service import account_by_email
from tollway.kit.database import Database
from tollway.payments.repository import list_payments
from tollway.payments.types import Payment, PaymentStatus


class ReadPayments:
    """Answers who paid what, and what became of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        *,
        at_most: int,
        before_id: str | None = None,
        account: str | int | None = None,
        status: PaymentStatus | None = None,
    ) -> list[Payment]:
        """The newest payments, newest first: older than ``before_id``, of one account (by email or id), of one status.

        Raises:
            UnknownAccountError: no account has the email.
        """
        async with self._database.connect() as connection:
            account_id = (await account_by_email(connection, account)).id if isinstance(account, str) else account
            return await list_payments(
                connection, at_most=at_most, before_id=before_id, account_id=account_id, status=status
            )
