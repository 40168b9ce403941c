"""Links that somebody is given to sign up, or to set a new password."""

from msgspec import Struct

from tollway.accounts.email_address import normal_email
from tollway.accounts.errors import AccountDisabledError, AccountExistsError, WrongInvitationError
from tollway.accounts.links import LinkService
from tollway.accounts.repository import find_by_email
from tollway.accounts.service import account_by_email
from tollway.accounts.types import (
    INVITATION_CREDITS_MAX,
    INVITATION_DAYS,
    INVITATION_DAYS_MAX,
    AccountStatus,
    LinkKind,
)
from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor
from tollway.kit.clock import DAY_MS, HOUR_MS, Clock, iso_utc
from tollway.kit.database import Database

RESET_LASTS_MS = HOUR_MS


class MadeLink(Struct, frozen=True):
    """A link to hand on, which cannot be had again; ``email`` is who it is for, None is anybody."""

    url: str
    email: str | None
    expires_at_ms: int


class MakeLinks:
    """Makes links to pages of the web app; the token stands behind the ``#``, which browsers send to no server."""

    def __init__(self, database: Database, clock: Clock, public_url: str) -> None:
        self._database = database
        self._clock = clock
        self._links = LinkService(clock)
        self._public_url = public_url.rstrip("/")

    async def invite(
        self, actor: Actor, email: str | None, *, credit_count: int | None, days: int = INVITATION_DAYS
    ) -> MadeLink:
        """Make an invitation, for one email or for whoever has the link.

        Args:
            actor: who invites.
            email: the only email that may sign up by it; None is any.
            credit_count: what the account is given in place of the usual welcome; None is the usual.
            days: how long the invitation lasts.

        Raises:
            WrongEmailError: the email is none.
            WrongInvitationError: the number of days or credits is out of range.
            AccountExistsError: the email has an account.
        """
        if not 1 <= days <= INVITATION_DAYS_MAX:
            raise WrongInvitationError(f"days: expected 1 to {INVITATION_DAYS_MAX}, received {days}", param="days")
        if credit_count is not None and not 0 <= credit_count <= INVITATION_CREDITS_MAX:
            expected = f"credits: expected 0 to {INVITATION_CREDITS_MAX}, received {credit_count}"
            raise WrongInvitationError(expected, param="credits")
        email = None if email is None else normal_email(email)
        async with self._database.begin() as connection:
            if email is not None and await find_by_email(connection, email) is not None:
                raise AccountExistsError(f"There is already an account {email}", param="email")
            link, token = await self._links.make(
                connection, LinkKind.INVITATION, lasts_ms=days * DAY_MS, email=email, credit_count=credit_count
            )
            entry = new_entry(
                actor=actor,
                action="account.invite",
                subject=email or "anybody",
                now_ms=link.created_at_ms,
                details={"invitation": link.id, "credits": credit_count, "expires_at": iso_utc(link.expires_at_ms)},
            )
            await record(connection, entry)
        return MadeLink(f"{self._public_url}/app/sign-up#token={token}", email, link.expires_at_ms)

    async def reset_link(self, actor: Actor, email: str) -> MadeLink:
        """Make a link by which the password of an account can be set within an hour.

        Raises:
            WrongEmailError: the email is none.
            UnknownAccountError: no account has it.
            AccountDisabledError: the account is disabled.
        """
        async with self._database.begin() as connection:
            account = await account_by_email(connection, email)
            if account.status is not AccountStatus.ACTIVE:
                raise AccountDisabledError(f"The account {account.email} is disabled")
            link, token = await self._links.make(
                connection, LinkKind.PASSWORD_RESET, lasts_ms=RESET_LASTS_MS, account_id=account.id
            )
            entry = new_entry(
                actor=actor,
                action="account.reset_link",
                subject=account.email,
                now_ms=link.created_at_ms,
                account_id=account.id,
                details={"expires_at": iso_utc(link.expires_at_ms)},
            )
            await record(connection, entry)
        return MadeLink(f"{self._public_url}/app/reset-password#token={token}", account.email, link.expires_at_ms)
