"""Changing a password, and setting a new one when it is forgotten."""

from typing import TYPE_CHECKING

from tollway.accounts import repository
from tollway.accounts.email_address import normal_email
from tollway.accounts.errors import (
    AccountDisabledError,
    InvalidLinkError,
    UnknownAccountError,
    WeakPasswordError,
    WrongEmailError,
    WrongPasswordError,
)
from tollway.accounts.links import LinkService
from tollway.accounts.passwords import PasswordHasher, check_password
from tollway.accounts.sessions import SessionService
from tollway.accounts.types import Account, AccountStatus, LinkKind
from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor, ActorKind
from tollway.flows.disable_keys import disable_keys
from tollway.flows.mail_texts import password_changed_mail, reset_mail
from tollway.flows.make_links import MakeLinks
from tollway.flows.tries import Tries, name_of_address
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.mail.outbox import Outbox
from tollway.mail.port import Message

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

RESETS_PER_HOUR = 5
"""Mails with a link that one email is sent within an hour, however many ask for them."""
_HOUR_S = 3600.0
_BY_REQUEST = Actor(ActorKind.SYSTEM, "forgotten password")


class SetPassword:
    """Sets passwords. A new one ends sessions and links that there were, and its owner is told by mail."""

    def __init__(
        self, database: Database, clock: Clock, passwords: PasswordHasher, outbox: Outbox, public_url: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._outbox = outbox
        self._public_url = public_url
        self._links = LinkService(clock)
        self._make_links = MakeLinks(database, clock, public_url)
        self._sessions = SessionService(clock)
        self._tries = Tries(clock)
        self._requests = Tries(clock, at_most=RESETS_PER_HOUR, window_s=_HOUR_S)

    async def change(self, actor: Actor, account_id: int, session_id: str, current: str, new: str) -> None:
        """Change the password of who is signed in, and end their other sessions.

        Raises:
            TooManyTriesError: too many tries of this account within a minute.
            WrongPasswordError: this is not the current password.
            WeakPasswordError: the new password is too weak.
        """
        self._tries.count(f"account {account_id}")
        async with self._database.connect() as connection:
            account = await repository.find_by_id(connection, account_id)
            stored = await repository.password_hash_of(connection, account_id)
        assert account is not None, "whoever is signed in has an account"
        if not await self._passwords.verify(stored, current):
            raise WrongPasswordError("This is not the current password.", param="current_password")
        _check(new, account.email, "new_password")
        password_hash = await self._passwords.hash(new)
        async with self._database.begin() as connection:
            if await repository.password_hash_of(connection, account_id) != stored:
                raise WrongPasswordError("This is not the current password any more.", param="current_password")
            await self._store(connection, actor, account, password_hash, kept_session=session_id)
        self._tries.forget(f"account {account_id}")
        self._tell(account)

    def request_reset(self, email: str, *, address: str) -> None:
        """Have a link for a new password sent to an account's owner, if there is such an account that is active.

        Everything that depends on the account happens later, so that neither answer nor time tells of it.

        Raises:
            TooManyTriesError: too many requests from this address within a minute, or for this email within an hour.
        """
        try:
            email = normal_email(email)
        except WrongEmailError:
            # Nobody has it, and whoever asks is told no more than that.
            email = ""
        self._tries.count(name_of_address(address))
        self._requests.count(f"email {email}")

        async def compose() -> Message | None:
            try:
                link = await self._make_links.reset_link(_BY_REQUEST, email)
            except (WrongEmailError, UnknownAccountError, AccountDisabledError):
                return None
            return reset_mail(email, link.url)

        self._outbox.post(compose)

    async def complete_reset(self, token: str, password: str, *, address: str) -> None:
        """Set a new password by a link, which is used up, and end every session of the account.

        Where nobody had proved to own the account's email until now, its keys are disabled too: somebody else may have
        made the account and them.

        Raises:
            TooManyTriesError: too many tries from this address within a minute.
            InvalidLinkError: the link cannot be used.
            WeakPasswordError: the password is too weak; the link can still be used.
        """
        self._tries.count(name_of_address(address))
        async with self._database.connect() as connection:
            link = await self._links.find(connection, LinkKind.PASSWORD_RESET, token)
            account = None
            if link is not None and link.account_id is not None:
                account = await repository.find_by_id(connection, link.account_id)
        if link is None or account is None or account.status is not AccountStatus.ACTIVE:
            raise _invalid_link()
        _check(password, account.email, "password")
        password_hash = await self._passwords.hash(password)
        async with self._database.begin() as connection:
            account = await repository.find_by_id(connection, account.id)
            is_active = account is not None and account.status is AccountStatus.ACTIVE
            if account is None or not is_active or not await self._links.use(connection, link.id):
                raise _invalid_link()
            actor = Actor(ActorKind.LINK, account.email, account.id)
            await self._store(connection, actor, account, password_hash, kept_session=None)
            disabled_count = 0
            if not await repository.email_is_proved(connection, account.id):
                disabled_count = await disable_keys(connection, account.id, actor, self._clock.now_ms())
                # The link came by mail, or from an operator who knows whom they gave it to.
                await repository.note_proved_email(connection, account.id)
        self._tries.take_back(name_of_address(address))
        self._tell(account, disabled_keys=disabled_count)

    async def _store(
        self,
        connection: "AsyncConnection",
        actor: Actor,
        account: Account,
        password_hash: str,
        *,
        kept_session: str | None,
    ) -> None:
        await repository.update_password(connection, account.id, password_hash)
        await self._sessions.revoke_all(connection, account.id, except_id=kept_session)
        await self._links.withdraw_resets(connection, account.id)
        entry = new_entry(
            actor=actor,
            action="account.set_password",
            subject=account.email,
            now_ms=self._clock.now_ms(),
            account_id=account.id,
        )
        await record(connection, entry)

    def _tell(self, account: Account, *, disabled_keys: int = 0) -> None:
        now_ms = self._clock.now_ms()
        self._outbox.post_message(
            password_changed_mail(account.email, self._public_url, now_ms, disabled_keys=disabled_keys)
        )


def _check(password: str, email: str, field: str) -> None:
    """Refuse a weak password in the name of the field that it came in."""
    try:
        check_password(password, email)
    except WeakPasswordError as error:
        raise WeakPasswordError(error.message, param=field) from error


def _invalid_link() -> InvalidLinkError:
    return InvalidLinkError("The link cannot be used: it is unknown, used or over. Ask for a new one.", param="token")
