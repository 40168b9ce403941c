"""Which browsers may read the answers, as response headers (the Fetch standard's CORS protocol)."""

import re

from tollway.http.errors import Headers

ANY_ORIGIN = "*"
EXPOSED_HEADERS = (
    "x-inference-id",
    "x-client-request-id",
    "x-request-id",
    "x-aimlapi-credits-used",
    "x-aimlapi-usd-spent",
    "x-ignored-params",
    "x-served-by",
    "x-tollway-overhead-ms",
    "x-ratelimit-limit-requests",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests",
    "x-ratelimit-limit-concurrent",
    "x-ratelimit-remaining-concurrent",
    "retry-after",
    "etag",
)
_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_COMMON_REQUEST_HEADERS = b"authorization, content-type, x-client-request-id"
_HEADER_LIST = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,2048}")
_PREFLIGHT_MAX_AGE_S = 7200


class CorsPolicy:
    """Answers for the allowed origins; ``*`` among them allows every origin. Cookies are never allowed along."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._any = ANY_ORIGIN in origins
        self._origins = frozenset(origin.encode() for origin in origins)
        self._exposed = (b"access-control-expose-headers", ", ".join(EXPOSED_HEADERS).encode())
        self._for_any: Headers = ((b"access-control-allow-origin", b"*"), self._exposed)

    def headers(self, origin: bytes | None) -> Headers:
        """Return what every answer carries; ``origin`` is the request's ``Origin`` header."""
        if self._any:
            return self._for_any
        vary = (b"vary", b"Origin")
        if origin is None or origin not in self._origins:
            return (vary,)
        return ((b"access-control-allow-origin", origin), self._exposed, vary)

    def preflight_headers(self, origin: bytes | None, requested_headers: bytes | None) -> Headers:
        """Return what the answer to a preflight carries; its status is 204 whether or not the origin is allowed.

        The requested headers are allowed as asked, because SDKs add their own and ``*`` does not cover
        ``Authorization``.
        """
        asked = requested_headers if requested_headers and _HEADER_LIST.fullmatch(requested_headers) else None
        return (
            *self.headers(origin),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", asked or _COMMON_REQUEST_HEADERS),
            (b"access-control-max-age", b"%d" % _PREFLIGHT_MAX_AGE_S),
        )
