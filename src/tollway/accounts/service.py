"""What can be done with accounts. Callers own the transaction."""

from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import asdict, replace

from tollway.accounts import repository
from tollway.accounts.email_address import normal_email
from tollway.accounts.errors import LastOperatorError, UnknownAccountError
from tollway.accounts.passwords import PasswordHasher, check_password, random_password
from tollway.accounts.types import Account, AccountChange, AccountStatus, NewAccount
from tollway.kit.clock import Clock

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class AccountService:
    """Makes, finds and changes accounts."""

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

    async def update(
        self, connection: "AsyncConnection", before: Account, change: AccountChange, *, may_be_last: bool
    ) -> Account:
        """Change what is named of an account; its keys follow when the caller renews their revision.

        Raises:
            LastOperatorError: no operator could sign in any more, unless ``may_be_last`` allows it.
        """
        named = {name: value for name, value in asdict(change).items() if value is not UNSET}
        after = replace(before, **named)
        loses_operator = _is_active_operator(before) and not _is_active_operator(after)
        if loses_operator and not may_be_last and not await repository.has_other_operator(connection, before.id):
            raise LastOperatorError(f"The account {before.email} is the last operator's; make another one first")
        await repository.update_account(connection, after)
        return after


def _is_active_operator(account: Account) -> bool:
    return account.is_operator and account.status is AccountStatus.ACTIVE


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


async def find_account(connection: "AsyncConnection", name: str | int) -> Account:
    """Find an account by its email or its id.

    Raises:
        WrongEmailError: the text is no email.
        UnknownAccountError: there is no such account.
    """
    if isinstance(name, str):
        return await account_by_email(connection, name)
    account = await repository.find_by_id(connection, name)
    if account is None:
        raise UnknownAccountError(f"There is no account with the id {name}", param="account_id")
    return account
