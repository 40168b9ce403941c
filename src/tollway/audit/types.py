"""Who changes things, and what is remembered of a change."""

from enum import StrEnum
from typing import Any

from msgspec import Struct


class ActorKind(StrEnum):
    """How somebody proved who they are."""

    API_KEY = "api_key"
    MANAGEMENT_KEY = "management_key"
    OPERATOR_KEY = "operator_key"
    SESSION = "session"
    LINK = "link"
    COMMAND_LINE = "command_line"
    SYSTEM = "system"


class Actor(Struct, frozen=True):
    """Who changes something.

    Attributes:
        name: a key's prefix, a person's email, the user of the command line, or a part of the server.
        account_id: whose key or session it is; None for the command line and the server itself.
    """

    kind: ActorKind
    name: str
    account_id: int | None = None


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One change.

    Attributes:
        id: in order of time.
        action: what was done, such as ``key.update`` or ``credits.grant``.
        subject: what it was done to, such as a key's prefix or a model's id.
        account_id: the account that is concerned; None where the change concerns all.
        details: values before and after, without secrets.
    """

    id: str
    at_ms: int
    actor_kind: ActorKind
    actor: str
    action: str
    subject: str
    account_id: int | None
    details: dict[str, Any]
