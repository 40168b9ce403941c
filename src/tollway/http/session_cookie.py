"""The cookie that carries a session."""

from msgspec import Struct

_NAME = "tollway_session"
_ATTEMPT_NAME = "tollway_single_sign_on"


class SessionCookie(Struct, frozen=True):
    """How the cookie is named and sent; over plain HTTP browsers take neither ``Secure`` nor the prefix."""

    is_https: bool
    plain_name: str = _NAME

    @property
    def name(self) -> str:
        """The cookie's name; with the prefix no other host or path can set it."""
        return f"__Host-{self.plain_name}" if self.is_https else self.plain_name

    @property
    def attempt(self) -> "SessionCookie":
        """The cookie that carries a sign-in that has begun elsewhere, in the same way."""
        return SessionCookie(self.is_https, _ATTEMPT_NAME)

    def header(self, token: str, *, max_age_s: int) -> str:
        """Return the value of ``Set-Cookie``; an age of 0 takes the cookie away."""
        secure = "; Secure" if self.is_https else ""
        return f"{self.name}={token}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"
