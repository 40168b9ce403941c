"""What holds for every answer of the service surface: CORS, security and cache headers, HEAD, conditional requests."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tollway.http.cors import CorsPolicy
from tollway.http.errors import Headers

_API_CONTENT_POLICY = b"default-src 'none'; frame-ancestors 'none'"
_SECURITY_HEADERS: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
_PRIVATE_PATHS = ("/console/", "/admin/")
"""Where cookies open answers, of which caches do not know by themselves, other than of keys, that they are private."""
_CONTENT_HEADERS = frozenset({b"content-type", b"content-length", b"content-encoding"})
_NOT_MODIFIED = 304
_OK = 200


class Edge:
    """Stands in front of the routes. HEAD is answered as GET without the body."""

    def __init__(self, app: ASGIApp, cors: CorsPolicy, *, is_https: bool) -> None:
        self._app = app
        self._cors = cors
        self._security: Headers = (*_SECURITY_HEADERS, _STRICT_TRANSPORT) if is_https else _SECURITY_HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer preflights, and complete what the routes answer."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        asked = dict(scope["headers"])
        origin = asked.get(b"origin")
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in asked:
            headers = self._cors.preflight_headers(origin, asked.get(b"access-control-request-headers"))
            await send({"type": "http.response.start", "status": 204, "headers": [*headers, *self._security]})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        added = (*self._cors.headers(origin), *self._security)
        is_head = scope["method"] == "HEAD"
        is_private = scope["path"].startswith(_PRIVATE_PATHS)
        reply = _Reply(send, added, asked.get(b"if-none-match"), is_head=is_head, is_private=is_private)
        if is_head:
            scope = scope.copy()
            scope["method"] = "GET"
        await self._app(scope, receive, reply.send)


class _Reply:
    """Completes the headers of one answer, and leaves out the body where there must be none."""

    def __init__(
        self, send: Send, added: Headers, if_none_match: bytes | None, *, is_head: bool, is_private: bool
    ) -> None:
        self._send = send
        self._added = added
        self._if_none_match = if_none_match
        self._without_body = is_head
        self._is_private = is_private

    async def send(self, message: Message) -> None:
        """Pass on a message of the app, changed as this answer needs."""
        if message["type"] == "http.response.start":
            headers = list(message["headers"])
            names = {name.lower() for name, _ in headers}
            if message["status"] == _OK and self._is_known(headers):
                headers = [pair for pair in headers if pair[0].lower() not in _CONTENT_HEADERS]
                message["status"] = _NOT_MODIFIED
                self._without_body = True
            headers.extend(self._added)
            if b"content-security-policy" not in names:
                headers.append((b"content-security-policy", _API_CONTENT_POLICY))
            if self._is_private and b"cache-control" not in names:
                headers.append((b"cache-control", b"no-store"))
            message["headers"] = headers
        elif message["type"] == "http.response.body" and self._without_body:
            message["body"] = b""
        await self._send(message)

    def _is_known(self, headers: list[tuple[bytes, bytes]]) -> bool:
        """Say whether the client has this content, by the weak comparison that RFC 9110 asks for here."""
        if self._if_none_match is None:
            return False
        tag = next((value for name, value in headers if name.lower() == b"etag"), None)
        known = [part.strip().removeprefix(b"W/") for part in self._if_none_match.split(b",")]
        return tag is not None and (tag in known or known == [b"*"])
