"""Changing a password, and setting a new one when it is forgotten, over HTTP."""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from tollway.http.console.session_routes import TAGS, address_of
from tollway.http.service.access import ACCESS, Access, SessionCaller, refuse_foreign_origin
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.requests import read_json
from tollway.http.service.types import ServiceDependencies

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Person = NamedDependency[SkipValidation[SessionCaller]]
_TOO_MANY = refusal("Too many tries; `Retry-After` says when to come again.")
_FOREIGN = refusal("Another site's page sends this.")


class PasswordChange(Struct, forbid_unknown_fields=True):
    """The password that holds, and the one that is to hold."""

    current_password: str
    new_password: str


class ResetRequest(Struct, forbid_unknown_fields=True):
    """Who has forgotten their password."""

    email: str


class ResetRequested(Struct):
    """A mail is on its way if there is such an account, and if ``mail`` says that this server sends any."""

    mail: bool


class NewPassword(Struct, forbid_unknown_fields=True):
    """The token of a link for a new password, and that password."""

    token: str
    password: str


@post(
    "/console/v1/password",
    tags=TAGS,
    summary="Change the password",
    status_code=204,
    opt={
        ACCESS: Access.SESSION,
        DESCRIBED: Described(
            takes=PasswordChange,
            example={"current_password": "a long pass phrase", "new_password": "another long pass phrase"},
        ),
    },
    responses={
        400: refusal("The current password is wrong, the new one is too weak, or the body is malformed."),
        429: _TOO_MANY,
    },
)
async def change_password(request: Request[Any, Any, Any], deps: Dependencies, caller: Person) -> None:
    """Set another password. Every other session of the account ends, and links for a new password stop working."""
    given = await read_json(request, PasswordChange)
    await deps.console.set_password.change(
        caller.actor, caller.account_id, caller.session_id, given.current_password, given.new_password
    )


@post(
    "/console/v1/password-resets",
    tags=TAGS,
    summary="Ask for a link for a new password",
    status_code=202,
    opt={
        ACCESS: Access.PUBLIC,
        DESCRIBED: Described(
            takes=ResetRequest, example={"email": "someone@example.com"}, answer=ResetRequested(mail=True)
        ),
    },
    responses={403: _FOREIGN, 429: _TOO_MANY},
)
async def request_reset(request: Request[Any, Any, Any], deps: Dependencies) -> Response[ResetRequested]:
    """Send the account's owner a link. The answer is the same for emails that have no account."""
    refuse_foreign_origin(deps, request)
    given = await read_json(request, ResetRequest)
    deps.console.set_password.request_reset(given.email, address=address_of(request))
    return Response(ResetRequested(deps.console.sends_mail))


@post(
    "/console/v1/password-resets/complete",
    tags=TAGS,
    summary="Set a new password by a link",
    status_code=204,
    opt={
        ACCESS: Access.PUBLIC,
        DESCRIBED: Described(
            takes=NewPassword, example={"token": "the token of the link", "password": "another long pass phrase"}
        ),
    },
    responses={
        400: refusal("The link cannot be used, the password is too weak, or the body is malformed."),
        403: _FOREIGN,
        429: _TOO_MANY,
    },
)
async def complete_reset(request: Request[Any, Any, Any], deps: Dependencies) -> None:
    """Use the link up and set the password. Every session of the account ends."""
    refuse_foreign_origin(deps, request)
    given = await read_json(request, NewPassword)
    await deps.console.set_password.complete_reset(given.token, given.password, address=address_of(request))
