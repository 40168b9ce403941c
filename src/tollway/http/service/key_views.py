"""The shapes of the keys endpoints."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from tollway.credits.types import LimitPeriod
from tollway.flows.own_keys import OwnKey
from tollway.keys.types import KeyRecord, Scope
from tollway.kit.clock import MomentText, iso_utc
from tollway.kit.money import usd_number


class KeyLimit(Struct):
    """The most US dollars that a key may spend in a period."""

    retention: LimitPeriod
    threshold: float


class KeyFacts(Struct, kw_only=True):
    """A key, without the key itself. ``monthly_usage`` is what it was charged this UTC month, in US dollars."""

    name: str | None
    prefix: str
    disabled: bool
    scopes: list[Scope] | None
    limit: KeyLimit | None
    created_at: MomentText
    updated_at: MomentText
    monthly_usage: float


class NewKeyFacts(Struct, kw_only=True):
    """A new key, with the key itself, which is not shown again."""

    name: str | None
    prefix: str
    disabled: bool
    scopes: list[Scope] | None
    limit: KeyLimit | UnsetType = UNSET
    created_at: MomentText
    updated_at: MomentText
    monthly_usage: float
    key: str


class DeletedKey(Struct):
    """The key that is gone."""

    prefix: str
    deleted: Literal[True] = True


class KeyAnswer(Struct):
    """One key."""

    data: KeyFacts


class KeyListAnswer(Struct):
    """Keys, oldest first."""

    data: list[KeyFacts]


class NewKeyAnswer(Struct):
    """The key that was made."""

    data: NewKeyFacts


class DeletedKeyAnswer(Struct):
    """The key that was deleted."""

    data: DeletedKey


EXAMPLE_KEY = KeyFacts(
    name="laptop",
    prefix="twkA1b2C",
    disabled=False,
    scopes=[Scope.CHAT],
    limit=KeyLimit(LimitPeriod.MONTH, 10.0),
    created_at="2026-08-01T12:00:00.000Z",
    updated_at="2026-08-01T12:00:00.000Z",
    monthly_usage=0.0001955,
)
EXAMPLE_NEW_KEY = NewKeyFacts(
    name="laptop",
    prefix="twkA1b2C",
    disabled=False,
    scopes=[Scope.CHAT],
    limit=KeyLimit(LimitPeriod.MONTH, 10.0),
    created_at="2026-08-01T12:00:00.000Z",
    updated_at="2026-08-01T12:00:00.000Z",
    monthly_usage=0.0,
    key="twkA1b2C and 38 more characters",
)


def key_facts(own: OwnKey) -> KeyFacts:
    """Show a key."""
    record = own.record
    return KeyFacts(
        name=record.name or None,
        prefix=record.prefix,
        disabled=not record.enabled,
        scopes=_scopes(record),
        limit=_limit(record),
        created_at=iso_utc(record.created_at_ms),
        updated_at=iso_utc(record.updated_at_ms),
        monthly_usage=usd_number(own.month_credits),
    )


def new_key_facts(own: OwnKey, key: str) -> NewKeyFacts:
    """Show a key that was just made, this once with the key itself."""
    facts = key_facts(own)
    return NewKeyFacts(
        name=facts.name,
        prefix=facts.prefix,
        disabled=facts.disabled,
        scopes=facts.scopes,
        limit=UNSET if facts.limit is None else facts.limit,
        created_at=facts.created_at,
        updated_at=facts.updated_at,
        monthly_usage=facts.monthly_usage,
        key=key,
    )


def _scopes(record: KeyRecord) -> list[Scope] | None:
    return None if record.scopes is None else sorted(record.scopes)


def _limit(record: KeyRecord) -> KeyLimit | None:
    if record.limit_credits is None:
        return None
    return KeyLimit(retention=LimitPeriod(record.limit_period), threshold=usd_number(record.limit_credits))
