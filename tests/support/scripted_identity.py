"""A provider of OpenID Connect on a loopback port that signs with RS256, and says what a test wants."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, SECRET = "tollway", "the client's secret: ü"
CODE = "a code"


@cache
def rsa_key(name: str) -> RSAKey:
    """A key by its id; making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


class ScriptedIdentity:
    """Proves that whoever comes is one person.

    Attributes:
        claims: what the proof says beside issuer, audience, times and nonce; a value of None leaves a claim out.
        key: what proofs are signed with; the public part is told.
        signs_with: another key that proofs are signed with, which nobody is told.
        algorithm: how proofs are signed.
        asked: how often each path was asked for.
        token_status: what the exchange of a code is answered with.
    """

    def __init__(self) -> None:
        self.url = ""
        self.claims: dict[str, Any] = {"sub": "person-1", "email": "person@example.com", "email_verified": True}
        self.key = rsa_key("one")
        self.signs_with: Any = None
        self.algorithm = "RS256"
        self.asked: dict[str, int] = {}
        self.token_status = 200
        self._begun: dict[str, str] = {}

    def sign_in(self, url: str) -> dict[str, str]:
        """Do what the provider does with a browser that was led to it; return what the browser is led back with."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/authorize"
        given = dict(parse_qsl(parts.query))
        assert given["response_type"] == "code"
        assert given["client_id"] == CLIENT_ID
        assert given["code_challenge_method"] == "S256"
        assert set(given["scope"].split()) == {"openid", "email"}
        self._begun = given
        return {"code": CODE, "state": given["state"]}

    def answer(self, method: str, path: str, headers: Any, body: str) -> tuple[int, Any]:  # noqa: ANN401
        """Answer a request of the server."""
        self.asked[path] = self.asked.get(path, 0) + 1
        match method, path:
            case "GET", "/.well-known/openid-configuration":
                return 200, {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/keys",
                }
            case "GET", "/keys":
                return 200, {"keys": [self.key.as_dict(private=False)]}
            case "POST", "/token":
                return self._token(headers["authorization"], {name: one[0] for name, one in parse_qs(body).items()})
            case _:
                return 404, {}

    def _token(self, authorization: str, form: dict[str, str]) -> tuple[int, Any]:
        expected = f"{CLIENT_ID}:the%20client%27s%20secret%3A%20%C3%BC"
        assert base64.b64decode(authorization.removeprefix("Basic ")).decode() == expected
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_right = (form["code"], form["redirect_uri"], challenge) == (
            CODE, self._begun["redirect_uri"], self._begun["code_challenge"],
        )  # fmt: skip
        if self.token_status != 200 or not is_right:
            return self.token_status if self.token_status != 200 else 400, {"error": "invalid_grant"}
        now_s = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT_ID, "iat": now_s, "exp": now_s + 300, "nonce": self._begun["nonce"],
        } | self.claims  # fmt: skip
        header = {"alg": self.algorithm, "kid": self.key.kid}
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "none":
            token = f"{_part(header)}.{_part(claims)}."
        else:
            token = jwt.encode(header, claims, self.signs_with or self.key, algorithms=[self.algorithm])
        return 200, {"id_token": token, "access_token": "unused", "token_type": "Bearer"}


def _part(of_token: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(of_token).encode()).rstrip(b"=").decode()


@contextmanager
def scripted_identity() -> Iterator[ScriptedIdentity]:
    """Run a provider."""
    found = ScriptedIdentity()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["content-length"])).decode())

        def _answer(self, body: str) -> None:
            status, answer = found.answer(self.command, self.path, self.headers, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
