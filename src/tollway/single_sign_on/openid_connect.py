"""OpenID Connect with the authorization code and PKCE."""

import asyncio
import base64
import hashlib
import ssl
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from tollway.kit.clock import HOUR_MS, Clock
from tollway.kit.http_client import (
    AddressPolicy,
    Header,
    HttpClient,
    HttpClientError,
    Resolver,
    Timeouts,
    make_ssl_context,
    split_base_url,
)
from tollway.single_sign_on.errors import SingleSignOnFailedError, SingleSignOnUnavailableError
from tollway.single_sign_on.port import Attempt, Person

_SCOPE = "openid email"
_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures that are taken: none that the client's own secret could make."""
_LEEWAY_S = 60
_TIMEOUTS = Timeouts(connect_s=5.0, first_byte_s=10.0, idle_s=10.0, total_s=15.0)
_ANSWER_BYTES_MAX = 1024 * 1024
_Answer = TypeVar("_Answer")
_OK, _REFUSED_MIN, _REFUSED_MAX = 200, 400, 499


class OpenIdClient(Struct, frozen=True, kw_only=True):
    """How this server is known at the provider; without a secret it proves itself by PKCE alone."""

    issuer: str
    client_id: str
    secret: str
    redirect_uri: str


class _Metadata(Struct, frozen=True):
    """What the provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(Struct, frozen=True):
    id_token: str


class OpenIdProvider:
    """One provider. What it says of itself and its keys are kept for an hour; an unknown key is asked for at once."""

    def __init__(self, client: OpenIdClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._metadata: tuple[int, _Metadata] | None = None
        self._keys: tuple[int, KeySet] | None = None
        self._context: ssl.SSLContext | None = None

    async def begin_url(self, attempt: Attempt) -> str:
        """Return where the browser goes to sign in.

        Raises:
            SingleSignOnUnavailableError: the provider does not say where.
        """
        metadata = await self._discover()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": _SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        mark = "&" if "?" in metadata.authorization_endpoint else "?"
        return f"{metadata.authorization_endpoint}{mark}{urlencode(query)}"

    async def person(self, attempt: Attempt, code: str) -> Person:
        """Exchange the code that came back for a proof of who somebody is.

        Raises:
            SingleSignOnFailedError: the code is not taken, or the proof is none.
            SingleSignOnUnavailableError: the provider does not answer.
        """
        metadata = await self._discover()
        tokens = await self._exchange(metadata, attempt, code)
        try:
            claims = (await self._decoded(metadata, tokens.id_token)).claims
            registry = jwt.JWTClaimsRegistry(
                now=self._clock.now_ms() // 1000,
                leeway=_LEEWAY_S,
                iss={"essential": True, "value": self._client.issuer},
                aud={"essential": True, "value": self._client.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": attempt.nonce},
            )
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise SingleSignOnFailedError(f"The proof of the provider is not valid: {error}") from error
        return self._person(claims)

    def _person(self, claims: dict[str, Any]) -> Person:
        audience, subject, email = claims["aud"], claims["sub"], claims.get("email")
        is_for_others = isinstance(audience, list) and len(audience) > 1
        if (is_for_others or "azp" in claims) and claims.get("azp") != self._client.client_id:
            raise SingleSignOnFailedError("The proof of the provider was made for another client")
        if not isinstance(subject, str) or not subject:
            raise SingleSignOnFailedError("The proof of the provider names nobody")
        return Person(
            issuer=self._client.issuer,
            subject=subject,
            email=email if isinstance(email, str) else None,
            email_is_verified=claims.get("email_verified") is True,
        )

    async def _discover(self) -> _Metadata:
        now_ms = self._clock.now_ms()
        if self._metadata is not None and now_ms - self._metadata[0] < HOUR_MS:
            return self._metadata[1]
        url = f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = _read(await self._get(url), _Metadata)
        if found.issuer != self._client.issuer:
            raise SingleSignOnUnavailableError("The provider calls itself by another name than single_sign_on.issuer")
        self._metadata = (now_ms, found)
        return found

    async def _exchange(self, metadata: _Metadata, attempt: Attempt, code: str) -> _Tokens:
        client = self._client
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        headers = [(b"content-type", b"application/x-www-form-urlencoded")]
        if client.secret and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            pair = f"{quote(client.client_id, safe='')}:{quote(client.secret, safe='')}"
            headers.append((b"authorization", b"Basic " + base64.b64encode(pair.encode())))
        else:
            form |= {"client_id": client.client_id} | ({"client_secret": client.secret} if client.secret else {})
        status, body = await self._ask("POST", metadata.token_endpoint, urlencode(form).encode(), headers)
        if _REFUSED_MIN <= status <= _REFUSED_MAX:
            raise SingleSignOnFailedError("The provider does not take the code that came back")
        if status != _OK:
            raise SingleSignOnUnavailableError(f"The provider answers {status}")
        return _read(body, _Tokens)

    async def _decoded(self, metadata: _Metadata, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, await self._key_set(metadata, renew=False), algorithms=list(_ALGORITHMS))
        except (JoseError, ValueError):
            # Perhaps it is signed with a new key.
            return jwt.decode(token, await self._key_set(metadata, renew=True), algorithms=list(_ALGORITHMS))

    async def _key_set(self, metadata: _Metadata, *, renew: bool) -> KeySet:
        now_ms = self._clock.now_ms()
        if self._keys is not None and not renew and now_ms - self._keys[0] < HOUR_MS:
            return self._keys[1]
        try:
            keys = KeySet.import_key_set(msgspec.json.decode(await self._get(metadata.jwks_uri)))
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise SingleSignOnUnavailableError("The provider's keys cannot be read") from error
        self._keys = (now_ms, keys)
        return keys

    async def _get(self, url: str) -> bytes:
        status, body = await self._ask("GET", url)
        if status != _OK:
            raise SingleSignOnUnavailableError(f"The provider answers {status}")
        return body

    async def _ask(
        self, method: str, url: str, body: bytes = b"", headers: list[Header] | None = None
    ) -> tuple[int, bytes]:
        """Ask the provider on a connection of its own; sign-ins are few."""
        if self._context is None:
            self._context = await asyncio.to_thread(make_ssl_context)
        # The operator has named the provider, which may well stand in their own network.
        resolver = Resolver(AddressPolicy(allow_private=True))
        client = HttpClient(
            timeouts=_TIMEOUTS, max_body_bytes=_ANSWER_BYTES_MAX, ssl_context=self._context, resolver=resolver
        )
        try:
            place, mark, query = url.partition("?")
            origin, path = split_base_url(place)
            given = [(b"accept", b"application/json"), *(headers or ())]
            response = await client.request(method, origin, f"{path or '/'}{mark}{query}", headers=given, body=body)
            return response.status, await response.read()
        except (HttpClientError, ValueError) as error:
            raise SingleSignOnUnavailableError("The provider does not answer") from error
        finally:
            await client.close()


def _read(body: bytes, kind: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SingleSignOnUnavailableError("The provider does not answer as OpenID Connect says") from error
