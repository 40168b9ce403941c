"""What is known of a key on the way of a request."""

from enum import StrEnum
from typing import Literal, Protocol, get_args

from msgspec import UNSET, Struct, UnsetType


class KeyKind(StrEnum):
    """What a key may do: run inference, manage keys and read the account's numbers, or run the whole platform.

    ``PLAYGROUND`` is what an account's calls from the web app's playground are counted under: nobody has such a key, so
    nobody can call with it, and it stands in no list of keys (`keys.playground`).
    """

    API = "api"
    MANAGEMENT = "management"
    OPERATOR = "operator"
    PLAYGROUND = "playground"


class Scope(StrEnum):
    """Groups of endpoints that a key can be confined to; a key without scopes may use all of them."""

    CHAT = "model:chat"
    RESPONSES = "model:responses"
    IMAGE = "model:image"
    AUDIO = "model:audio"
    VIDEO = "model:video"
    EMBEDDINGS = "model:embeddings"
    SPEECH = "model:speech"
    OCR = "model:ocr"


class KeyMaker(StrEnum):
    """Who asks for a key: management keys are never made through another key."""

    OPERATOR = "operator"
    OWNER = "owner"
    MANAGEMENT_KEY = "management_key"


LimitPeriodName = Literal["no_reset", "day", "week", "month"]
"""When the spend that counts against a key's limit starts anew, at 00:00 UTC; ``no_reset`` is never."""

LIMIT_PERIODS: tuple[str, ...] = get_args(LimitPeriodName)


class NewKey(Struct, frozen=True, kw_only=True):
    """What may be chosen of a new key; the fields mean what they mean in `KeyRecord`."""

    kind: KeyKind = KeyKind.API
    name: str = ""
    scopes: frozenset[Scope] | None = None
    limit_credits: int | None = None
    limit_period: str = "no_reset"
    requests_per_minute: int | None = None
    concurrent_requests: int | None = None


class LimitUpdate(Struct, frozen=True, kw_only=True):
    """What is to change of a spend limit; what is UNSET stays, and a new limit without a period never resets."""

    limit_credits: int | UnsetType = UNSET
    period: str | UnsetType = UNSET


class KeyUpdate(Struct, frozen=True, kw_only=True):
    """What is to change of a key; what is UNSET stays.

    The fields mean what they mean in `KeyRecord`; ``limit`` is None to have no spend limit any more.
    """

    name: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    scopes: frozenset[Scope] | UnsetType | None = UNSET
    limit: LimitUpdate | UnsetType | None = UNSET


class KeyIdentity(Struct, frozen=True):
    """What is stored of the key itself: the prefix that names it and the digest that recognises it."""

    prefix: str
    digest: bytes


class KeyRecord(Struct, frozen=True, kw_only=True):
    """A key as it is stored, without its digest; the key itself is nowhere.

    Attributes:
        name: what its owner calls it; may be empty.
        scopes: groups of endpoints that it is confined to, or None for all.
        limit_credits: most credits that it may spend in a period, or None.
        limit_period: one of `LIMIT_PERIODS`.
        requests_per_minute, concurrent_requests: its own limits, or None for the server's defaults.
        last_used_at_ms: some seconds behind, or None.
    """

    key_id: int
    account_id: int
    prefix: str
    kind: KeyKind
    name: str
    enabled: bool
    scopes: frozenset[Scope] | None
    limit_credits: int | None
    limit_period: str
    requests_per_minute: int | None
    concurrent_requests: int | None
    created_at_ms: int
    updated_at_ms: int
    last_used_at_ms: int | None


class KeyEntry(Struct, frozen=True, kw_only=True):
    """A usable key in the snapshot; disabled and deleted keys, and keys of disabled accounts, are not in it.

    ``limit_credits`` is None without a spend limit; ``limit_period`` is one of ``no_reset``, ``day``, ``week``,
    ``month``. ``scopes`` is None for all. Rates are requests a minute, concurrency is calls under way; None is the
    default.
    """

    key_id: int
    account_id: int
    prefix: str
    kind: KeyKind
    scopes: frozenset[Scope] | None
    limit_credits: int | None
    limit_period: str
    requests_per_minute: int | None = None
    concurrent_requests: int | None = None


class KeySnapshot(Protocol):
    """Every usable key, in memory, at most one second behind the database."""

    def find(self, token: str) -> KeyEntry | None:
        """Look up a bearer token; None when it is malformed, unknown, disabled or deleted."""
        ...
