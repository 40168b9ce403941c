"""Changes of keys, each with its entry in the audit trail."""

from typing import TYPE_CHECKING

from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor, ActorKind
from tollway.keys.service import KeyService
from tollway.keys.types import KeyMaker, KeyRecord, KeyUpdate, NewKey
from tollway.kit.clock import Clock
from tollway.kit.money import usd_text

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_MAKER_OF = {
    ActorKind.API_KEY: KeyMaker.MANAGEMENT_KEY,
    ActorKind.MANAGEMENT_KEY: KeyMaker.MANAGEMENT_KEY,
    ActorKind.OPERATOR_KEY: KeyMaker.OPERATOR,
    ActorKind.SESSION: KeyMaker.OWNER,
    ActorKind.COMMAND_LINE: KeyMaker.OPERATOR,
    ActorKind.SYSTEM: KeyMaker.OPERATOR,
}
_Facts = dict[str, object]


class AuditedKeys:
    """Makes, changes and deletes keys; what happened and who did it are stored together.

    Callers own the transaction. ``account_id`` confines an actor to the keys of one account.
    """

    def __init__(self, keys: KeyService, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def create(
        self, connection: "AsyncConnection", account_id: int, new: NewKey, actor: Actor
    ) -> tuple[KeyRecord, str]:
        """Make a key, and return what is stored with the key itself, which cannot be had again.

        Raises:
            WrongKeyFieldError: a field is out of range.
            ManagementKeyRefusedError: the actor is a key, and makes no management keys.
            OperatorKeyRefusedError: the actor makes no operator keys.
            TooManyKeysError: the account has as many keys as it may have.
        """
        made, key = await self._keys.create(connection, account_id, new, _MAKER_OF[actor.kind])
        await self._record(connection, "key.create", made, actor, {"after": {"kind": made.kind, **_told(made)}})
        return made, key

    async def update(
        self, connection: "AsyncConnection", prefix: str, update: KeyUpdate, actor: Actor, account_id: int | None = None
    ) -> KeyRecord:
        """Change a key, and return it as it is then; an update that changes nothing leaves no trace.

        Raises:
            UnknownKeyError: there is none of that prefix.
            WrongKeyFieldError: a field is out of range, or a limit would have no amount.
            ManagementKeyRefusedError: the actor is a key, and changes no management keys.
            OperatorKeyRefusedError: the actor changes no operator keys.
        """
        before = await self._keys.get_to_change(connection, prefix, account_id, _MAKER_OF[actor.kind])
        after = await self._keys.update(connection, before, update)
        if after is not before:
            was, now = _told(before), _told(after)
            differing = [name for name in was if was[name] != now[name]]
            details: _Facts = {
                "before": {name: was[name] for name in differing},
                "after": {name: now[name] for name in differing},
            }
            await self._record(connection, "key.update", after, actor, details)
        return after

    async def delete(
        self, connection: "AsyncConnection", prefix: str, actor: Actor, account_id: int | None = None
    ) -> KeyRecord:
        """Delete a key for good, and return it as it was.

        Raises:
            UnknownKeyError: there is none of that prefix.
            ManagementKeyRefusedError: the actor is a key, and deletes no management keys.
            OperatorKeyRefusedError: the actor deletes no operator keys.
        """
        found = await self._keys.get_to_change(connection, prefix, account_id, _MAKER_OF[actor.kind])
        await self._keys.delete(connection, found)
        await self._record(connection, "key.delete", found, actor, {"before": {"kind": found.kind, **_told(found)}})
        return found

    async def _record(
        self, connection: "AsyncConnection", action: str, key: KeyRecord, actor: Actor, details: _Facts
    ) -> None:
        entry = new_entry(
            actor=actor,
            action=action,
            subject=key.prefix,
            now_ms=self._clock.now_ms(),
            account_id=key.account_id,
            details=details,
        )
        await record(connection, entry)


def _told(key: KeyRecord) -> _Facts:
    """Write what can be chosen of a key for the audit trail."""
    limit = None
    if key.limit_credits is not None:
        limit = {"threshold_usd": usd_text(key.limit_credits), "retention": key.limit_period}
    return {
        "name": key.name,
        "disabled": not key.enabled,
        "scopes": None if key.scopes is None else sorted(key.scopes),
        "limit": limit,
        "requests_per_minute": key.requests_per_minute,
        "concurrent_requests": key.concurrent_requests,
    }
