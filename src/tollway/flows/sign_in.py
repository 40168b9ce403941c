"""Signing in and out, and the sessions that come of it."""

from msgspec import Struct

from tollway.accounts import repository as account_repository
from tollway.accounts.email_address import normal_email
from tollway.accounts.errors import WrongCredentialsError, WrongEmailError
from tollway.accounts.passwords import PasswordHasher
from tollway.accounts.sessions import SessionService, csrf_token
from tollway.accounts.types import Account, AccountStatus, Session
from tollway.flows.tries import Tries, name_of_address
from tollway.kit.clock import Clock
from tollway.kit.database import Database

_NOBODYS_PASSWORD = "nobody has this password"  # noqa: S105 - It is hashed to take as long as a real one.


class SignedIn(Struct, frozen=True, kw_only=True):
    """A person with a session."""

    account_id: int
    email: str
    is_operator: bool
    session_id: str
    csrf_token: str


class SignIn:
    """What people do at the door. The answer and its time are the same for an unknown and for a wrong password."""

    def __init__(self, database: Database, clock: Clock, passwords: PasswordHasher) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._sessions = SessionService(clock)
        self._tries = Tries(clock)
        self._nobodys_hash = ""

    async def sign_in(self, email: str, password: str, *, address: str, user_agent: str) -> tuple[SignedIn, str]:
        """Begin a session and return it with its token.

        Raises:
            WrongCredentialsError: there is no such account, it is disabled, or this is not its password.
            TooManyTriesError: too many tries for this account, or from this address, within a minute.
        """
        try:
            email = normal_email(email)
        except WrongEmailError:
            # Nobody has it, and whoever asks is told no more than that.
            email = ""
        self._tries.count(name_of_address(address), f"email {email}")
        async with self._database.connect() as connection:
            account = await account_repository.find_by_email(connection, email)
            stored = await account_repository.password_hash_of(connection, account.id) if account else ""
        if not await self._is_password(stored, password) or account is None:
            raise WrongCredentialsError("The email or the password is wrong")
        if account.status is not AccountStatus.ACTIVE:
            raise WrongCredentialsError("The email or the password is wrong")
        self._tries.forget(f"email {email}")
        self._tries.take_back(name_of_address(address))
        return await self.admit(account, address=address, user_agent=user_agent, proved_hash=stored)

    async def admit(
        self, account: Account, *, address: str, user_agent: str, proved_hash: str | None = None
    ) -> tuple[SignedIn, str]:
        """Begin a session of an account whose owner has proved who they are, and return it with its token.

        ``proved_hash`` is the hash of the password by which they did: a new password ends the sessions of the old one,
        so none may begin after it.

        Raises:
            WrongCredentialsError: the password was changed in the meantime.
        """
        async with self._database.begin() as connection:
            if proved_hash not in {None, await account_repository.password_hash_of(connection, account.id)}:
                raise WrongCredentialsError("The email or the password is wrong")
            session, token = await self._sessions.begin(connection, account.id, address=address, user_agent=user_agent)
        return _signed_in(account, session, token), token

    async def find(self, token: str) -> SignedIn | None:
        """Find who a session's token belongs to, and note that it is used."""
        async with self._database.connect() as connection:
            session = await self._sessions.find(connection, token)
            if session is None:
                return None
            account = await account_repository.find_by_id(connection, session.account_id)
        if account is None:
            return None
        if self._sessions.is_to_be_noted(session):
            async with self._database.begin() as connection:
                await self._sessions.note_use(connection, session.id)
        return _signed_in(account, session, token)

    async def sessions_of(self, account_id: int) -> list[Session]:
        """The account's sessions that can still be used, newest first."""
        async with self._database.connect() as connection:
            return await self._sessions.list_live(connection, account_id)

    async def revoke(self, account_id: int, session_id: str) -> bool:
        """End one session of the account; say whether there was such a one."""
        async with self._database.begin() as connection:
            return await self._sessions.revoke(connection, account_id, session_id)

    async def revoke_others(self, account_id: int, session_id: str) -> None:
        """End every session of the account but this one."""
        async with self._database.begin() as connection:
            await self._sessions.revoke_all(connection, account_id, except_id=session_id)

    async def _is_password(self, stored: str, password: str) -> bool:
        # Made by whoever comes first, so that the first unknown account does not take longer than a known one.
        if not self._nobodys_hash:
            self._nobodys_hash = await self._passwords.hash(_NOBODYS_PASSWORD)
        is_right = await self._passwords.verify(stored or self._nobodys_hash, password)
        return bool(stored) and is_right


def _signed_in(account: Account, session: Session, token: str) -> SignedIn:
    return SignedIn(
        account_id=account.id,
        email=account.email,
        is_operator=account.is_operator,
        session_id=session.id,
        csrf_token=csrf_token(token),
    )
