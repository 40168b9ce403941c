"""Accounts with what hangs on them: a disabled account's keys stop working."""

from tollway.accounts.passwords import PasswordHasher
from tollway.accounts.service import AccountService, account_by_email
from tollway.accounts.types import Account, AccountStatus
from tollway.keys import repository as key_repository
from tollway.kit.clock import Clock
from tollway.kit.database import Database


class ManageAccounts:
    """What the operator does with accounts. Every change is durable when its method returns."""

    def __init__(self, database: Database, clock: Clock, passwords: PasswordHasher) -> None:
        self._database = database
        self._accounts = AccountService(clock, passwords)

    async def create(
        self, email: str, password: str | None = None, *, is_operator: bool = False
    ) -> tuple[Account, str]:
        """Make an account, with a random password when none is given, and return it with the password.

        Raises:
            WrongEmailError: the email is none.
            WeakPasswordError: the given password is too weak.
            AccountExistsError: the email is taken.
        """
        new, password = await self._accounts.prepare(email, password, is_operator=is_operator)
        async with self._database.begin() as connection:
            return await self._accounts.create(connection, new), password

    async def list_all(self) -> list[Account]:
        """Every account, oldest first."""
        async with self._database.connect() as connection:
            return await self._accounts.list_all(connection)

    async def get(self, email: str) -> Account:
        """Find an account by its email.

        Raises:
            UnknownAccountError: no account has it.
        """
        async with self._database.connect() as connection:
            return await account_by_email(connection, email)

    async def disable(self, email: str) -> Account:
        """Disable an account: its keys stop working within a second.

        Raises:
            UnknownAccountError: no account has the email.
        """
        return await self._set_status(email, AccountStatus.DISABLED)

    async def enable(self, email: str) -> Account:
        """Enable an account: those of its keys that are enabled themselves work again.

        Raises:
            UnknownAccountError: no account has the email.
        """
        return await self._set_status(email, AccountStatus.ACTIVE)

    async def set_operator(self, email: str, *, is_operator: bool) -> Account:
        """Let an account's owner run the platform, or no more: its operator keys follow within a second.

        Raises:
            UnknownAccountError: no account has the email.
        """
        async with self._database.begin() as connection:
            account = await self._accounts.set_operator(connection, email, is_operator=is_operator)
            await key_repository.renew_keys_of(connection, account.id)
        return account

    async def _set_status(self, email: str, status: AccountStatus) -> Account:
        async with self._database.begin() as connection:
            account = await self._accounts.set_status(connection, email, status)
            await key_repository.renew_keys_of(connection, account.id)
        return account
