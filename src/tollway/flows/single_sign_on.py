"""Coming in with an account elsewhere."""

import hmac
import re
import secrets

import msgspec
from msgspec import Struct

from tollway.accounts import repository
from tollway.accounts.email_address import normal_email
from tollway.accounts.errors import AccountDisabledError, WrongEmailError
from tollway.accounts.passwords import PasswordHasher
from tollway.accounts.service import AccountService
from tollway.accounts.types import Account, AccountStatus, Identity
from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor, ActorKind
from tollway.flows.sign_in import SignIn
from tollway.flows.sign_up import SignUp
from tollway.flows.tries import Tries, name_of_address
from tollway.kit.clock import Clock
from tollway.kit.cursor import CursorSigner, WrongCursorError
from tollway.kit.database import Database
from tollway.single_sign_on.errors import SingleSignOnFailedError, SingleSignOnOffError, SingleSignOnRefusedError
from tollway.single_sign_on.port import Attempt, IdentityProvider, Person

SIGNING_LABEL = "single sign-on"
ATTEMPT_LASTS_S = 600
"""Seconds from the beginning of a sign-in to its end."""
ATTEMPTS_PER_MINUTE = 20
_RANDOM_BYTES = 32
_SCOPE = b"single sign-on"
_PLACE = re.compile(r"/[!-.0-\[\]-~][!-\[\]-~]{0,998}")
"""A path with its query: printable, no address of another host (``//``), and short enough for a cookie."""
_STEPS = re.compile(r"/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
"""A step to the folder above or to the same one, which browsers take."""


class Arrived(Struct, frozen=True):
    """Somebody who came in: the token of their session, and the path of the web app that they wanted to.

    The path is empty where it is the home.
    """

    token: str
    place: str


def known_place(place: str) -> str:
    """Return a path of the web app as it is, and nothing instead of anything else."""
    is_within = _PLACE.fullmatch(place) and not _STEPS.search(re.split("[?#]", place, maxsplit=1)[0])
    return place if is_within else ""


class _Carried(Struct, frozen=True):
    """An attempt as the browser carries it, signed."""

    attempt: Attempt
    expires_at_ms: int
    place: str = ""


class SingleSignOn:
    """Signs people in whom a provider knows, and makes accounts for them where everybody may have one.

    An account that is there already is theirs only if its email was proved: otherwise somebody could make an account
    with another's email, and wait in it for its owner.
    """

    def __init__(  # noqa: PLR0913 - The parts that it is put together from.
        self,
        database: Database,
        clock: Clock,
        passwords: PasswordHasher,
        *,
        sign_in: SignIn,
        sign_up: SignUp,
        provider: IdentityProvider | None,
        name: str,
        allowed_domains: tuple[str, ...],
        signing_key: bytes,
    ) -> None:
        self._database = database
        self._clock = clock
        self._accounts = AccountService(clock, passwords)
        self._sign_in = sign_in
        self._sign_up = sign_up
        self._provider = provider
        self._name = name
        self._allowed_domains = frozenset(domain.lower() for domain in allowed_domains)
        self._signer = CursorSigner(signing_key)
        self._tries = Tries(clock, at_most=ATTEMPTS_PER_MINUTE)

    @property
    def name(self) -> str | None:
        """What its button says; None where there is no such way in."""
        return None if self._provider is None else self._name

    async def begin(self, place: str, *, address: str) -> tuple[str, str]:
        """Begin a sign-in; return where the browser goes, and what it carries there and back.

        ``place`` is the path of the web app that somebody wants to; anything else leads to its home.

        Raises:
            SingleSignOnOffError: there is no provider.
            TooManyTriesError: too many attempts from this address within a minute.
            SingleSignOnUnavailableError: the provider does not answer.
        """
        provider = self._configured()
        self._tries.count(name_of_address(address))
        attempt = Attempt(*(secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3)))
        carried = _Carried(attempt, self._clock.now_ms() + ATTEMPT_LASTS_S * 1000, known_place(place))
        return await provider.begin_url(attempt), self._signer.issue(msgspec.json.encode(carried), _SCOPE)

    async def complete(self, carried: str, state: str, code: str, *, address: str, user_agent: str) -> Arrived:
        """End a sign-in with a session.

        Raises:
            SingleSignOnOffError: there is no provider.
            TooManyTriesError: too many attempts from this address within a minute.
            SingleSignOnFailedError: this browser did not begin it, or not lately, or nothing was proved.
            SingleSignOnRefusedError: who it is was proved, and they may not come in.
            AccountDisabledError: their account is disabled.
            SignUpClosedError: they have no account, and nobody may make one.
            InvitationRequiredError: the same, where an invitation is needed.
            SingleSignOnUnavailableError: the provider does not answer.
        """
        provider = self._configured()
        self._tries.count(name_of_address(address))
        begun = self._begun(carried)
        attempt = begun.attempt
        if not code or not hmac.compare_digest(state.encode(), attempt.state.encode()):
            raise SingleSignOnFailedError("What came back does not belong to what this browser began")
        person = await provider.person(attempt, code)
        account = await self._account_of(person)
        if account.status is not AccountStatus.ACTIVE:
            raise AccountDisabledError("The account is disabled")
        _, token = await self._sign_in.admit(account, address=address, user_agent=user_agent)
        return Arrived(token, begun.place)

    def place_of(self, carried: str) -> str:
        """Return the path of the web app that a sign-in began for, also where it failed; empty where nobody knows."""
        try:
            return self._read(carried).place
        except SingleSignOnFailedError:
            return ""

    def _configured(self) -> IdentityProvider:
        if self._provider is None:
            raise SingleSignOnOffError("This server offers no single sign-on")
        return self._provider

    def _read(self, carried: str) -> _Carried:
        try:
            return msgspec.json.decode(self._signer.read(carried, _SCOPE), type=_Carried)
        except WrongCursorError as error:
            raise SingleSignOnFailedError("This browser began no sign-in") from error

    def _begun(self, carried: str) -> _Carried:
        found = self._read(carried)
        if self._clock.now_ms() >= found.expires_at_ms:
            raise SingleSignOnFailedError("The sign-in was begun too long ago")
        return found

    async def _account_of(self, person: Person) -> Account:
        email = self._email_of(person)
        async with self._database.connect() as connection:
            known = await repository.find_by_identity(connection, person.issuer, person.subject)
            same_email = await repository.find_by_email(connection, email)
        if known is not None:
            return known
        identity = Identity(person.issuer, person.subject)
        if same_email is None:
            self._sign_up.refuse_uninvited()
            new, _ = await self._accounts.prepare(email, None)
            return await self._sign_up.create(new, identity=identity)
        await self._link(same_email, identity)
        return same_email

    def _email_of(self, person: Person) -> str:
        try:
            email = normal_email(person.email or "")
        except WrongEmailError as error:
            raise SingleSignOnRefusedError("The provider names no email", code="email_required") from error
        if not person.email_is_verified:
            raise SingleSignOnRefusedError("The provider has not verified the email", code="email_not_verified")
        if self._allowed_domains and email.rpartition("@")[2] not in self._allowed_domains:
            raise SingleSignOnRefusedError("The email is of another domain", code="domain_not_allowed")
        return email

    async def _link(self, account: Account, identity: Identity) -> None:
        async with self._database.begin() as connection:
            if not await repository.email_is_proved(connection, account.id):
                message = "There is an account with this email that nobody has proved to own; reset its password first"
                raise SingleSignOnRefusedError(message, code="email_not_proved")
            await repository.insert_identity(connection, account.id, identity, self._clock.now_ms())
            entry = new_entry(
                actor=Actor(ActorKind.SESSION, account.email, account.id),
                action="account.link_identity",
                subject=account.email,
                now_ms=self._clock.now_ms(),
                account_id=account.id,
                details={"issuer": identity.issuer, "subject": identity.subject},
            )
            await record(connection, entry)
