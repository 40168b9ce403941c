"""Sessions of signed-in people. Callers own the transaction.

A token is 256 random bits and is stored as its SHA-256, which is as good as a slow hash for what cannot be guessed.
"""

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, and_, delete, insert, select, update

from tollway.accounts.tables import accounts, sessions
from tollway.accounts.types import AccountStatus, Session
from tollway.kit.clock import HOUR_MS, Clock
from tollway.kit.ids import inference_id

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

IDLE_MS = 30 * 60_000
"""How long a session lives without being used."""
ABSOLUTE_MS = 12 * HOUR_MS
"""How long a session lives however much it is used."""
_NOTED_EVERY_MS = 60_000
_TOKEN_BYTES = 32
_USER_AGENT_LENGTH_MAX = 255
_CSRF_LABEL = b"csrf"
_COLUMNS = (
    sessions.c.id,
    sessions.c.account_id,
    sessions.c.created_at_ms,
    sessions.c.last_seen_at_ms,
    sessions.c.expires_at_ms,
    sessions.c.user_agent,
    sessions.c.address,
)


def csrf_token(token: str) -> str:
    """Derive what a change must bring beside the cookie; it tells nothing of the session's token."""
    return hmac.new(token.encode(), _CSRF_LABEL, hashlib.sha256).hexdigest()


class SessionService:
    """Begins, finds, lists and ends sessions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def begin(
        self, connection: "AsyncConnection", account_id: int, *, address: str, user_agent: str
    ) -> tuple[Session, str]:
        """Begin a session and return it with its token, which cannot be had again."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now_ms = self._clock.now_ms()
        session = Session(
            id=inference_id(),  # Any id in order of time will do.
            account_id=account_id,
            created_at_ms=now_ms,
            last_seen_at_ms=now_ms,
            expires_at_ms=now_ms + ABSOLUTE_MS,
            user_agent=user_agent[:_USER_AGENT_LENGTH_MAX],
            address=address,
        )
        # Whoever signs in clears away what has ended, so that no more is kept of people than what is in use.
        await connection.execute(delete(sessions).where(sessions.c.expires_at_ms <= now_ms))
        values = {name: getattr(session, name) for name in session.__struct_fields__}
        await connection.execute(insert(sessions), values | {"token_digest": _digest(token)})
        return session, token

    async def find(self, connection: "AsyncConnection", token: str) -> Session | None:
        """Find a session that is neither revoked nor over, of an account that may be used."""
        now_ms = self._clock.now_ms()
        query = (
            select(*_COLUMNS)
            .join(accounts, accounts.c.id == sessions.c.account_id)
            .where(
                sessions.c.token_digest == _digest(token), accounts.c.status == AccountStatus.ACTIVE, _is_live(now_ms)
            )
        )
        row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else _session(row)

    def is_to_be_noted(self, session: Session) -> bool:
        """Say whether its use has to be stored: not every time, for a session is used many times a minute."""
        return self._clock.now_ms() - session.last_seen_at_ms >= _NOTED_EVERY_MS

    async def note_use(self, connection: "AsyncConnection", session_id: str) -> None:
        """Store that the session is used now."""
        now_ms = self._clock.now_ms()
        await connection.execute(update(sessions).where(sessions.c.id == session_id).values(last_seen_at_ms=now_ms))

    async def list_live(self, connection: "AsyncConnection", account_id: int) -> list[Session]:
        """The account's sessions that can still be used, newest first."""
        query = (
            select(*_COLUMNS)
            .where(sessions.c.account_id == account_id, _is_live(self._clock.now_ms()))
            .order_by(sessions.c.id.desc())
        )
        return [_session(row) for row in (await connection.execute(query)).mappings()]

    async def revoke(self, connection: "AsyncConnection", account_id: int, session_id: str) -> bool:
        """End one session of the account; say whether there was such a one."""
        query = (
            update(sessions)
            .where(sessions.c.id == session_id, sessions.c.account_id == account_id, sessions.c.revoked_at_ms.is_(None))
            .values(revoked_at_ms=self._clock.now_ms())
        )
        return bool((await connection.execute(query)).rowcount)

    async def revoke_all(self, connection: "AsyncConnection", account_id: int, *, except_id: str | None = None) -> None:
        """End every session of the account, but for the one with the id ``except_id``."""
        query = update(sessions).where(sessions.c.account_id == account_id, sessions.c.revoked_at_ms.is_(None))
        if except_id is not None:
            query = query.where(sessions.c.id != except_id)
        await connection.execute(query.values(revoked_at_ms=self._clock.now_ms()))


def _is_live(now_ms: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - A condition of SQLAlchemy.
    return and_(
        sessions.c.revoked_at_ms.is_(None),
        sessions.c.expires_at_ms > now_ms,
        sessions.c.last_seen_at_ms > now_ms - IDLE_MS,
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _session(row: RowMapping) -> Session:
    return Session(**row)
