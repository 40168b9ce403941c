"""When people may sign in with an account elsewhere: the provider comes from the settings, the secret from outside."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tollway.kit.clock import Clock
from tollway.kit.settings import SettingsError, SingleSignOnSettings

if TYPE_CHECKING:
    from tollway.single_sign_on.openid_connect import OpenIdProvider

SECRET_VARIABLE = "TOLLWAY_SINGLE_SIGN_ON_SECRET"  # noqa: S105 - The name of the variable, not what it holds.
CALLBACK_PATH = "/console/v1/single-sign-on/callback"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def check_single_sign_on(settings: SingleSignOnSettings) -> None:
    """Look at the settings.

    Raises:
        SettingsError: they contradict each other, or proofs would travel readable.
    """
    if settings.issuer is None:
        return
    parts = urlsplit(settings.issuer)
    is_private = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not parts.hostname or not is_private or parts.query or parts.fragment:
        raise SettingsError("single_sign_on.issuer: expected an address that begins with https://")
    if settings.client_id is None:
        raise SettingsError("single_sign_on.issuer is set, and single_sign_on.client_id is not; both are needed")


def openid_provider(
    settings: SingleSignOnSettings, environment: Mapping[str, str], clock: Clock, public_url: str
) -> "OpenIdProvider | None":
    """Return the provider; None where none is set.

    Raises:
        SettingsError: see `check_single_sign_on`.
    """
    check_single_sign_on(settings)
    if settings.issuer is None or settings.client_id is None:
        return None
    # The libraries behind it take a while to load, and most servers do without.
    from tollway.single_sign_on.openid_connect import OpenIdClient, OpenIdProvider  # noqa: PLC0415

    client = OpenIdClient(
        issuer=settings.issuer,
        client_id=settings.client_id,
        secret=environment.get(SECRET_VARIABLE, ""),
        redirect_uri=f"{public_url}{CALLBACK_PATH}",
    )
    return OpenIdProvider(client, clock)
