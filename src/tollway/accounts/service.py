"""What can be done with accounts. Callers own the transaction."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tollway.accounts import repository
from tollway.accounts.email_address import normal_email
from tollway.accounts.errors import UnknownAccountError
from tollway.accounts.passwords import PasswordHasher, check_password, random_password
from tollway.accounts.types import Account, AccountStatus, NewAccount
from tollway.kit.clock import Clock

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class AccountService:
    """Makes, finds, disables and enables accounts."""

    def __init__(self, clock: Clock, passwords: PasswordHasher) -> None:
        self._clock = clock
        self._passwords = passwords

    async def prepare(self, email: str, password: str | None, *, is_operator: bool = False) -> tuple[NewAccount, str]:
        """Check and hash what a new account needs, before a transaction is begun: hashing is slow on purpose.

        Returns:
            The account to store and its password, which is random when none was given.

        Raises:
            WrongEmailError: the email is none.
            WeakPasswordError: the given password is too weak.
        """
        email = normal_email(email)
        if password is None:
            password = random_password()
        check_password(password, email)
        password_hash = await self._passwords.hash(password)
        now_ms = self._clock.now_ms()
        new = NewAccount(email=email, password_hash=password_hash, created_at_ms=now_ms, is_operator=is_operator)
        return new, password

    async def create(self, connection: "AsyncConnection", new: NewAccount) -> Account:
        """Store a prepared account.

        Raises:
            AccountExistsError: the email is taken.
        """
        return await repository.insert_account(connection, new)

    async def list_all(self, connection: "AsyncConnection") -> list[Account]:
        """Every account, oldest first."""
        return await repository.list_all(connection)

    async def set_status(self, connection: "AsyncConnection", email: str, status: AccountStatus) -> Account:
        """Disable or enable an account; its keys follow when the caller renews their revision.

        Raises:
            UnknownAccountError: no account has the email.
        """
        account = await account_by_email(connection, email)
        await repository.set_status(connection, account.id, status)
        return replace(account, status=status)

    async def set_operator(self, connection: "AsyncConnection", email: str, *, is_operator: bool) -> Account:
        """Let an account's owner run the platform, or no more; operator keys follow as above.

        Raises:
            UnknownAccountError: no account has the email.
        """
        account = await account_by_email(connection, email)
        await repository.set_operator(connection, account.id, is_operator=is_operator)
        return replace(account, is_operator=is_operator)


async def account_by_email(connection: "AsyncConnection", email: str) -> Account:
    """Find an account by its email.

    Raises:
        WrongEmailError: the email is none.
        UnknownAccountError: no account has it.
    """
    account = await repository.find_by_email(connection, normal_email(email))
    if account is None:
        raise UnknownAccountError(f"There is no account {normal_email(email)}", param="email")
    return account
