"""Admitting signed-in people to the playground's chat endpoint: by session, and never by key."""

from tollway.flows.playground_keys import PlaygroundKeys
from tollway.flows.sign_in import SignIn
from tollway.http.request_head import RequestHead
from tollway.http.session_check import CSRF_HEADER, find_signed_in, refuse_forged
from tollway.http.session_cookie import SessionCookie
from tollway.keys.types import KeyEntry


class PlaygroundDoor:
    """Says under which key a signed-in person's call is counted."""

    def __init__(self, sign_in: SignIn, keys: PlaygroundKeys, public_url: str) -> None:
        self._sign_in = sign_in
        self._keys = keys
        self._public_url = public_url
        self._cookie_name = SessionCookie(public_url.startswith("https://")).name

    async def admit(self, head: RequestHead) -> KeyEntry:
        """Return the key of the playground of whoever is signed in.

        Raises:
            AuthenticationError: nobody is signed in, or the account is disabled.
            ForgedRequestError: the session's token is missing or wrong, or another site's page sends this.
        """
        found = await find_signed_in(self._sign_in, _cookie(head, self._cookie_name))
        origin = head.headers.get(b"origin")
        refuse_forged(
            found,
            head.headers.get(CSRF_HEADER.encode(), b"").decode("latin-1"),
            None if origin is None else origin.decode("latin-1"),
            self._public_url,
        )
        return await self._keys.key_of(found.account_id)


def _cookie(head: RequestHead, name: str) -> str:
    """Return the value of a cookie (RFC 6265, section 5.4); empty without one."""
    for pair in head.headers.get(b"cookie", b"").decode("latin-1").split(";"):
        given, _, value = pair.strip().partition("=")
        if given == name:
            return value
    return ""
