"""What proves that a request comes from a signed-in person's own page, for every surface that admits sessions."""

import hmac
import re
from urllib.parse import urlsplit

from tollway.flows.sign_in import SignedIn, SignIn
from tollway.kit.errors import AuthenticationError, PermissionDeniedError

CSRF_HEADER = "x-csrf-token"
_LOOPBACK = re.compile(r"^(https?://)(?:127\.0\.0\.1|\[::1\])(:\d+)?$")
_USUAL_PORTS = {"http": ":80", "https": ":443"}


class ForgedRequestError(PermissionDeniedError):
    """A change that came with a session's cookie alone, so perhaps from another site."""

    default_code = "csrf_token_required"


async def find_signed_in(sign_in: SignIn, token: str) -> SignedIn:
    """Return who a session's token belongs to; an empty one is nobody's.

    Raises:
        AuthenticationError: nobody is signed in with it.
    """
    found = await sign_in.find(token) if token else None
    if found is None:
        raise AuthenticationError("Please sign in.", code="session_required")
    return found


def refuse_forged(found: SignedIn, csrf_token: str, origin: str | None, public_url: str) -> None:
    """Ask for what another site cannot know or say: the session's own token, and this server as the origin.

    Raises:
        ForgedRequestError: one of them is missing or wrong.
    """
    if not hmac.compare_digest(csrf_token.encode(), found.csrf_token.encode()):
        raise ForgedRequestError(f"The header {CSRF_HEADER} must have the session's token.")
    refuse_origin(origin, public_url)


def refuse_origin(origin: str | None, public_url: str) -> None:
    """Refuse a change that a browser sends from another site's page.

    Raises:
        ForgedRequestError: it does.
    """
    own = _origin_of(public_url)
    if origin is not None and origin != own and _with_one_loopback(origin) != _with_one_loopback(own):
        raise ForgedRequestError(f"A change must come from {own}.")


def _with_one_loopback(origin: str) -> str:
    """Name this machine in one way: people open a server at 127.0.0.1 as localhost too, and no other site is there."""
    return _LOOPBACK.sub(r"\1localhost\2", origin)


def _origin_of(url: str) -> str:
    """Write where an address belongs as browsers do: no path, small letters, no port that the scheme implies."""
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc.removesuffix(_USUAL_PORTS.get(parts.scheme, ''))}"
