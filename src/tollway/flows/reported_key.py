"""Whose usage a key may read."""

from typing import TYPE_CHECKING

from tollway.keys.errors import UnknownKeyError
from tollway.keys.format import prefix_of
from tollway.keys.repository import find_key_id
from tollway.keys.types import KeyEntry, KeyKind
from tollway.kit.errors import PermissionDeniedError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class OtherKeyRefusedError(PermissionDeniedError):
    """A key asks for another one's usage, and is no management key."""

    default_code = "management_key_required"


async def reported_key_id(connection: "AsyncConnection", caller: KeyEntry, prefix: str | None) -> int:
    """Return the id of the key that is reported on: the caller's own, or the one that the prefix names.

    Raises:
        OtherKeyRefusedError: the caller is no management key, and the prefix is not its own. Nobody is told whether
            there is such a key.
        UnknownKeyError: the caller's account never had a key of that prefix.
    """
    if prefix is None or prefix == caller.prefix:
        return caller.key_id
    if caller.kind is not KeyKind.MANAGEMENT:
        raise OtherKeyRefusedError("A key reads its own usage; that of another key needs a management key.")
    key_id = await find_key_id(connection, prefix, caller.account_id)
    if key_id is None:
        # A whole key may have been given in place of its prefix, and must not end up on a screen or in a log.
        raise UnknownKeyError(f"The account has no key with the prefix '{prefix_of(prefix)}'.", param="key_prefix")
    return key_id
