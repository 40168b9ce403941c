"""What the product asks of whoever knows people elsewhere."""

from typing import Protocol

from msgspec import Struct


class Attempt(Struct, frozen=True):
    """What a browser carries from the beginning of a sign-in to its end; none of it leaves this server otherwise.

    Attributes:
        state: comes back with the answer, which so belongs to this attempt.
        nonce: comes back within the proof, which so was made for this attempt.
        verifier: proves that whoever exchanges the code is who began (PKCE).
    """

    state: str
    nonce: str
    verifier: str


class Person(Struct, frozen=True):
    """Who somebody is elsewhere: ``subject`` never changes there, and the email may."""

    issuer: str
    subject: str
    email: str | None
    email_is_verified: bool


class IdentityProvider(Protocol):
    """Knows people."""

    async def begin_url(self, attempt: Attempt) -> str:
        """Return where the browser goes to sign in.

        Raises:
            SingleSignOnUnavailableError: the provider does not say where.
        """
        ...

    async def person(self, attempt: Attempt, code: str) -> Person:
        """Exchange the code that came back for a proof of who somebody is.

        Raises:
            SingleSignOnFailedError: the code is not taken, or the proof is none.
            SingleSignOnUnavailableError: the provider does not answer.
        """
        ...
