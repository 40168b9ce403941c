"""The sessions of an account, over HTTP."""

from typing import Annotated

from litestar import Response, delete, get
from litestar.di import NamedDependency
from litestar.params import PathParameter, SkipValidation
from msgspec import Struct

from tollway.accounts.errors import UnknownSessionError
from tollway.accounts.types import Session
from tollway.http.console.session_routes import TAGS
from tollway.http.service.access import ACCESS, Access, SessionCaller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.types import ServiceDependencies
from tollway.kit.clock import MomentText, iso_utc

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Person = NamedDependency[SkipValidation[SessionCaller]]
SessionId = Annotated[
    str,
    PathParameter(
        description="The session's id, as the list of sessions says it.",
        schema_extra={"examples": ["NZ1pGk4yPSnvw0aVJtDcR"]},
    ),
]


class SessionEntry(Struct):
    """Where the account is signed in; ``user_agent`` is what the browser said of itself."""

    id: str
    created_at: MomentText
    last_seen_at: MomentText
    user_agent: str
    address: str
    is_current: bool


class SessionList(Struct):
    """The account's sessions, newest first."""

    data: list[SessionEntry]


_EXAMPLE = SessionList(
    [
        SessionEntry(
            "NZ1pGk4yPSnvw0aVJtDcR",
            "2026-08-01T12:00:00.000Z",
            "2026-08-01T12:34:00.000Z",
            "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
            "192.0.2.7",
            is_current=True,
        )
    ]
)


@get(
    "/console/v1/sessions",
    tags=TAGS,
    summary="List the account's sessions",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=_EXAMPLE, headers=("cache-control",))},
)
async def list_sessions(deps: Dependencies, caller: Person) -> Response[SessionList]:
    """Return where the account is signed in, this session included."""
    found = await deps.sign_in.sessions_of(caller.account_id)
    answer = SessionList([_entry(session, caller.session_id) for session in found])
    return Response(answer, headers={"cache-control": "no-store"})


@delete(
    "/console/v1/sessions",
    tags=TAGS,
    summary="End every other session",
    status_code=204,
    opt={ACCESS: Access.SESSION, DESCRIBED: Described()},
)
async def end_other_sessions(deps: Dependencies, caller: Person) -> None:
    """End all sessions of the account but the one that asks."""
    await deps.sign_in.revoke_others(caller.account_id, caller.session_id)


@delete(
    "/console/v1/sessions/{session_id:str}",
    tags=TAGS,
    summary="End a session",
    status_code=204,
    opt={ACCESS: Access.SESSION, DESCRIBED: Described()},
    responses={404: refusal("The account has no such session.")},
)
async def end_session(deps: Dependencies, caller: Person, session_id: SessionId) -> None:
    """End one session of the account, which may be the one that asks."""
    if not await deps.sign_in.revoke(caller.account_id, session_id):
        raise UnknownSessionError("The account has no such session; perhaps it has ended.", param="session_id")


def _entry(session: Session, current_id: str) -> SessionEntry:
    return SessionEntry(
        id=session.id,
        created_at=iso_utc(session.created_at_ms),
        last_seen_at=iso_utc(session.last_seen_at_ms),
        user_agent=session.user_agent,
        address=session.address,
        is_current=session.id == current_id,
    )
