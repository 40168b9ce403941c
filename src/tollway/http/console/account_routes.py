"""The door of the web app, and making an account, over HTTP."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from tollway.http.console.session_routes import (
    SESSION_EXAMPLE,
    TAGS,
    SessionAnswer,
    address_of,
    begun,
    session_answer,
    user_agent_of,
)
from tollway.http.service.access import ACCESS, Access, refuse_foreign_origin
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.requests import read_json
from tollway.http.service.types import ServiceDependencies
from tollway.http.session_cookie import SessionCookie
from tollway.kit.settings import SignUpMode

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Cookie = NamedDependency[SkipValidation[SessionCookie]]


class SingleSignOnOffer(Struct):
    """Another way in; ``name`` is what its button says."""

    name: str


class DoorAnswer(Struct):
    """What somebody who comes to the web app has to know before anything else.

    ``session`` is theirs, null when nobody is signed in. ``sign_up`` says who may make an account, ``mail`` whether
    this server sends mail, ``payments`` whether it takes any.
    """

    session: SessionAnswer | None
    sign_up: SignUpMode
    single_sign_on: SingleSignOnOffer | None
    mail: bool
    payments: bool


class SignUpBody(Struct, forbid_unknown_fields=True):
    """Who wants an account; ``invitation`` is the token of an invitation's link."""

    email: str
    password: str
    invitation: str | None = None


@get(
    "/console/v1/door",
    tags=TAGS,
    summary="Say who is signed in, and how one may sign in or up",
    opt={
        ACCESS: Access.PUBLIC,
        DESCRIBED: Described(
            answer=DoorAnswer(SESSION_EXAMPLE, "invitation", None, mail=True, payments=True), headers=("cache-control",)
        ),
    },
)
async def show_door(
    request: Request[Any, Any, Any], deps: Dependencies, session_cookie: Cookie
) -> Response[DoorAnswer]:
    """Return what the first page needs; nobody is refused."""
    token = request.cookies.get(session_cookie.name, "")
    other_way = deps.console.single_sign_on.name
    found = await deps.sign_in.find(token) if token else None
    answer = DoorAnswer(
        session=None if found is None else session_answer(found),
        sign_up=deps.console.sign_up.mode,
        single_sign_on=None if other_way is None else SingleSignOnOffer(other_way),
        mail=deps.console.sends_mail,
        payments=deps.begin_top_up.takes_payments,
    )
    return Response(answer, headers={"cache-control": "no-store"})


@post(
    "/console/v1/accounts",
    tags=TAGS,
    summary="Sign up",
    status_code=201,
    opt={
        ACCESS: Access.PUBLIC,
        DESCRIBED: Described(
            takes=SignUpBody,
            example={"email": "new@example.com", "password": "a long pass phrase", "invitation": None},
            answer=SESSION_EXAMPLE,
            headers=("set-cookie", "cache-control"),
        ),
    },
    responses={
        403: refusal("Nobody may sign up, or an invitation is needed, or another site's page sends this."),
        409: refusal("There is an account with this email."),
        429: refusal("Too many tries; `Retry-After` says when to come again."),
    },
)
async def sign_up(
    request: Request[Any, Any, Any], deps: Dependencies, session_cookie: Cookie
) -> Response[SessionAnswer]:
    """Make an account and begin its first session, as signing in does."""
    refuse_foreign_origin(deps, request)
    given = await read_json(request, SignUpBody)
    new = await deps.console.sign_up.sign_up(
        given.email,
        given.password,
        given.invitation,
        address=address_of(request),
        user_agent=user_agent_of(request),
    )
    return await begun(request, deps, session_cookie, new)
