"""What an account is."""

from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType

INVITATION_DAYS = 7
"""How long an invitation lasts unless it says otherwise."""
INVITATION_DAYS_MAX = 365
INVITATION_CREDITS_MAX = 2**53


class AccountStatus(StrEnum):
    """Whether an account may be used; the keys of a disabled one stop working too."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Account(Struct, frozen=True, kw_only=True):
    """Somebody who owns keys and credits. Its id is what the contract calls ``user_id``.

    ``is_operator`` says whether its owner may run the platform, beside using it.
    """

    id: int
    email: str
    status: AccountStatus
    created_at_ms: int
    is_operator: bool = False


class NewAccount(Struct, frozen=True, kw_only=True):
    """An account that is ready to be stored: its email is in normal form, its password is hashed.

    ``email_is_proved`` says whether whoever has the account is known to have the email.
    """

    email: str
    password_hash: str
    created_at_ms: int
    is_operator: bool = False
    email_is_proved: bool = True


class AccountChange(Struct, frozen=True, kw_only=True):
    """What to change of an account; what is unset stays as it is."""

    status: AccountStatus | UnsetType = UNSET
    is_operator: bool | UnsetType = UNSET


class Session(Struct, frozen=True, kw_only=True):
    """A person who has signed in somewhere; times are Unix milliseconds, the rest is what the browser said."""

    id: str
    account_id: int
    created_at_ms: int
    last_seen_at_ms: int
    expires_at_ms: int
    user_agent: str
    address: str


class LinkKind(StrEnum):
    """What a link is for."""

    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - The name of a kind of link.


class AccountLink(Struct, frozen=True, kw_only=True):
    """A link for one use; times are Unix milliseconds.

    Attributes:
        account_id: whose password may be reset; None for an invitation.
        email: the only email that may sign up by it; None is any.
        credits: what an invitation brings in place of the usual; None is the usual.
    """

    id: str
    kind: LinkKind
    account_id: int | None
    email: str | None
    credits: int | None
    created_at_ms: int
    expires_at_ms: int


class DueGrant(Struct, frozen=True):
    """Welcome credits of a new account that the ledger does not have yet."""

    account_id: int
    email: str
    amount_credits: int


class Identity(Struct, frozen=True):
    """Who somebody is elsewhere: a subject of an issuer, which never changes there."""

    issuer: str
    subject: str
