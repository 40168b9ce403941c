"""What an account is."""

from enum import StrEnum

from msgspec import Struct


class AccountStatus(StrEnum):
    """Whether an account may be used; the keys of a disabled one stop working too."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Account(Struct, frozen=True, kw_only=True):
    """Somebody who owns keys and credits. Its id is what the contract calls ``user_id``."""

    id: int
    email: str
    status: AccountStatus
    created_at_ms: int


class NewAccount(Struct, frozen=True, kw_only=True):
    """An account that is ready to be stored: its email is in normal form, its password is hashed."""

    email: str
    password_hash: str
    created_at_ms: int
