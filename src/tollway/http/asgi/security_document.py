"""Who may call what, as OpenAPI's security schemes."""

from typing import Any

from tollway.http.service.access import Access
from tollway.http.session_check import CSRF_HEADER

_KEYS = {
    "bearer": "An API key: `twk` and 43 more characters.",
    "managementKey": "A management key: `twm` and 43 more characters.",
    "operatorKey": "An operator key: `two` and 43 more characters.",
}
_KEYS_OF = {
    Access.PUBLIC: (),
    Access.API_KEY: ("bearer",),
    Access.ANY_KEY: ("bearer", "managementKey"),
    Access.MANAGEMENT_KEY: ("managementKey",),
    Access.SESSION: (),
    Access.OPERATOR: ("operatorKey",),
}
_BY_SESSION = frozenset({Access.SESSION, Access.OPERATOR})
_READING: dict[str, list[str]] = {"session": []}
_CHANGING: dict[str, list[str]] = {"session": [], "csrfToken": []}


def bearer_scheme() -> dict[str, Any]:
    """Describe the API key alone, which is what inference takes."""
    return {"bearer": _key_scheme("bearer")}


def security_schemes(cookie_name: str) -> dict[str, Any]:
    """Describe the keys, and the session of a signed-in person with its token for changes."""
    return {name: _key_scheme(name) for name in _KEYS} | {
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie_name,
            "description": "The session of a signed-in person.",
        },
        "csrfToken": {
            "type": "apiKey",
            "in": "header",
            "name": CSRF_HEADER,
            "description": "The session's own token, which signing in and asking who is signed in answer.",
        },
    }


def security(access: Access, *, is_change: bool) -> list[dict[str, list[str]]]:
    """List the alternatives that open a route; none is a route for everybody."""
    schemes: list[dict[str, list[str]]] = [{name: []} for name in _KEYS_OF[access]]
    if access in _BY_SESSION:
        schemes.append(_CHANGING if is_change else _READING)
    return schemes


def _key_scheme(name: str) -> dict[str, Any]:
    return {"type": "http", "scheme": "bearer", "description": _KEYS[name]}
