"""The shapes of the keys that the owner of an account sees."""

from typing import Literal

from msgspec import Struct

from tollway.credits.types import LimitPeriod
from tollway.flows.own_keys import OwnKey
from tollway.http.service.key_bodies import NewKeyBody
from tollway.http.service.key_views import key_facts
from tollway.keys.types import Scope
from tollway.kit.clock import MomentText, iso_utc
from tollway.kit.money import usd_number

OwnersKind = Literal["api", "management"]


class OwnersKeyBody(NewKeyBody):
    """What may be chosen of a new key; a management key manages keys and reads usage, and calls no models."""

    kind: OwnersKind = "api"


class LimitProgress(Struct, kw_only=True):
    """The most US dollars that a key may spend in a period, and what it has spent of it in the present one.

    ``resets_at`` is when spending is counted anew; null is never.
    """

    retention: LimitPeriod
    threshold: float
    spent: float
    spent_credits: int
    resets_at: MomentText | None


class OwnersKey(Struct, kw_only=True):
    """A key, without the key itself. ``monthly_usage`` is what it was charged this UTC month, in US dollars.

    ``last_used_at`` is some seconds behind, and null for a key that was never used.
    """

    kind: OwnersKind
    name: str | None
    prefix: str
    disabled: bool
    scopes: list[Scope] | None
    limit: LimitProgress | None
    created_at: MomentText
    updated_at: MomentText
    last_used_at: MomentText | None
    monthly_usage: float
    monthly_credits: int


class OwnersNewKey(OwnersKey, kw_only=True):
    """A new key, with the key itself, which is not shown again."""

    key: str


class OwnersKeyAnswer(Struct):
    """One key."""

    data: OwnersKey


class OwnersKeyList(Struct):
    """Keys, oldest first."""

    data: list[OwnersKey]


class OwnersNewKeyAnswer(Struct):
    """The key that was made."""

    data: OwnersNewKey


EXAMPLE_KEY = OwnersKey(
    kind="api",
    name="laptop",
    prefix="twkA1b2C",
    disabled=False,
    scopes=[Scope.CHAT],
    limit=LimitProgress(
        retention=LimitPeriod.MONTH,
        threshold=10.0,
        spent=0.0001955,
        spent_credits=391,
        resets_at="2026-09-01T00:00:00.000Z",
    ),
    created_at="2026-08-01T12:00:00.000Z",
    updated_at="2026-08-01T12:00:00.000Z",
    last_used_at="2026-08-02T09:30:00.000Z",
    monthly_usage=0.0001955,
    monthly_credits=391,
)
EXAMPLE_NEW_KEY = OwnersNewKey(
    kind="api",
    name="laptop",
    prefix="twkA1b2C",
    disabled=False,
    scopes=[Scope.CHAT],
    limit=None,
    created_at="2026-08-01T12:00:00.000Z",
    updated_at="2026-08-01T12:00:00.000Z",
    last_used_at=None,
    monthly_usage=0.0,
    monthly_credits=0,
    key="twkA1b2C and 38 more characters",
)


def owners_key(own: OwnKey) -> OwnersKey:
    """Show a key to the owner of its account."""
    facts, record = key_facts(own), own.record
    return OwnersKey(
        kind="management" if record.kind == "management" else "api",
        name=facts.name,
        prefix=facts.prefix,
        disabled=facts.disabled,
        scopes=facts.scopes,
        limit=_progress(own),
        created_at=facts.created_at,
        updated_at=facts.updated_at,
        last_used_at=None if record.last_used_at_ms is None else iso_utc(record.last_used_at_ms),
        monthly_usage=facts.monthly_usage,
        monthly_credits=own.month_credits,
    )


def owners_new_key(own: OwnKey, key: str) -> OwnersNewKey:
    """Show a key that was just made, this once with the key itself."""
    shown = owners_key(own)
    return OwnersNewKey(**{name: getattr(shown, name) for name in shown.__struct_fields__}, key=key)


def _progress(own: OwnKey) -> LimitProgress | None:
    record = own.record
    if record.limit_credits is None:
        return None
    return LimitProgress(
        retention=LimitPeriod(record.limit_period),
        threshold=usd_number(record.limit_credits),
        spent=usd_number(own.period_credits),
        spent_credits=own.period_credits,
        resets_at=None if own.period_ends_at_ms is None else iso_utc(own.period_ends_at_ms),
    )
