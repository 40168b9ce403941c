"""Accounts with what hangs on them: a disabled account's keys stop working."""

from typing import TYPE_CHECKING

from tollway.accounts.passwords import PasswordHasher
from tollway.accounts.service import AccountService, account_by_email, find_account
from tollway.accounts.sessions import SessionService
from tollway.accounts.types import Account, AccountChange, AccountStatus
from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor, ActorKind
from tollway.keys import repository as key_repository
from tollway.kit.clock import Clock
from tollway.kit.database import Database

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_CAN_ALWAYS_MEND = frozenset({ActorKind.COMMAND_LINE, ActorKind.SYSTEM})
"""Who makes operators without being one, and so locks nobody out."""
_Facts = dict[str, object]


class ManageAccounts:
    """What is done with accounts in the name of ``actor``.

    Every change is durable when its method returns, and has an entry in the audit trail.
    """

    def __init__(self, database: Database, clock: Clock, passwords: PasswordHasher, actor: Actor) -> None:
        self._database = database
        self._clock = clock
        self._accounts = AccountService(clock, passwords)
        self._sessions = SessionService(clock)
        self._actor = actor

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
            account = await self._accounts.create(connection, new)
            await self._record(connection, "account.create", account, {"after": _told(account)})
        return account, password

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
        """Disable an account: its keys stop working within a second, and its sessions end.

        Raises:
            UnknownAccountError: no account has the email.
            LastOperatorError: see `update`.
        """
        return await self.update(email, AccountChange(status=AccountStatus.DISABLED))

    async def enable(self, email: str) -> Account:
        """Enable an account: those of its keys that are enabled themselves work again.

        Raises:
            UnknownAccountError: no account has the email.
        """
        return await self.update(email, AccountChange(status=AccountStatus.ACTIVE))

    async def set_operator(self, email: str, *, is_operator: bool) -> Account:
        """Let an account's owner run the platform, or no more: its operator keys follow within a second.

        Raises:
            UnknownAccountError: no account has the email.
            LastOperatorError: see `update`.
        """
        return await self.update(email, AccountChange(is_operator=is_operator))

    async def update(self, account: str | int, change: AccountChange) -> Account:
        """Change an account that is named by its email or id; a change that changes nothing leaves no trace.

        Raises:
            UnknownAccountError: there is no such account.
            LastOperatorError: nobody could run the platform any more. The command line may do it all the same, because
                it can make operators itself.
        """
        async with self._database.begin() as connection:
            before = await find_account(connection, account)
            may_be_last = self._actor.kind in _CAN_ALWAYS_MEND
            after = await self._accounts.update(connection, before, change, may_be_last=may_be_last)
            was, now = _told(before), _told(after)
            differing = [name for name in was if was[name] != now[name]]
            if after.status is AccountStatus.DISABLED:
                await self._sessions.revoke_all(connection, after.id)
            if differing:
                await key_repository.renew_keys_of(connection, after.id)
                details: _Facts = {
                    "before": {name: was[name] for name in differing},
                    "after": {name: now[name] for name in differing},
                }
                await self._record(connection, "account.update", after, details)
        return after

    async def _record(self, connection: "AsyncConnection", action: str, account: Account, details: _Facts) -> None:
        entry = new_entry(
            actor=self._actor,
            action=action,
            subject=account.email,
            now_ms=self._clock.now_ms(),
            account_id=account.id,
            details=details,
        )
        await record(connection, entry)


def _told(account: Account) -> _Facts:
    """Write what can be chosen of an account for the audit trail."""
    return {"status": account.status, "is_operator": account.is_operator}
