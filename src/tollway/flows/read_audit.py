"""What the operator sees of the audit trail."""

from tollway.accounts.service import account_by_email
from tollway.audit.repository import list_entries
from tollway.audit.types import AuditEntry
from tollway.kit.database import Database


class ReadAudit:
    """Answers who changed what."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, *, at_most: int, before_id: str | None = None, account: str | int | None = None
    ) -> list[AuditEntry]:
        """The newest entries, newest first: older than ``before_id``, and of one account, by its email or id.

        Raises:
            UnknownAccountError: no account has the email.
        """
        async with self._database.connect() as connection:
            account_id = (await account_by_email(connection, account)).id if isinstance(account, str) else account
            return await list_entries(connection, at_most=at_most, before_id=before_id, account_id=account_id)
