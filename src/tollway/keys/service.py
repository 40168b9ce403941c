"""What can be done with keys. Callers own the transaction."""

from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from tollway.keys import repository
from tollway.keys.digest import KeyDigest
from tollway.keys.errors import (
    ManagementKeyRefusedError,
    OperatorKeyRefusedError,
    PlaygroundKeyRefusedError,
    TooManyKeysError,
    UnknownKeyError,
    WrongKeyFieldError,
)
from tollway.keys.format import is_prefix, new_key, prefix_of
from tollway.keys.spend_limit import LIMIT_CREDITS_MAX, NO_RESET, THRESHOLD, merged_limit
from tollway.keys.types import LIMIT_PERIODS, KeyIdentity, KeyKind, KeyMaker, KeyRecord, KeyUpdate, NewKey, Scope
from tollway.kit.clock import Clock
from tollway.wire.refusals import describe

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

NAME_LENGTH_MAX = 255
_RATE_MAX = 1_000_000


class KeyService:
    """Makes, finds, changes and deletes keys.

    ``keys_max`` is how many keys an account may have that are not deleted; None is any number.
    """

    def __init__(self, clock: Clock, digest: KeyDigest, keys_max: int | None = None) -> None:
        self._clock = clock
        self._digest = digest
        self._keys_max = keys_max

    async def create(
        self, connection: "AsyncConnection", account_id: int, new: NewKey, made_by: KeyMaker
    ) -> tuple[KeyRecord, str]:
        """Make a key.

        Returns:
            What is stored, and the key itself, which cannot be had again.

        Raises:
            WrongKeyFieldError: a field is out of range.
            ManagementKeyRefusedError: a management key was asked for through a key.
            OperatorKeyRefusedError: an operator key was asked for by anybody but the operator.
            PlaygroundKeyRefusedError: the playground's key was asked for.
            TooManyKeysError: the account has as many keys as it may have.
        """
        _check(new)
        _refuse_kind(new.kind, made_by)
        if self._keys_max is not None and await repository.count_keys(connection, account_id) >= self._keys_max:
            raise TooManyKeysError(f"The account has as many keys as it may have ({self._keys_max}); delete one first")
        key = new_key(new.kind)
        while await repository.prefix_is_taken(connection, prefix_of(key)):
            key = new_key(new.kind)
        identity = KeyIdentity(prefix_of(key), self._digest.of(key))
        record = await repository.insert_key(connection, account_id, identity, new, self._clock.now_ms())
        return record, key

    async def get(self, connection: "AsyncConnection", prefix: str, account_id: int | None = None) -> KeyRecord:
        """Find a key by its prefix, among all keys or those of one account.

        Raises:
            UnknownKeyError: there is none.
        """
        record = await repository.find_by_prefix(connection, prefix) if is_prefix(prefix) else None
        if record is None or account_id not in {None, record.account_id}:
            # A whole key may have been given in place of its prefix, and must not end up on a screen or in a log.
            raise UnknownKeyError(f"There is no key with the prefix {prefix_of(prefix)}", param="prefix")
        return record

    async def get_to_change(
        self, connection: "AsyncConnection", prefix: str, account_id: int | None, changed_by: KeyMaker
    ) -> KeyRecord:
        """Find a key that somebody wants to change or delete.

        Raises:
            UnknownKeyError: there is none.
            ManagementKeyRefusedError: it is a management key, and the change comes through a key.
            OperatorKeyRefusedError: it is an operator key, and the change comes from anybody but the operator.
        """
        record = await self.get(connection, prefix, account_id)
        _refuse_kind(record.kind, changed_by)
        return record

    async def list_all(self, connection: "AsyncConnection", account_id: int | None = None) -> list[KeyRecord]:
        """Every key that is not deleted, of one account or of all, oldest first; without those of playgrounds."""
        return await repository.list_keys(connection, account_id)

    async def update(self, connection: "AsyncConnection", record: KeyRecord, update: KeyUpdate) -> KeyRecord:
        """Change a key, and return it as it is then: the same record where the update changes nothing.

        Raises:
            WrongKeyFieldError: a field is out of range, or a limit would have no amount.
        """
        changed = _updated(record, update)
        if changed == record:
            return record
        _check(changed)
        changed = replace(changed, updated_at_ms=self._clock.now_ms())
        await repository.store_changes(connection, changed)
        return changed

    async def delete(self, connection: "AsyncConnection", record: KeyRecord) -> None:
        """Delete a key for good."""
        await repository.mark_deleted(connection, record.key_id, self._clock.now_ms())


def _refuse_kind(kind: KeyKind, actor: KeyMaker) -> None:
    if kind is KeyKind.PLAYGROUND:
        raise PlaygroundKeyRefusedError("The playground makes its key by itself")
    if kind is KeyKind.OPERATOR and actor is not KeyMaker.OPERATOR:
        raise OperatorKeyRefusedError("Operator keys are made and changed by the operator's command line")
    if kind is KeyKind.MANAGEMENT and actor is KeyMaker.MANAGEMENT_KEY:
        raise ManagementKeyRefusedError(
            "Management keys are made and changed in the dashboard, or by the operator; see /app/keys"
        )


def _updated(record: KeyRecord, update: KeyUpdate) -> KeyRecord:
    limit_credits, period = record.limit_credits, record.limit_period
    if update.limit is None:
        limit_credits, period = None, NO_RESET
    elif update.limit is not UNSET:
        limit_credits, period = merged_limit(limit_credits, period, update.limit)
    return replace(
        record,
        name=record.name if update.name is UNSET else update.name,
        enabled=record.enabled if update.enabled is UNSET else update.enabled,
        scopes=record.scopes if update.scopes is UNSET else update.scopes,
        limit_credits=limit_credits,
        limit_period=period,
    )


def _check(key: NewKey | KeyRecord) -> None:
    if len(key.name) > NAME_LENGTH_MAX or not key.name.isprintable():
        raise WrongKeyFieldError("name", f"at most {NAME_LENGTH_MAX} printable characters", _name_received(key.name))
    if key.limit_period not in LIMIT_PERIODS:
        raise WrongKeyFieldError("limit.retention", f"one of {', '.join(LIMIT_PERIODS)}", describe(key.limit_period))
    if key.limit_credits is not None and not 0 <= key.limit_credits <= LIMIT_CREDITS_MAX:
        raise WrongKeyFieldError(THRESHOLD, f"0 to {LIMIT_CREDITS_MAX} credits", f"{key.limit_credits} credits")
    if key.scopes is not None and not key.scopes:
        raise WrongKeyFieldError("scopes", f"at least one of {', '.join(Scope)}, or null for all", "an empty list")
    for field in ("requests_per_minute", "concurrent_requests"):
        rate = getattr(key, field)
        if rate is not None and not 1 <= rate <= _RATE_MAX:
            raise WrongKeyFieldError(field, f"1 to {_RATE_MAX}", str(rate))


def _name_received(name: str) -> str:
    """Say what is wrong with a name without repeating characters that do not belong on a screen."""
    if len(name) > NAME_LENGTH_MAX:
        return f"{len(name)} characters"
    strange = next(character for character in name if not character.isprintable())
    return f"the character U+{ord(strange):04X}"
