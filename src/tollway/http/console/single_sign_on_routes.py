"""Coming in with an account elsewhere: where browsers are led, and where they come back."""

from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from tollway.flows.single_sign_on import ATTEMPT_LASTS_S, known_place
from tollway.http.console.session_routes import address_of, new_cookie, user_agent_of
from tollway.http.service.access import ACCESS, Access
from tollway.http.service.types import ServiceDependencies
from tollway.http.session_cookie import SessionCookie
from tollway.kit.errors import ExpectedError

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Cookie = NamedDependency[SkipValidation[SessionCookie]]
State = Annotated[str, QueryParameter(name="state")]
Code = Annotated[str, QueryParameter(name="code")]
Next = Annotated[str, QueryParameter(name="next")]


@get("/console/v1/single-sign-on", include_in_schema=False, status_code=303, opt={ACCESS: Access.PUBLIC})
async def begin_single_sign_on(
    request: Request[Any, Any, Any], deps: Dependencies, session_cookie: Cookie, next_place: Next = ""
) -> Response[None]:
    """Lead the browser to the provider; ``next`` is where in the web app it is led afterwards."""
    try:
        url, carried = await deps.console.single_sign_on.begin(next_place, address=address_of(request))
    except ExpectedError as error:
        return _refused(deps, error, known_place(next_place))
    cookie = session_cookie.attempt.header(carried, max_age_s=ATTEMPT_LASTS_S)
    headers = {"location": url, "set-cookie": cookie, "cache-control": "no-store"}
    return Response(None, status_code=303, headers=headers)


@get("/console/v1/single-sign-on/callback", include_in_schema=False, status_code=303, opt={ACCESS: Access.PUBLIC})
async def end_single_sign_on(
    request: Request[Any, Any, Any],
    deps: Dependencies,
    session_cookie: Cookie,
    returned_state: State = "",
    code: Code = "",
) -> Response[None]:
    """Take who comes back from the provider in, and lead them to the web app."""
    carried = request.cookies.get(session_cookie.attempt.name, "")
    try:
        arrived = await deps.console.single_sign_on.complete(
            carried, returned_state, code, address=address_of(request), user_agent=user_agent_of(request)
        )
    except ExpectedError as error:
        return _refused(deps, error, deps.console.single_sign_on.place_of(carried))
    cookie = await new_cookie(request, deps, session_cookie, arrived.token)
    location = f"{deps.public_url}/app{arrived.place}"
    headers = {"location": location, "set-cookie": cookie, "cache-control": "no-store"}
    return Response(None, status_code=303, headers=headers)


def _refused(deps: ServiceDependencies, error: ExpectedError, place: str) -> Response[None]:
    """Lead the browser to where one signs in, with the code of what went wrong: nobody reads JSON there.

    Whoever signs in there goes on to ``place``.
    """
    told = {"failure": error.code, "next": place} if place else {"failure": error.code}
    location = f"{deps.public_url}/app/sign-in?{urlencode(told)}"
    return Response(None, status_code=303, headers={"location": location, "cache-control": "no-store"})
