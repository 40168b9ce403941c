"""Who may use which route: declared beside each route, proved before anything else of the request is looked at."""

from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from msgspec import Struct

from tollway.audit.types import Actor, ActorKind
from tollway.http.service.types import ServiceDependencies
from tollway.http.session_check import CSRF_HEADER, find_signed_in, refuse_forged, refuse_origin
from tollway.http.session_cookie import SessionCookie
from tollway.keys.types import KeyEntry, KeyKind
from tollway.kit.errors import AuthenticationError, PermissionDeniedError

ACCESS = "access"
"""Name of the option of a handler that declares its `Access`."""
CALLER = "caller"
_BEARER = "bearer "
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ACTOR_OF = {
    KeyKind.API: ActorKind.API_KEY,
    KeyKind.MANAGEMENT: ActorKind.MANAGEMENT_KEY,
    KeyKind.OPERATOR: ActorKind.OPERATOR_KEY,
}


class Access(StrEnum):
    """Who may use a route."""

    PUBLIC = "public"
    API_KEY = "api_key"
    ANY_KEY = "any_key"
    MANAGEMENT_KEY = "management_key"
    SESSION = "session"
    OPERATOR = "operator"


class KeyCaller(Struct, frozen=True):
    """Somebody with a key."""

    entry: KeyEntry

    @property
    def actor(self) -> Actor:
        """The caller as the audit trail names it."""
        return Actor(_ACTOR_OF[self.entry.kind], self.entry.prefix, self.entry.account_id)

    @property
    def account_id(self) -> int:
        """The account that the key belongs to."""
        return self.entry.account_id


class SessionCaller(Struct, frozen=True):
    """A person who has signed in."""

    account_id: int
    email: str
    is_operator: bool
    session_id: str
    csrf_token: str

    @property
    def actor(self) -> Actor:
        """The caller as the audit trail names it."""
        return Actor(ActorKind.SESSION, self.email, self.account_id)


Caller = KeyCaller | SessionCaller


class ManagementKeyRequiredError(PermissionDeniedError):
    """Only a management key may do this."""

    default_code = "management_key_required"


class ApiKeyRequiredError(PermissionDeniedError):
    """Only an API key may do this."""

    default_code = "api_key_required"


class OperatorRequiredError(PermissionDeniedError):
    """Only the operator may do this."""

    default_code = "operator_required"


Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


def check_declared(handlers: Iterable[HTTPRouteHandler]) -> None:
    """Make sure that every route says who may use it, so that one that was forgotten is open to nobody.

    Raises:
        RuntimeError: a handler declares no access.
    """
    for handler in handlers:
        if handler.opt.get(ACCESS) not in set(Access):
            raise RuntimeError(f"The handler {handler.fn.__name__} does not declare who may use it")


def make_guard(deps: ServiceDependencies, cookie: SessionCookie) -> Guard:
    """Return the guard of all routes; it leaves the caller in the request's state."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        access: Access = handler.opt[ACCESS]
        connection.scope["state"][CALLER] = await _admitted(deps, cookie, connection, access)

    return guard


async def _admitted(
    deps: ServiceDependencies, cookie: SessionCookie, connection: ASGIConnection[Any, Any, Any, Any], access: Access
) -> Caller | None:
    if access is Access.PUBLIC:
        return None
    if access is Access.SESSION:
        return await _session(deps, cookie, connection)
    if access is Access.OPERATOR and "authorization" not in connection.headers:
        caller = await _session(deps, cookie, connection)
        if not caller.is_operator:
            raise OperatorRequiredError("Only an operator may do this")
        return caller
    return KeyCaller(_key(deps, connection, access))


def _key(deps: ServiceDependencies, connection: ASGIConnection[Any, Any, Any, Any], access: Access) -> KeyEntry:
    given = connection.headers.get("authorization", "")
    entry = deps.keys.find(given[len(_BEARER) :].strip()) if given[: len(_BEARER)].lower() == _BEARER else None
    if entry is None:
        raise AuthenticationError("A valid API key is required.")
    deps.last_used.note(entry.key_id, deps.clock.now_ms())
    if (access is Access.OPERATOR) != (entry.kind is KeyKind.OPERATOR):
        if access is Access.OPERATOR:
            raise OperatorRequiredError("Only an operator key, or a signed-in operator, may do this")
        raise ApiKeyRequiredError("An operator key works under /admin/v1 only; use a key of the account.")
    if access is Access.MANAGEMENT_KEY and entry.kind is not KeyKind.MANAGEMENT:
        raise ManagementKeyRequiredError("This needs a management key.")
    if access is Access.API_KEY and entry.kind is not KeyKind.API:
        raise ApiKeyRequiredError("A management key cannot read this; use an API key.")
    return entry


async def _session(
    deps: ServiceDependencies, cookie: SessionCookie, connection: ASGIConnection[Any, Any, Any, Any]
) -> SessionCaller:
    found = await find_signed_in(deps.sign_in, connection.cookies.get(cookie.name, ""))
    # Only HTTP comes this way; the type of a connection knows of others.
    if connection.scope.get("method") not in _SAFE_METHODS:
        headers = connection.headers
        refuse_forged(found, headers.get(CSRF_HEADER, ""), headers.get("origin"), deps.public_url)
    return SessionCaller(found.account_id, found.email, found.is_operator, found.session_id, found.csrf_token)


def refuse_foreign_origin(deps: ServiceDependencies, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuse a change that a browser sends from another site's page.

    Raises:
        ForgedRequestError: it does.
    """
    refuse_origin(connection.headers.get("origin"), deps.public_url)
