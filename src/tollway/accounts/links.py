"""Links that let somebody do one thing once: sign up, or set a new password. Callers own the transaction.

A token is 256 random bits and is stored as its SHA-256, as those of sessions are.
"""

import hashlib
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, delete, insert, select, update

from tollway.accounts.tables import account_links
from tollway.accounts.types import AccountLink, LinkKind
from tollway.kit.clock import Clock
from tollway.kit.ids import inference_id

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_TOKEN_BYTES = 32
_COLUMNS = tuple(column for column in account_links.c if column.name != "token_digest")


class LinkService:
    """Makes, finds and uses up links."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def make(  # noqa: PLR0913 - All by keyword: they are the facts of one link.
        self,
        connection: "AsyncConnection",
        kind: LinkKind,
        *,
        lasts_ms: int,
        account_id: int | None = None,
        email: str | None = None,
        credit_count: int | None = None,
    ) -> tuple[AccountLink, str]:
        """Store a link and return it with its token, which cannot be had again."""
        token, now_ms = secrets.token_urlsafe(_TOKEN_BYTES), self._clock.now_ms()
        link = AccountLink(
            id=inference_id(),  # Any id in order of time will do.
            kind=kind,
            account_id=account_id,
            email=email,
            credits=credit_count,
            created_at_ms=now_ms,
            expires_at_ms=now_ms + lasts_ms,
        )
        # Whoever makes one clears away what has ended; the audit trail remembers it.
        await connection.execute(delete(account_links).where(account_links.c.expires_at_ms <= now_ms))
        values = {name: getattr(link, name) for name in link.__struct_fields__}
        await connection.execute(insert(account_links), values | {"token_digest": _digest(token)})
        return link, token

    async def find(self, connection: "AsyncConnection", kind: LinkKind, token: str) -> AccountLink | None:
        """Find a link that can be used now."""
        query = select(*_COLUMNS).where(
            account_links.c.token_digest == _digest(token),
            account_links.c.kind == kind,
            account_links.c.used_at_ms.is_(None),
            account_links.c.expires_at_ms > self._clock.now_ms(),
        )
        row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else _link(row)

    async def use(self, connection: "AsyncConnection", link_id: str) -> bool:
        """Use a link up; say whether it was still there to be used."""
        now_ms = self._clock.now_ms()
        query = (
            update(account_links)
            .where(
                account_links.c.id == link_id,
                account_links.c.used_at_ms.is_(None),
                account_links.c.expires_at_ms > now_ms,
            )
            .values(used_at_ms=now_ms)
        )
        return bool((await connection.execute(query)).rowcount)

    async def withdraw_resets(self, connection: "AsyncConnection", account_id: int) -> None:
        """Take the account's links for a new password away."""
        query = delete(account_links).where(
            account_links.c.account_id == account_id, account_links.c.kind == LinkKind.PASSWORD_RESET
        )
        await connection.execute(query)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _link(row: RowMapping) -> AccountLink:
    values = {column.name: row[column] for column in _COLUMNS if column.name != "used_at_ms"}
    return AccountLink(**values | {"kind": LinkKind(values["kind"])})
