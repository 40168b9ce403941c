"""Signing in and out over HTTP."""

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from tollway.accounts.sessions import ABSOLUTE_MS
from tollway.flows.sign_in import SignedIn
from tollway.http.service.access import ACCESS, Access, SessionCaller, refuse_foreign_origin
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.requests import read_json
from tollway.http.service.types import ServiceDependencies
from tollway.http.session_cookie import SessionCookie

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Person = NamedDependency[SkipValidation[SessionCaller]]
Cookie = NamedDependency[SkipValidation[SessionCookie]]
TAGS = ["Console"]


class Credentials(Struct, forbid_unknown_fields=True):
    """Who wants to sign in."""

    email: str
    password: str


class SessionAnswer(Struct):
    """Who is signed in; ``csrf_token`` goes into the header ``x-csrf-token`` of every change."""

    email: str
    account_id: int
    is_operator: bool
    csrf_token: str


SESSION_EXAMPLE = SessionAnswer("someone@example.com", 1, is_operator=False, csrf_token="the session's token")  # noqa: S106 - an example


@post(
    "/console/v1/session",
    tags=TAGS,
    summary="Sign in",
    status_code=200,
    opt={
        ACCESS: Access.PUBLIC,
        DESCRIBED: Described(
            takes=Credentials,
            example={"email": "someone@example.com", "password": "a long pass phrase"},
            answer=SESSION_EXAMPLE,
            headers=("set-cookie", "cache-control"),
        ),
    },
    responses={
        401: refusal("The email or the password is wrong."),
        403: refusal("Another site's page sends this."),
        429: refusal("Too many tries; `Retry-After` says when to come again."),
    },
)
async def sign_in(
    request: Request[Any, Any, Any], deps: Dependencies, session_cookie: Cookie
) -> Response[SessionAnswer]:
    """Begin a session, kept in a cookie that scripts cannot read. A session that there was before ends."""
    refuse_foreign_origin(deps, request)
    given = await read_json(request, Credentials)
    new = await deps.sign_in.sign_in(
        given.email, given.password, address=address_of(request), user_agent=user_agent_of(request)
    )
    return await begun(request, deps, session_cookie, new)


@get(
    "/console/v1/session",
    tags=TAGS,
    summary="Say who is signed in",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=SESSION_EXAMPLE, headers=("cache-control",))},
)
async def who_is_signed_in(caller: Person) -> Response[SessionAnswer]:
    """Return the session's account and token."""
    return Response(session_answer(caller), headers={"cache-control": "no-store"})


@delete(
    "/console/v1/session",
    tags=TAGS,
    summary="Sign out",
    status_code=204,
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(headers=("set-cookie",))},
)
async def sign_out(deps: Dependencies, caller: Person, session_cookie: Cookie) -> Response[None]:
    """End the session."""
    await deps.sign_in.revoke(caller.account_id, caller.session_id)
    return Response(None, headers={"set-cookie": session_cookie.header("", max_age_s=0)})


async def begun(
    request: Request[Any, Any, Any], deps: ServiceDependencies, session_cookie: SessionCookie, new: tuple[SignedIn, str]
) -> Response[SessionAnswer]:
    """Hand a new session over, and end the one that the browser had before."""
    found, token = new
    cookie = await new_cookie(request, deps, session_cookie, token)
    return Response(session_answer(found), headers={"set-cookie": cookie, "cache-control": "no-store"})


async def new_cookie(
    request: Request[Any, Any, Any], deps: ServiceDependencies, session_cookie: SessionCookie, token: str
) -> str:
    """Return the cookie of a new session, and end the session that the browser had before."""
    before = request.cookies.get(session_cookie.name, "")
    if before and (left := await deps.sign_in.find(before)) is not None:
        await deps.sign_in.revoke(left.account_id, left.session_id)
    return session_cookie.header(token, max_age_s=ABSOLUTE_MS // 1000)


def session_answer(found: SignedIn | SessionCaller) -> SessionAnswer:
    """Say who is signed in."""
    return SessionAnswer(found.email, found.account_id, found.is_operator, found.csrf_token)


def address_of(request: Request[Any, Any, Any]) -> str:
    """Return the address that a request comes from."""
    return request.client.host if request.client else ""


def user_agent_of(request: Request[Any, Any, Any]) -> str:
    """Return what the browser says of itself."""
    return request.headers.get("user-agent", "")
