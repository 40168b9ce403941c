"""Making an account of one's own."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tollway.accounts import repository
from tollway.accounts.errors import InvalidInvitationError, InvitationRequiredError, SignUpClosedError
from tollway.accounts.links import LinkService
from tollway.accounts.passwords import PasswordHasher
from tollway.accounts.service import AccountService
from tollway.accounts.types import Account, AccountLink, Identity, LinkKind, NewAccount
from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor, ActorKind
from tollway.flows.sign_in import SignedIn, SignIn
from tollway.flows.sign_up_grants import BookSignUpGrants
from tollway.flows.tries import Tries, name_of_address
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.kit.settings import AccountSettings, SignUpMode

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class SignUp:
    """Makes accounts for those who may have one, with their welcome credits."""

    def __init__(  # noqa: PLR0913 - The parts that it is put together from.
        self,
        database: Database,
        clock: Clock,
        passwords: PasswordHasher,
        *,
        sign_in: SignIn,
        grants: BookSignUpGrants,
        settings: AccountSettings,
    ) -> None:
        self._database = database
        self._clock = clock
        self._accounts = AccountService(clock, passwords)
        self._links = LinkService(clock)
        self._sign_in = sign_in
        self._grants = grants
        self._settings = settings
        self._tries = Tries(clock)

    @property
    def mode(self) -> SignUpMode:
        """Who may sign up."""
        return self._settings.sign_up

    async def sign_up(
        self, email: str, password: str, invitation: str | None, *, address: str, user_agent: str
    ) -> tuple[SignedIn, str]:
        """Make an account and begin its first session; return it with its token.

        An invitation is used up by the account that comes of it, and by nothing else.

        Raises:
            TooManyTriesError: too many tries from this address within a minute.
            SignUpClosedError: nobody may sign up.
            InvitationRequiredError: an invitation is needed, and there is none.
            InvalidInvitationError: the invitation cannot be used, or not by this email.
            WrongEmailError: the email is none.
            WeakPasswordError: the password is too weak.
            AccountExistsError: the email is taken.
        """
        self._tries.count(name_of_address(address))
        link = await self._admit(invitation)
        new, _ = await self._accounts.prepare(email, password)
        if link is not None and link.email not in {None, new.email}:
            raise _invalid_invitation()
        # Only who was invited by mail is known to have the email.
        is_proved = link is not None and link.email is not None
        account = await self.create(replace(new, email_is_proved=is_proved), link)
        if link is not None:
            # Whoever was invited costs the address none of its tries: there are only as many as there are invitations.
            self._tries.take_back(name_of_address(address))
        return await self._sign_in.admit(account, address=address, user_agent=user_agent)

    def refuse_uninvited(self) -> None:
        """Refuse whoever comes without an invitation, unless everybody may sign up.

        Raises:
            SignUpClosedError: nobody may sign up.
            InvitationRequiredError: an invitation is needed.
        """
        if self.mode == "closed":
            raise SignUpClosedError("Nobody can sign up on this server; its operator makes the accounts.")
        if self.mode == "invitation":
            raise InvitationRequiredError("An invitation of this server's operator is needed.", param="invitation")

    async def create(
        self, new: NewAccount, link: AccountLink | None = None, *, identity: Identity | None = None
    ) -> Account:
        """Store a prepared account and give it its welcome credits, which are due from the same commit on.

        ``identity`` is who its owner is elsewhere.

        Raises:
            InvalidInvitationError: somebody else has used the invitation in the meantime.
            AccountExistsError: the email is taken.
        """
        async with self._database.begin() as connection:
            if link is not None and not await self._links.use(connection, link.id):
                raise _invalid_invitation()
            account = await self._accounts.create(connection, new)
            welcome = self._settings.sign_up_credits if link is None or link.credits is None else link.credits
            if identity is not None:
                await repository.insert_identity(connection, account.id, identity, new.created_at_ms)
            if welcome:
                await repository.insert_due_grant(connection, account.id, welcome, new.created_at_ms)
            await self._record(connection, account, link)
        await self._grants.book(account.id)
        return account

    async def _admit(self, invitation: str | None) -> AccountLink | None:
        if not invitation or self.mode == "closed":
            self.refuse_uninvited()
            return None
        async with self._database.connect() as connection:
            link = await self._links.find(connection, LinkKind.INVITATION, invitation)
        if link is None:
            raise _invalid_invitation()
        return link

    async def _record(self, connection: "AsyncConnection", account: Account, link: AccountLink | None) -> None:
        entry = new_entry(
            actor=Actor(ActorKind.SESSION if link is None else ActorKind.LINK, account.email, account.id),
            action="account.sign_up",
            subject=account.email,
            now_ms=self._clock.now_ms(),
            account_id=account.id,
            details={"invitation": None if link is None else link.id},
        )
        await record(connection, entry)


def _invalid_invitation() -> InvalidInvitationError:
    message = "The invitation cannot be used: it is unknown, used, over, or for another email."
    return InvalidInvitationError(message, param="invitation")
