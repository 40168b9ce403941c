"""Keys of accounts, as the operator manages them."""

from tollway.accounts import repository as account_repository
from tollway.accounts.errors import AccountDisabledError
from tollway.accounts.service import account_by_email
from tollway.accounts.types import Account, AccountStatus
from tollway.audit.types import Actor
from tollway.flows.audited_keys import AuditedKeys
from tollway.keys.digest import KeyDigest
from tollway.keys.errors import OperatorKeyRefusedError
from tollway.keys.service import KeyService
from tollway.keys.types import KeyKind, KeyRecord, KeyUpdate, NewKey
from tollway.kit.clock import Clock
from tollway.kit.database import Database


class ManageKeys:
    """What the operator does with keys, in the name of ``actor``. Every change is durable when its method returns."""

    def __init__(
        self, database: Database, clock: Clock, digest: KeyDigest, actor: Actor, *, keys_max: int | None = None
    ) -> None:
        self._database = database
        self._keys = KeyService(clock, digest, keys_max)
        self._changes = AuditedKeys(self._keys, clock)
        self._actor = actor

    async def create(self, email: str, new: NewKey) -> tuple[KeyRecord, str]:
        """Make a key for an account, and return what is stored with the key itself, which cannot be had again.

        Raises:
            UnknownAccountError: no account has the email.
            AccountDisabledError: the account is disabled, so that the key could not be used.
            OperatorKeyRefusedError: an operator key is asked for, and the account is no operator's.
            WrongKeyFieldError: a field of the key is out of range.
            TooManyKeysError: the account has as many keys as it may have.
        """
        async with self._database.begin() as connection:
            account = await account_by_email(connection, email)
            if account.status is not AccountStatus.ACTIVE:
                raise AccountDisabledError(f"The account {account.email} is disabled; enable it first", param="account")
            if new.kind is KeyKind.OPERATOR and not account.is_operator:
                raise OperatorKeyRefusedError(f"The account {account.email} is no operator's", param="account")
            return await self._changes.create(connection, account.id, new, self._actor)

    async def list_all(self, email: str | None = None) -> list[tuple[KeyRecord, Account]]:
        """Every key that is not deleted, with its account, oldest first; of one account when an email is given.

        Raises:
            UnknownAccountError: no account has the email.
        """
        async with self._database.connect() as connection:
            if email is None:
                accounts = await account_repository.list_all(connection)
                records = await self._keys.list_all(connection)
            else:
                accounts = [await account_by_email(connection, email)]
                records = await self._keys.list_all(connection, accounts[0].id)
        by_id = {account.id: account for account in accounts}
        return [(record, by_id[record.account_id]) for record in records]

    async def update(self, prefix: str, update: KeyUpdate) -> KeyRecord:
        """Change a key, and return it as it is then; the change works within a second.

        Raises:
            UnknownKeyError: there is none of that prefix.
            WrongKeyFieldError: a field is out of range, or a limit would have no amount.
        """
        async with self._database.begin() as connection:
            return await self._changes.update(connection, prefix, update, self._actor)

    async def delete(self, prefix: str) -> KeyRecord:
        """Delete a key for good; it stops working within a second.

        Raises:
            UnknownKeyError: there is none of that prefix.
        """
        async with self._database.begin() as connection:
            return await self._changes.delete(connection, prefix, self._actor)
