"""What a request may say of a new or changed key, and what that means for the key."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from tollway.http.service.requests import numbers_as_written, unknown_names
from tollway.keys.errors import WrongKeyFieldError
from tollway.keys.service import NAME_LENGTH_MAX
from tollway.keys.spend_limit import LIMIT_USD_MAX, NO_RESET, limit_credits_from_usd, merged_limit
from tollway.keys.types import KeyUpdate, LimitPeriodName, LimitUpdate, NewKey, Scope
from tollway.wire.refusals import field_error

ScopeName = Literal[
    "model:chat",
    "model:responses",
    "model:image",
    "model:audio",
    "model:video",
    "model:embeddings",
    "model:speech",
    "model:ocr",
]
"""The values of `Scope`, written out so that a refusal can list them."""
Name = Annotated[str, Meta(max_length=NAME_LENGTH_MAX, description="What to call the key: printable characters.")]
Scopes = Annotated[
    list[ScopeName], Meta(min_length=1, description="Groups of endpoints that the key is confined to; null is all.")
]
Threshold = Annotated[
    float, Meta(ge=0, le=LIMIT_USD_MAX, description="US dollars, in whole credits of 0.0000005 US dollars.")
]


class LimitBody(Struct):
    """The most that the key may spend from one reset at 00:00 UTC to the next."""

    retention: LimitPeriodName | UnsetType = UNSET
    threshold: Threshold | UnsetType = UNSET


class NewKeyBody(Struct, forbid_unknown_fields=True):
    """What may be chosen of a new key."""

    name: Name | UnsetType = UNSET
    limit: LimitBody | UnsetType = UNSET
    scopes: Scopes | UnsetType | None = UNSET


class KeyUpdateBody(Struct):
    """What may be changed of a key; what is left out stays, and a limit of null is no limit any more."""

    name: Name | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    limit: LimitBody | UnsetType | None = UNSET
    scopes: Scopes | UnsetType | None = UNSET


@contextmanager
def fields_of_body() -> Iterator[None]:
    """Refuse wrong fields of keys as what they are here: fields of the body.

    Raises:
        InvalidBodyError: in the place of `WrongKeyFieldError`.
    """
    try:
        yield
    except WrongKeyFieldError as error:
        raise field_error(error.field, error.expected, error.received) from error


def new_key(body: NewKeyBody, raw: bytes) -> NewKey:
    """Read the wish for a key; ``raw`` is the body as it came.

    Raises:
        WrongKeyFieldError: the limit has no amount, or one that is finer than a credit.
    """
    limit_credits, period = None, NO_RESET
    if body.limit is not UNSET:
        limit_credits, period = merged_limit(None, NO_RESET, _limit_update(body.limit, raw))
    return NewKey(
        name="" if body.name is UNSET else body.name,
        scopes=None if body.scopes is UNSET else _scopes(body.scopes),
        limit_credits=limit_credits,
        limit_period=period,
    )


def key_update(body: KeyUpdateBody, raw: bytes) -> KeyUpdate:
    """Read the wish to change a key; ``raw`` is the body as it came.

    Raises:
        WrongKeyFieldError: the limit's amount is finer than a credit.
    """
    return KeyUpdate(
        name=body.name,
        enabled=UNSET if body.disabled is UNSET else not body.disabled,
        scopes=UNSET if body.scopes is UNSET else _scopes(body.scopes),
        limit=_limit_update(body.limit, raw) if isinstance(body.limit, LimitBody) else body.limit,
    )


def ignored_paths(values: dict[str, Any], kind: type[Struct]) -> tuple[str, ...]:
    """List the paths of fields that have no effect, given the body as plain values."""
    limit = values.get("limit")
    within_limit = unknown_names(limit, LimitBody) if isinstance(limit, dict) else ()
    return (*unknown_names(values, kind), *(f"limit.{name}" for name in within_limit))


def _limit_update(limit: LimitBody, raw: bytes) -> LimitUpdate:
    limit_credits: int | UnsetType = UNSET
    if limit.threshold is not UNSET:
        limit_credits = limit_credits_from_usd(str(numbers_as_written(raw)["limit"]["threshold"]))
    return LimitUpdate(limit_credits=limit_credits, period=limit.retention)


def _scopes(names: list[ScopeName] | None) -> frozenset[Scope] | None:
    return None if names is None else frozenset(map(Scope, names))
